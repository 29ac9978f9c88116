"""App Home as a view: what is mine, what is open in my channels, mutes, watches, and how the bot is doing."""

from collections.abc import Callable, Sequence

from bot.flows.board import Stuck
from bot.flows.overview import Health, Quiet, Reading, Row, Sight
from bot.jobs.watch import Watch
from bot.slack import ids, rich
from bot.slack.mrkdwn import actions, button, context, date, divider, escape, header, plain, section, shorten
from bot.slack.render.rows import incident_row, muted_row
from bot.slack.render.words import age, target_of
from bot.slack.rich import Element
from bot.times import Ms

MINE_SHOWN = 9
OPEN_SHOWN = 10
MUTES_SHOWN = 5
WATCHES_SHOWN = 15
ACCOUNTS_SHOWN = 10
STUCK_SHOWN = 5
SLOW_MS = 60_000
"""A backlog that is older than this is worth a word."""
STALE_MS = 300_000
"""An account that was not polled for so long while jobs run is not well."""
DAY_AND_MINUTE = "{date_short_pretty} {time}"

BEGIN = (
    "*Begin here:* invite me to a channel with `/invite @joblogs`, then type `/joblogs watch JOB` or "
    "`/joblogs watch PROJECT` there. `/joblogs jobs` lists the jobs that I can read."
)
UNTOLD = "Slack does not tell me right now which channels you are in, so only what is yours stands here."


def home_view(sight: Sight) -> Element:
    """At most 100 blocks."""
    blocks = [*_mine(sight), *_unresolved(sight), *_mutes(sight.quiet), *_watches(sight), *_health(sight)]
    again = button("Refresh", ids.HOME_AGAIN)
    blocks += [actions(again) | {"block_id": "home.again"}, context(f"As of {date(sight.health.now_ms)}")]
    return {"type": "home", "blocks": blocks}


def told_view(sentence: str) -> Element:
    """For those who may not use the bot, and for when nothing can be read."""
    return {"type": "home", "blocks": [section(escape(sentence))]}


def _mine(sight: Sight) -> list[Element]:
    title = header(f"Yours ({len(sight.mine)})" if sight.mine else "Yours")
    if not sight.mine:
        return [title, section("No incident is yours. *Acknowledge* takes one, here or on its card.")]
    return [
        title,
        *_rows(sight.mine, "mine", MINE_SHOWN, "`/joblogs incidents mine` in any channel lists all."),
    ]


def _unresolved(sight: Sight) -> list[Element]:
    title = header(
        f"Open in your channels ({len(sight.unresolved)})" if sight.unresolved else "Open in your channels"
    )
    if sight.channels is None:
        return [title, section(UNTOLD)]
    if sight.unresolved:
        more = "`/joblogs incidents` in a channel lists all of its own."
        return [title, *_rows(sight.unresolved, "open", OPEN_SHOWN, more)]
    if sight.watches:
        return [title, section(":white_check_mark: Nothing is open that nobody has taken.")]
    return [title, section(BEGIN)]


def _rows(
    rows: Sequence[Row], part: str, most: int, where: str, draw: Callable[..., list[Element]] = incident_row
) -> list[Element]:
    blocks = [
        block for row in rows[:most] for block in draw(row, f"home.{part}.{row.incident.id}", with_channel=True)
    ]
    return [*blocks, *_more(len(rows) - most, where)]


def _more(count: int, where: str) -> list[Element]:
    return [context(f"and {count} more: {where}")] if count > 0 else []


def _mutes(quiet: Quiet) -> list[Element]:
    count = len(quiet.muted)
    if not count:
        return []
    rows = _rows(
        quiet.muted, "mute", MUTES_SHOWN, "`/joblogs mutes` in a channel lists all of its own.", muted_row
    )
    return [header(f"{count} mute{'s' if count > 1 else ''} active"), *rows]


def _watches(sight: Sight) -> list[Element]:
    if not sight.watches:
        return []
    blocks = [header("Watches of your channels")]
    blocks += [_watch(watch) for watch in sight.watches[:WATCHES_SHOWN]]
    more = "`/joblogs watches` in a channel lists all of its own."
    return [*blocks, *_more(len(sight.watches) - WATCHES_SHOWN, more)]


def _watch(watch: Watch) -> Element:
    """Stopping is asked for twice: from then on nobody in that channel hears of the job's errors."""
    text = f"<#{escape(watch.channel)}> watches {target_of(watch)}; by <@{escape(watch.created_by)}>"
    stop = button("Stop watching", ids.HOME_UNWATCH, str(watch.id), hint=f"Stop watching {watch.title}")
    confirm = {
        "title": plain("Stop watching?"),
        "text": plain(f"The channel will hear no more of {shorten(watch.title, 80)}."),
        "confirm": plain("Stop watching"),
        "deny": plain("Leave it"),
    }
    return section(text) | {"accessory": stop | {"confirm": confirm}, "block_id": f"home.watch.{watch.id}"}


def _health(sight: Sight) -> list[Element]:
    health = sight.health
    lines = [_account(one, health.now_ms) for one in health.accounts[:ACCOUNTS_SHOWN]]
    if not health.accounts:
        lines = [[rich.text("No Baseten account is known yet: whoever runs me gives me a key.")]]
    if more := len(health.accounts) - ACCOUNTS_SHOWN if len(health.accounts) > ACCOUNTS_SHOWN else 0:
        lines.append([rich.text(f"and {more} more accounts", italic=True)])
    lines += [_backlog(health), *_stuck(health.stuck, sight.channels or frozenset())]
    bullets = rich.bullets([rich.section(*line) for line in lines])
    return [divider(), header("How I am doing"), rich.block(bullets)]


def _account(one: Reading, now: Ms) -> list[Element]:
    """Such as ``default: 3 jobs read, last poll 14:02``; with a warning where something hinders it."""
    trouble = _trouble(one, now)
    line = [
        rich.emoji("warning" if trouble else "large_green_circle"),
        rich.text(" "),
        rich.text(one.account, bold=True),
    ]
    jobs = f"{one.jobs} job{'s' if one.jobs != 1 else ''} read" if one.jobs else "no job to read"
    line.append(rich.text(f": {jobs}"))
    if one.polled_ms is not None:
        line += [rich.text(", last poll "), rich.date(one.polled_ms, DAY_AND_MINUTE)]
    return [*line, *([rich.text(f". {trouble}", italic=True)] if trouble else [])]


def _trouble(one: Reading, now: Ms) -> str | None:
    if one.until_ms < now:
        return f"Nobody has read it for {age(now - one.until_ms)}: whoever runs me should look at the worker."
    if one.behind_since_ms is not None:
        return f"Not read up to the present for {age(now - one.behind_since_ms)}."
    if one.paused:
        return f"{one.paused} of them cannot be read: Baseten knows or shows no such log."
    if one.jobs and one.polled_ms is not None and now - one.polled_ms > STALE_MS:
        return f"No poll has succeeded for {age(now - one.polled_ms)}."
    return None


def _backlog(health: Health) -> list[Element]:
    count, old = health.waiting, health.oldest_ms
    slow = count > 0 and old > SLOW_MS
    sign = rich.emoji("warning" if slow else "large_green_circle")
    if not count:
        return [
            sign,
            rich.text(" "),
            rich.text("Slack", bold=True),
            rich.text(": it takes my messages, none waits"),
        ]
    waits = f": {count} message{'s wait' if count > 1 else ' waits'}, the oldest for {age(old)}"
    late = ". Slack is slow or limits me; nothing is lost" if slow else ""
    return [sign, rich.text(" "), rich.text("Slack", bold=True), rich.text(f"{waits}{late}")]


def _stuck(stuck: Sequence[Stuck], channels: frozenset[str]) -> list[list[Element]]:
    """Channels that the person cannot see are counted, not named."""
    mine = [one for one in stuck if one.channel in channels][:STUCK_SHOWN]
    lines = [
        [
            rich.emoji("warning"),
            rich.text(" "),
            rich.channel(one.channel),
            rich.text(f" refuses my messages ({shorten(one.code, 60)}): {one.count} wait"),
        ]
        for one in mine
    ]
    if others := len(stuck) - len(mine):
        word = f"{others} channels refuse" if others > 1 else "1 channel refuses"
        lines.append([rich.emoji("warning"), rich.text(f" {word} my messages")])
    return lines
