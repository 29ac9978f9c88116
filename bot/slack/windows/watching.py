"""The window that asks what a channel is to watch: `/joblogs watch` alone, and Watch buttons."""

from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import TransientError
from bot.flows.subscribe import About, Declined
from bot.jobs.wish import BadWish, Wish, with_option, with_pattern
from bot.logs.line import Level
from bot.slack import ids
from bot.slack.desk import Desk, channel_of
from bot.slack.mrkdwn import Message, shorten
from bot.slack.render import words
from bot.slack.render.refusals import OLD_BUTTON
from bot.slack.reply import reply
from bot.slack.rich import Element
from bot.slack.turned_away import Denied
from bot.slack.windows.fields import Entered, choice, conversation, entry, fits, option, search, text
from bot.slack.windows.options import JOB, PROJECT, job_option, project_option
from bot.slack.windows.place import Place
from bot.slack.windows.sight import admitted
from bot.slack.windows.window import Close, Show, Verdict, Wrong, modal, once, open_window, settle, tell, told
from bot.times import now_ms

log = structlog.get_logger(__name__)

TITLE = "Watch"
TARGET, LEVEL, CHANNEL, PERSON, GROUP, SILENCE, PATTERN = (
    "target", "level", "channel", "person", "group", "silence", "pattern",
)  # fmt: skip
LEVELS = (
    (Level.ERROR.name.lower(), "Errors"),
    (Level.WARNING.name.lower(), "Warnings and worse"),
    (Level.INFO.name.lower(), "Everything from info on"),
)
PATTERN_CHARS = 300
ERROR_CHARS = 300


def watch_window(place: Place, *, target: Element | None = None) -> Element:
    """`target` is the option that is chosen already."""
    blocks = [
        entry(
            TARGET,
            "Job or project",
            search(ids.TARGET_CHOICE, "Type a part of its name", target),
            hint="A project's watch takes new jobs as they appear.",
        ),
        entry(LEVEL, "Tell of", choice("static_select", LEVELS, LEVELS[0][0])),
        entry(
            CHANNEL,
            "In the channel",
            conversation(initial=place.channel, kinds=("public", "private")),
            hint="I must be in it.",
        ),
        entry(PERSON, "Mention a person", {"type": "users_select"}, optional=True),
        entry(GROUP, "Or a group", search(ids.GROUP_CHOICE, "Such as @oncall"), optional=True),
        entry(
            SILENCE,
            "Tell when it has written nothing for",
            text(most=10, placeholder="15m"),
            hint="A running job; such as 15m or 2h. Empty: what is long for the job, 10 minutes at least.",
            optional=True,
        ),
        entry(
            PATTERN,
            "Only errors whose text matches",
            text(most=PATTERN_CHARS, placeholder="CUDA|NCCL"),
            hint="A regular expression. Empty: all errors.",
            optional=True,
        ),
    ]
    return modal(TITLE, blocks, callback=ids.WATCH_WINDOW, submit="Watch", data=place.encode())


def wish_of(entered: Entered) -> Wish | Wrong:
    """What was entered as a wish, by the rules of the command; or what is wrong, at its field."""
    target = entered.option(TARGET) or ""
    if not target.startswith((JOB, PROJECT)):
        return Wrong({TARGET: "Choose a job or a project first."})
    person, group = entered.user(PERSON), entered.option(GROUP)
    if person and group:
        return Wrong({GROUP: "One of the two, please: a person or a group."})
    mention = f"<@{person}>" if person else f"<{group}>" if group else None
    wish = Wish(target=target[len(JOB) :])
    for field, key, value in (
        (LEVEL, "level", entered.option(LEVEL)),
        (GROUP, "mention", "@here" if mention == "<!here>" else mention),
        (SILENCE, "silence", entered.text(SILENCE)),
        (PATTERN, "", entered.text(PATTERN)),
    ):
        if value is None:
            continue
        read = with_option(wish, key, value) if key else with_pattern(wish, value)
        if isinstance(read, BadWish):
            return Wrong({field: _plain(read.sentence)})
        wish = read
    return wish


async def open_watch(desk: Desk, trigger_id: object, channel: str, target: Element | None = None) -> str | None:
    """Opens it; the sentence for the person when Slack does not."""
    return await open_window(desk, trigger_id, watch_window(Place(channel), target=target))


def register(app: AsyncApp, desk: Desk) -> None:
    """Adds the Watch buttons and the submission."""

    async def pressed(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        sentence = await _pressed(desk, body, ids.TargetRef.decode(str(action.get("value") or "")))
        if sentence:
            await tell(desk, respond, body, sentence)

    async def submitted(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], view: dict[str, Any]) -> None:
        await settle(desk, ack, view, _submitted(desk, respond, body, view))

    app.action(ids.WATCH)(pressed)
    app.view(ids.WATCH_WINDOW)(submitted)


async def _pressed(desk: Desk, body: dict[str, Any], target: ids.TargetRef | None) -> str | None:
    """What to tell the person alone; None when the window is open."""
    member, channel = await desk.admit(body), channel_of(body)
    denied = member if isinstance(member, Denied) else await desk.rights.may(member.id, "watch", channel)
    if denied:
        return denied.sentence
    if target is None:
        return OLD_BUTTON
    chosen = await _option(desk, target)
    return await open_window(desk, body.get("trigger_id"), watch_window(Place(channel), target=chosen))


async def _option(desk: Desk, target: ids.TargetRef) -> Element | None:
    """The target as it stands in the list, by its id alone where the list does not have it (now)."""
    known = await desk.answer.catalog.remembered()
    value = f"{JOB}{target.job_id}" if target.job_id else f"{PROJECT}{target.project_id}"
    job = next((job for job in known.jobs if job.id == target.job_id), None)
    project = next((one for one in known.projects if one.id == target.project_id), None)
    if not fits(value):
        return None
    if target.job_id:
        return job_option(job, now_ms(desk.clock), prefix=JOB) if job else option(value, target.job_id)
    return project_option(project, prefix=PROJECT) if project else option(value, target.project_id)


async def _submitted(desk: Desk, respond: AsyncRespond, body: dict[str, Any], view: dict[str, Any]) -> Verdict:
    entered = Entered(view)
    channel = entered.conversation(CHANNEL)
    member = await admitted(desk, body, channel)
    denied = member if isinstance(member, Denied) else await desk.rights.may(member.id, "watch", channel)
    if denied or isinstance(member, Denied):
        return Show(told(TITLE, denied.sentence)) if denied else Close()
    if channel is None:
        return Wrong({CHANNEL: "Choose a channel first."})
    wish = wish_of(entered)
    if isinstance(wish, Wrong):
        return wish
    made = await desk.subscribe.grant(wish, channel=channel, user=member.id, allowed=desk.members.policy.channels)
    if isinstance(made, Declined):
        return Wrong({CHANNEL if made.about is About.CHANNEL else TARGET: _plain(made.sentence)})
    message = words.watching_message(made)
    if not respond.response_url:
        return Show(told(TITLE, str(message["text"])))
    return Close(after=partial(_confirmed, desk, respond, message, once(view)))


async def _confirmed(desk: Desk, respond: AsyncRespond, message: Message, key: str) -> None:
    """Once: a watch that is made twice is one watch, which need not be told twice."""
    try:
        first = await desk.first_time(key)
    except TransientError as error:
        log.info("not_confirmed_once", reason=str(error))
        first = True
    if first:
        await reply(desk.client, respond, message)


def _plain(sentence: str) -> str:
    """For a field's error, which knows no markup."""
    return shorten(sentence.replace("`", ""), ERROR_CHARS)
