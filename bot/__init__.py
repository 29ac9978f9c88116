"""joblogs: training-job logs, alerts and triage in Slack.

Two flows, each a straight line::

    tick ─▶ flows/watch ─ jobs that are due ─ baseten: pages of the window
                logs/window     which lines are new, the next cursor              pure
                logs/fold       lines of one replica → events                     pure
                incidents/…     fingerprint → group → cause or consequence        pure
                ONE transaction: cursor + incidents + outbox rows
    outbox ─▶ flows/deliver ─ head of each lane ─ render now ─ slack/gateway ─ remember channel and ts

    Slack ─▶ slack/{commands,actions,events} ─ ack ─▶ flows/answer (logs)
                                                  └▶ flows/triage (incident + history + outbox: ONE transaction)

Rooms, from the ground up; each may use only those above it::

    times.py     Ns, Ms and the clock: the only place that converts units
    errors.py    the tree of failures
    logs/        NOUNS, pure    line · pages · reading · window · fold · query · redact
    jobs/        NOUNS, pure    job (status, instance) · watch · wish · reference (the forms of JOB) · balance
    incidents/   NOUNS, pure    incident · fingerprint · grouping · blame · triage · silence · ending · announce
    flows/       VERBS, async   ports · watch · answer · triage · deliver · lifecycle · vigil · verdict ·
                 subscribe; know only ports
    baseten/     WIRE           the REST client: endpoints, budget of requests, errors
    slack/       WIRE           ids · mrkdwn · cards · commands · actions · gateway · server
    store/       WIRE           tables, repositories, migrations
    settings.py  environment → frozen settings
    journal.py   structured logs without secrets
    schedule.py  APScheduler: which flow runs how often
    health.py    /healthz /readyz
    explain.py   the engine of incidents over a saved log
    app.py       composition root: settings in, running app out
    check.py     what is missing before anything runs
    sandbox/     a simulated Baseten and Slack, failure scenarios, the page; used by `joblogs demo` and the tests
    __main__.py  the command line

A *line* is what the API returns; an *event* is one or more lines that belong together; an *incident* is
one cause in one job with all its events and consequences; a *card* is the message that shows it; a
*watch* is a channel's wish to hear of a job or a project; the *outbox* holds what is still to be said.
"""
