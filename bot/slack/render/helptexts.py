"""What `/joblogs help` says: per topic what it does, how it is written, and examples that can be typed."""

from dataclasses import dataclass

from bot.logs.query import KEYS
from bot.logs.question import DEFAULT_COUNT, MAX_COUNT


@dataclass(frozen=True, slots=True)
class Topic:
    """`usage` and `examples` are literal text; `about` is one sentence; `rows` explain parts of the usage."""

    about: str
    usage: str
    rows: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


MODIFIERS = {
    "level": ("level:error", "that level and above; lines without a level are then left out"),
    "since": ("since:2h", "from then on; also 1h30m, yesterday 14:30, 2026-11-20, 2026-11-20T08:00Z, start"),
    "until": ("until:14:30", "up to then; a time of day is its last occurrence, in your own zone"),
    "replica": ("replica:r3", "one replica; several as r1,r3, a pattern as g02*"),
    "last": ("last:200", f"the newest 200 lines; {DEFAULT_COUNT} without it, at most {MAX_COUNT:,}"),
    "first": ("first:200", "the oldest 200 lines of the window instead"),
    "order": ("order:newest", "which line stands at the top; oldest without it"),
    "request": ("request:3f2a", "lines of one request"),
}
"""By key of the query's language: how it is written and what it does."""

JOB_FORMS = "a job's id or name, project/job, the beginning of either, or the address of its page at Baseten"

TOPICS: dict[str, Topic] = {
    "logs": Topic(
        about="Shows log lines of a training job, to you alone until you share them.",
        usage="/joblogs JOB [modifiers] [words]",
        rows=(
            ("JOB", JOB_FORMS),
            *(MODIFIERS[key] for key in KEYS),
            ("nan", "lines with this word, in any case; several words must all be there"),
            ('"out of memory"', "lines with this phrase"),
            (r"/loss=\d+/", "lines that match this expression; /…/i in any case"),
            ("-warmup", 'lines without this word; also -"a phrase" and -/an expression/'),
        ),
        examples=(
            "/joblogs my-job",
            "/joblogs my-job level:error since:2h",
            '/joblogs llama/run-7 replica:r3 last:200 "out of memory" -warmup',
        ),
        notes=(
            "--since 2h and since=2h are understood as well. Words with a colon in them go in quotes.",
            "/joblogs alone opens a window to choose all of this.",
        ),
    ),
    "jobs": Topic(
        about="Lists the training jobs that the bot can read, those that run first.",
        usage="/joblogs jobs",
    ),
    "status": Topic(
        about="Tells how a job is doing: its status, its machines, and since when.",
        usage="/joblogs status JOB",
        rows=(("JOB", JOB_FORMS),),
        examples=("/joblogs status my-job",),
    ),
    "stop": Topic(
        about="Stops a job for good, where whoever runs the bot has allowed that; a window asks first.",
        usage="/joblogs stop JOB",
        rows=(("JOB", JOB_FORMS),),
    ),
    "recreate": Topic(
        about="Makes a new job like one that has ended, where that is allowed; a window asks first.",
        usage="/joblogs recreate JOB",
        rows=(("JOB", JOB_FORMS),),
    ),
    "watch": Topic(
        about="Lets this channel know of the errors of a job, or of all jobs of a project, and of their end.",
        usage="/joblogs watch JOB|PROJECT [level:error] [in:#channel] [mention:@group] [silence:15m] [/regex/]",
        rows=(
            ("level:warning", "from this level on; error without it"),
            ("in:#channel", "tell another channel, which the bot must be in"),
            ("mention:@group", "who is mentioned when something new is posted"),
            ("silence:15m", "tell when a running job has written nothing for so long; without it, unusually long"),
            ("/regex/", "only errors whose text matches"),
        ),
        examples=("/joblogs watch my-job", "/joblogs watch my-project in:#ml-alerts mention:@oncall silence:15m"),
        notes=(
            "A project's watch takes new jobs as they appear. A second watch of one target changes the first.",
            "/joblogs watch alone opens a window for all of this.",
        ),
    ),
    "unwatch": Topic(
        about="Ends a watch of this channel.",
        usage="/joblogs unwatch JOB|PROJECT",
        examples=("/joblogs unwatch my-job",),
    ),
    "watches": Topic(
        about="Lists what this channel watches, each with a button that ends it.",
        usage="/joblogs watches",
    ),
    "incidents": Topic(
        about="Lists what is open in this channel, with the buttons of a card; in a direct message what is yours.",
        usage="/joblogs incidents [open|mine|all] [JOB|PROJECT]",
        rows=(
            ("open", "what is not resolved; what nobody has taken stands first"),
            ("mine", "what you hold, in whichever channel"),
            ("all", "also what was resolved within a week"),
            ("JOB", "only those of a job or a project"),
        ),
        examples=("/joblogs incidents", "/joblogs incidents all my-job"),
    ),
    "mutes": Topic(
        about="Lists what is muted in this channel and what somebody called no error, each with a way back.",
        usage="/joblogs mutes",
    ),
    "digest": Topic(
        about="Posts a summary each day: jobs that ran, what failed, what is open. Nothing when nothing happened.",
        usage="/joblogs digest daily|weekdays TIME | off",
        rows=(
            ("daily 09:00", "each day at that time of your own zone; also 9am"),
            ("weekdays 9am", "not on Saturdays and Sundays; Monday's covers them"),
            ("off", "ends it; digest alone tells what is set"),
        ),
        examples=("/joblogs digest daily 09:00",),
    ),
    "thread": Topic(
        about="In the thread of a card you talk to the bot: begin with its name.",
        usage="@joblogs ack | assign @name | mute 4h | resolve REASON | logs … | around 50 | who",
        rows=(
            ("ack", "you have seen it and look after it; take is the same, and takes it from others"),
            ("assign @name", "somebody else has it from now on, and is told; also assign me"),
            ("mute 4h", "also 90m, 2d, until 14:30, until tomorrow 9:00, until the job ends"),
            ("unmute", "ends the mute"),
            ("resolve bad driver", "closes it; what stands behind is the reason, and may have several lines"),
            ("not an error", "closes it, and only lists it when it returns"),
            ("reopen", "opens it again, for somebody to take"),
            ("logs level:error", "lines of its job, around its time; see /joblogs help logs, JOB left out"),
            ("around 50", "50 lines before it and 50 behind it; around 50 r3 of one replica"),
            ("replicas", "which replicas have it, how often, first and last; which are silent"),
            ("who", "whose it is, and who did what"),
        ),
        examples=("@joblogs resolve bad driver, pinned 550", "@joblogs logs replica:r3 last:100 nan"),
        notes=(
            "In any other thread logs JOB, status JOB, jobs and help do what they do as commands.",
            "Show lines around, in the menu of a message, works on cards and on lines that somebody shared.",
        ),
    ),
    "help": Topic(
        about="Explains a command.",
        usage="/joblogs help [logs|jobs|status|stop|recreate|watch|unwatch|watches|incidents|mutes|digest|thread]",
    ),
}
