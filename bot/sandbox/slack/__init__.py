"""A simulated Slack workspace: a real server, as strict as Slack is documented to be.

workspace     what there is and what has been said; the public shape for tests and the demo
server        one port: Web API, Socket Mode, response URLs, files, the page
web_api       POST /api/METHOD: tokens, limits, scopes, faults      methods/  what each method does
blocks/       Block Kit: tables of what each block may hold
delivery      to the app: acks within 3 s, retries of events        sockets · http_delivery  its two wires
announcing    which events the app hears                            payloads  what interactions look like
person        what a person does                                    acting · modals · moderating · presence
states        what is entered in elements                           choosing · offering · inputs
linking       links of the app's domains and their unfurls
interacting   handing an interaction to the app                     responding  what it says back
page_api      the browser's side                                    page_shapes · page_bodies  its JSON
faults · limits · tickets · calls   what goes wrong, what runs out, and the record of it all
"""
