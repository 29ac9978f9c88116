"""What the bot answers to its commands: help, refusals, jobs, watches. Functions from values to messages."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bot.flows.answered import Refusal
from bot.flows.catalog import Listing
from bot.flows.control import Deed
from bot.flows.subscribe import Declined, Unwatched, Watching
from bot.jobs.digest import Digest
from bot.jobs.job import Job, Phase, Project
from bot.jobs.watch import Watch
from bot.logs.line import Level
from bot.logs.query import BadQuery
from bot.logs.question import LogQuery
from bot.logs.redact import redact
from bot.slack import ids, rich
from bot.slack.mrkdwn import (
    FALLBACK_CHARS,
    SECTION_CHARS,
    Message,
    actions,
    button,
    clean,
    context,
    date,
    escape,
    link,
    section,
    shorten,
)
from bot.slack.render.helptexts import TOPICS, Topic
from bot.slack.rich import Element
from bot.times import ms_floor

JOBS_SHOWN = 40
CHOICES_SHOWN = 10
WATCHES_SHOWN = 35
NAME_CHARS = 80
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
JOB_SIGNS = {
    "RUNNING": "large_green_circle",
    "COMPLETED": "white_check_mark",
    "FAILED": "x",
    "DEPLOY_FAILED": "x",
    "STOPPED": "octagonal_sign",
    "PREEMPTED": "zap",
}


# --- help and refusals ---------------------------------------------------------------------------


def help_message(text: str = "") -> Message:
    """Help for the command that `text` names, or the list of commands."""
    name = text.strip().lower().removeprefix("/joblogs").strip()
    topic = TOPICS.get(name.partition(" ")[0])
    if topic is not None:
        return _topic_message(topic)
    unknown = f"There is no help for {shorten(name, 40)}. " if name else ""
    rows = [(topic.usage, topic.about) for topic in TOPICS.values()]
    more = "With /joblogs help and a command's name you see its details."
    head = f"{unknown}Training-job logs, alerts and triage in Slack. {more}"
    return _page(head, (), rows)


def bad_query(bad: BadQuery) -> Message:
    """One line: the word at fault, why, and a right one."""
    word = shorten(bad.word, NAME_CHARS)
    line = [
        rich.text(word, code=True),
        rich.text(f" {bad.reason}. For example: "),
        rich.text(bad.example, code=True),
    ]
    return {"text": escape(bad.sentence, FALLBACK_CHARS), "blocks": [rich.block(rich.section(*line))]}


def refusal(refused: Refusal) -> Message:
    """Why there is no answer, and the jobs that may be meant."""
    return _with_choices(escape(refused.sentence, SECTION_CHARS), refused.choices)


def declined(refused: Declined) -> Message:
    """Why nothing changed, and what may be meant."""
    return _with_choices(escape(refused.sentence, SECTION_CHARS), refused.choices)


# --- jobs ----------------------------------------------------------------------------------------


def jobs_message(listing: Listing, now_ns: int) -> Message:
    """All jobs by project, those that run or wait first, each with its age and its address."""
    missing = [context(f":warning: {escape(listing.sentence, 1_000)}")] if listing.sentence else []
    if not listing.jobs:
        text = "There are no training jobs yet." if not listing.problems else "No training jobs could be read."
        return {"text": text, "blocks": [section(text), *missing]}
    shown = sorted(listing.jobs, key=_alive_first)[:JOBS_SHOWN]
    parts: list[Element] = []
    for project in dict.fromkeys(job.project_name for job in shown):
        rows = [_job_row(job, ms_floor(now_ns)) for job in shown if job.project_name == project]
        parts += [rich.section(rich.text(shorten(project, NAME_CHARS), bold=True)), rich.bullets(rows)]
    rest = len(listing.jobs) - len(shown)
    more = [context(f"{rest:,} older jobs are not shown.")] if rest else []
    return {"text": _jobs_text(listing), "blocks": [rich.block(*parts), *more, *missing]}


def status_message(job: Job, *, note: str | None = None, deeds: Collection[Deed] = ()) -> Message:
    """How a job is doing; `deeds` are what a person may do to it here."""
    ended = f", ended {date(job.updated_ms)}" if job.status.has_ended else ""
    head = f"{_sign(job)} {link(job.dashboard_url, shorten(job.title, NAME_CHARS))}: *{escape(job.status.label)}*"
    facts = [
        f"project {escape(shorten(job.project_name, NAME_CHARS))}",
        f"created {date(job.created_ms)}{ended}",
        _machines(job),
        *([f"by {escape(shorten(job.user_email, NAME_CHARS))}"] if job.user_email else []),
        f"id `{escape(job.id)}`",
    ]
    blocks = [section(f"{head}\n{' · '.join(facts)}")]
    if job.error_message:
        error = rich.preformatted(shorten(clean(redact(job.error_message).text), SECTION_CHARS))
        blocks.append(rich.block(error))
    if note:
        blocks.append(context(escape(note, 1_000)))
    text = f"{escape(shorten(job.title, NAME_CHARS))} in {escape(shorten(job.project_name, NAME_CHARS))} is "
    return {"text": f"{text}{escape(job.status.label)}.", "blocks": [*blocks, actions(*_job_buttons(job, deeds))]}


# --- watches -------------------------------------------------------------------------------------


def watching_message(made: Watching) -> Message:
    """That a channel now watches something, and how."""
    watch = made.watch
    verb = "now watches" if made.is_new else "already watched this; it now watches"
    what = f"<#{escape(watch.channel)}> {verb} {target_of(watch)}: {', '.join(_manners(watch))}."
    note = [context(escape(made.note, 1_000))] if made.note else []
    remove = button("Stop watching", ids.UNWATCH, str(watch.id))
    return {"text": what, "blocks": [section(what), *note, actions(remove)]}


def unwatched_message(ended: Unwatched) -> Message:
    text = f"<#{escape(ended.watch.channel)}> no longer watches {target_of(ended.watch)}."
    return {"text": text, "blocks": [section(text)]}


def watches_message(watches: Sequence[Watch], *, mutes: int = 0, digest: Digest | None = None) -> Message:
    """What a channel watches, each with a button that ends it; below, what is muted and when a digest comes."""
    if not watches:
        text = "This channel watches nothing yet. Begin with `/joblogs watch JOB`."
        return {"text": text, "blocks": [section(text)]}
    shown = watches[:WATCHES_SHOWN]
    rows = [
        section(f"{target_of(watch)}: {', '.join(_manners(watch))}; by <@{escape(watch.created_by)}>")
        | {"accessory": button("Remove", ids.UNWATCH, str(watch.id), hint=f"Stop watching {watch.title}")}
        for watch in shown
    ]
    more = [context(f"{len(watches) - len(shown)} more are not shown.")] if len(watches) > len(shown) else []
    beside = list(_beside(mutes, digest))
    names = ", ".join(escape(shorten(watch.title, NAME_CHARS)) for watch in shown)
    text = f"{' '.join(beside)} This channel watches {len(watches)}: {names}".strip()
    blocks = [section("*This channel watches*"), *rows, *more, *([context(*beside)] if beside else [])]
    return {"text": shorten(text, FALLBACK_CHARS), "blocks": blocks}


# --- parts ---------------------------------------------------------------------------------------


def _topic_message(topic: Topic) -> Message:
    return _page(topic.about, (topic.usage,), topic.rows, topic.examples, topic.notes)


def _page(
    head: str,
    usage: Iterable[str],
    rows: Sequence[tuple[str, str]],
    examples: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Message:
    parts = [rich.section(rich.text(head))]
    parts += [rich.preformatted(line) for line in usage]
    if rows:
        parts.append(
            rich.bullets([rich.section(rich.text(name, code=True), rich.text(f"  {what}")) for name, what in rows])
        )
    if examples:
        parts += [rich.section(rich.text("For example:")), rich.preformatted("\n".join(examples))]
    parts += [rich.section(rich.text(note, italic=True)) for note in notes]
    said = [head, *usage, *(f"{name} – {what}" for name, what in rows), *examples, *notes]
    return {"text": escape("\n".join(said), FALLBACK_CHARS), "blocks": [rich.block(*parts)]}


def _with_choices(sentence: str, choices: Sequence[Job | Project]) -> Message:
    rows = [_choice(choice) for choice in choices[:CHOICES_SHOWN]]
    listed = [rich.block(rich.bullets(rows))] if rows else []
    return {"text": sentence, "blocks": [section(sentence), *listed]}


def _choice(choice: Job | Project) -> Element:
    if isinstance(choice, Project):
        return rich.section(
            rich.text(f"project {shorten(choice.name, NAME_CHARS)}  "),
            rich.text(shorten(choice.id, NAME_CHARS), code=True),
        )
    return rich.section(
        rich.link(choice.dashboard_url, shorten(f"{choice.project_name}/{choice.title}", NAME_CHARS)),
        rich.text(f" · {choice.status.label} · created "),
        rich.date(choice.created_ms),
        rich.text("  "),
        rich.text(shorten(choice.id, NAME_CHARS), code=True),
    )


def _alive_first(job: Job) -> tuple[bool, int]:
    return job.status.has_ended, -job.created_ms


def _job_row(job: Job, now_ms: int) -> Element:
    since = "ended" if job.status.has_ended else "created"
    at = job.updated_ms if job.status.has_ended else job.created_ms
    return rich.section(
        rich.emoji(JOB_SIGNS.get(job.status.name, "white_circle")),
        rich.text(" "),
        rich.link(job.dashboard_url, shorten(job.title, NAME_CHARS)),
        rich.text(f" · {shorten(job.status.label, 40)} · {since} {age(now_ms - at)} ago  "),
        rich.text(shorten(job.id, NAME_CHARS), code=True),
    )


def age(duration_ms: int) -> str:
    """A duration in its largest unit: `5 min`."""
    seconds = max(duration_ms, 0) // 1000
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _jobs_text(listing: Listing) -> str:
    running = sum(job.status.phase is Phase.RUNNING for job in listing.jobs)
    names = ", ".join(escape(shorten(job.title, NAME_CHARS)) for job in sorted(listing.jobs, key=_alive_first)[:5])
    return f"{len(listing.jobs):,} training jobs, {running:,} running: {names}"


def _sign(job: Job) -> str:
    return f":{JOB_SIGNS.get(job.status.name, 'white_circle')}:"


def _machines(job: Job) -> str:
    nodes = f"{job.node_count} × " if job.node_count > 1 else ""
    gpus = f" ({job.instance.gpu_count} {job.instance.gpu_type or 'GPU'})" if job.instance.gpu_count else ""
    return escape(shorten(f"{nodes}{job.instance.name}{gpus}", NAME_CHARS))


def _job_buttons(job: Job, deeds: Collection[Deed]) -> Iterable[Element]:
    newest, target = LogQuery(job=job.id), ids.TargetRef(job.account, job.project_id, job.id).encode()
    yield button("Logs", ids.SHOW_LOGS, ids.query_value(newest))
    yield button("Errors only", ids.ERRORS_ONLY, ids.query_value(replace(newest, min_level=Level.ERROR)))
    if not job.status.has_ended:
        yield button("Watch", ids.WATCH, target)
    if Deed.STOP in deeds and not job.status.has_ended:
        yield button("Stop…", ids.STOP_JOB, target, style="danger")
    if Deed.RECREATE in deeds and job.status.has_ended:
        yield button("Make it again…", ids.RECREATE_JOB, target)
    yield button("Open in Baseten", ids.OPEN_LINK, url=job.dashboard_url)


def target_of(watch: Watch) -> str:
    """What a watch is of, in mrkdwn."""
    title = escape(shorten(watch.title, NAME_CHARS))
    return f"*{title}*" if watch.job_id else f"all jobs of *{title}*"


def _beside(mutes: int, digest: Digest | None) -> Iterable[str]:
    if mutes:
        yield f"{mutes} mute{'s' if mutes > 1 else ''} active: `/joblogs mutes`."
    if digest is not None:
        yield f"A digest is posted {escape(digest.words)}."


def _manners(watch: Watch) -> Iterable[str]:
    """How a watch tells what it sees."""
    yield "errors" if watch.min_level is Level.ERROR else f"{watch.min_level.name.lower()}s and worse"
    if watch.pattern:
        yield f"only those like `/{escape(shorten(watch.pattern, NAME_CHARS)).replace('`', 'ˋ')}/`"
    if watch.mention:
        yield f"mentions {_mention(watch.mention)}"
    if watch.silence_s:
        yield f"silence of {age(watch.silence_s * 1000)}"


def _mention(mention: str) -> str:
    """Shown without waking everybody; a person's or a group's name wakes nobody in a private answer."""
    return escape(mention).replace("&lt;!", "@").replace("&gt;", "") if mention.startswith("<!here") else mention
