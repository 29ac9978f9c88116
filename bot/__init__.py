"""joblogs: training-job logs, alerts and triage in Slack.

Two flows, each a straight line::

    tick ─▶ flows/watch ─ jobs that are due ─ baseten: pages of the window
                logs/window     which lines are new, the next cursor              pure
                logs/fold       lines of one replica → events                     pure
                incidents/…     fingerprint → group → cause or consequence        pure
                ONE transaction: cursor + incidents + outbox rows
    outbox ─▶ flows/deliver ─ head of each lane ─ render now ─ slack/gateway ─ remember channel and ts

    Slack ─▶ slack/{commands,actions,windows,mentions,home} ─ ack ─▶ flows/answer (logs)
                └▶ slack/stepping ─▶ flows/triage: incident + history + outbox in ONE transaction

Rooms, from the ground up; each may use only those above it::

    times.py        Ns, Ms and the clock: the only place that converts units
    errors.py       the tree of failures
    logs/           NOUNS, pure    line · pages · reading · window · fold · query · redact
    jobs/           NOUNS, pure    job (status, instance) · watch · wish · digest · reference (the forms of JOB)
    incidents/      NOUNS, pure    incident · fingerprint · grouping · blame · steps · triage · muting · orders
                    (what is said in threads) · silence · ending · announce (what is to be told) · delivery
    flows/          VERBS, async   ports (the database) · services (Baseten, Slack) · watch · answer · triage ·
                    attend (what time does) · deliver · lifecycle · vigil · verdict · subscribe · control (stop a
                    job) · handover · neighbours (shared channels) · digest · tidy; know only ports
    baseten/        WIRE           the REST client: endpoints, budget of requests, errors
    slack/          WIRE           ids · mrkdwn · rich · render (cards and all else that is shown, pure) · windows
                    (modals) · mentions · commands · actions · members, rights (who may) · gateway · sockets
    store/          WIRE           tables, repositories, migrations
    keys.py         accounts' keys at rest, sealed
    secretfiles.py  secrets that lie in files
    settings.py     environment → frozen settings
    accounts.py     the accounts of the settings and of the database as one
    journal.py      structured logs without secrets
    schedule.py     APScheduler: which flow runs how often
    metrics.py      what is counted for Prometheus
    vitals.py       how the process is doing
    health.py       /healthz /readyz /metrics
    doorstep.py     connections on which no request comes
    audit.py        who did what, for the command line
    explain.py      the engine of incidents over a saved log
    app.py          composition root: settings in, running app out
    check/          what is missing before anything runs
    probe.py        `joblogs health`: how the bot on this machine is
    account_commands.py  `joblogs accounts …`
    sandbox/        a simulated Baseten and Slack, failure scenarios, a director, the page; used by `joblogs demo`
                    and by the tests
    __main__.py     the command line

A *line* is what the API returns; an *event* is one or more lines that belong together; an *incident* is
one cause in one job with all its events and consequences; a *card* is the message that shows it; a
*watch* is a channel's wish to hear of a job or a project; the *outbox* holds what is still to be said.
"""
