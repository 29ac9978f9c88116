"""What a log holds is harmless wherever it is shown: nothing in it mentions, links, dates, hides or turns text around.

A job whose log, name and error message are hostile goes the whole way: card, whole event, lines around, answer,
share, download, status, list, notice of its end, direct message, Home. Then everything that Slack was sent is read.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.sandbox.baseten.job import SimJob
from bot.slack import ids
from tests.scenarios.plots import watching
from tests.stage import CHANNEL, Stage, open_stage, shown

MARK = "zqx"
TOKENS = (
    f"<!channel> <!here> <!everyone> {MARK}",
    f"<@U0DANA0001> <@U0DANA0001|{MARK}> <!subteam^S0ONCALL01|{MARK}>",
    f"<https://evil.example/{MARK}|click> <mailto:{MARK}@evil.example|mail> <#C0MLALERTS|{MARK}>",
    f"<!date^1392734382^{{date}}^https://evil.example/{MARK}|{MARK}>",
    f"&lt;!channel&gt; &amp;lt;!channel&amp;gt; {MARK}",
    f"```{MARK} `code` *bold* _it_ ~no~ >quote :rotating_light: @channel #general {MARK}",
    f"\x1b[31mred\x1b[0m \x1b]8;;https://evil.example/{MARK}\x1b\\link\x1b]8;;\x1b\\ \x07\x08\x00 {MARK}",
    f"\u202egnirts desrever\u202c \u2066isolate\u2069 \u200bzero\u200b \ufeffbom \u2028line\u2029 {MARK}",
    f"\U000e0041\U000e0042 tags, \ud83d half a pair, \udfff the other {MARK}",
    "\ufffd\ufffd bytes that were no UTF-8 \xc3\x28 " + MARK,
    f"{MARK} " + "A" * 1_000_000,
    f"{MARK} <!channel> " * 20_000,
    '{"text": "<!channel>", "blocks": [{"type": "section"}], "mark": "' + MARK + '"}',
)
ERRORS = tuple(f"ERROR RuntimeError: kind {chr(97 + number)} {text}" for number, text in enumerate(TOKENS))
TRACEBACK = (
    "Traceback (most recent call last):\n"
    f'  File "/app/<!channel>/{MARK}.py", line 3, in <@U0DANA0001>\n'
    f"    raise ValueError('<!here> {MARK}')\n"
    f"ValueError: <https://evil.example/{MARK}|click here> <!channel>"
)
LIVE = re.compile(r"<(?:[!@#]|https?:|mailto:|tel:)[^>]*>")
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)
SENT = ("chat.postMessage", "chat.update", "chat.postEphemeral", "chat.unfurl", "views.open", "views.publish")


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def strings(node: Any, literal: bool = False) -> Iterator[tuple[str, bool]]:
    """All texts of a message or a view, and whether Slack takes each literally."""
    if isinstance(node, str):
        yield node, literal
    elif isinstance(node, list):
        for item in node:
            yield from strings(item, literal)
    elif isinstance(node, dict):
        is_literal = node.get("type") in ("text", "link", "plain_text", "raw_text", "rich_text_preformatted")
        for key, item in node.items():
            if key not in ("action_id", "value", "block_id", "private_metadata", "metadata"):
                yield from strings(item, is_literal or (literal and key != "text"))


def elements(node: Any, kind: str) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from elements(item, kind)
    elif isinstance(node, dict):
        if node.get("type") == kind:
            yield node
        for item in node.values():
            yield from elements(item, kind)


def harm(arguments: dict[str, Any]) -> list[str]:
    """What is wrong with a message that was sent."""
    found = []
    for text, literal in strings({key: arguments.get(key) for key in ("text", "blocks", "view", "unfurls")}):
        live = [] if literal else [token for token in LIVE.findall(text) if not ours(token)]
        found += [f"live: {token}" for token in live]
        if hidden := HIDDEN.search(text.replace("\t", "")):
            found.append(f"hidden: {hidden.group()!r} in {text[:60]!r}")
    found += [f"link: {one['url']}" for one in elements(arguments, "link") if "evil.example" in one["url"]]
    found += [f"broadcast: {one}" for one in elements(arguments, "broadcast")]
    return found


def ours(token: str) -> bool:
    """What the bot itself says: dates, links to pages at Baseten and in Slack, people who acted."""
    known = (
        "<!date^",
        "<@U0ADA00001>",
        "<@U0GRACE001>",
        "<#C0MLALERTS>",
        "<https://app.baseten.co",
        "<https://training.slack.com",
    )
    address, _, label = token.partition("|")
    return address.startswith(known) and MARK not in address and "<" not in label


async def test_whatever_a_log_holds_it_harms_nobody_where_it_is_shown(stage: Stage):
    job = stage.job(f"<!channel> {MARK} \u202e")
    await watching(stage)
    await stage.ticks(2)
    for text in (*ERRORS, *TRACEBACK.split("\n")):
        job.write(text, level="ERROR", replica="g00r0")
        await stage.tick()
    await stage.ticks(20, 3)
    card = stage.cards()[0]
    await asked_alone(stage, job)
    await done_by_people(stage, card)
    job.set_status("TRAINING_JOB_FAILED", error_message=f"<!channel> {MARK} \u202e {ERRORS[6]}")
    await stage.ticks(20, 5)

    calls = [call for method in SENT for call in stage.workspace.calls.of(method)]
    assert {call.method for call in calls} >= {"chat.postMessage", "chat.update", "views.open", "views.publish"}
    assert any("failed" in str(call.arguments["text"]) for call in calls if call.method == "chat.postMessage")
    assert [(call.method, problem) for call in calls for problem in harm(call.arguments)] == []
    assert [(call.method, call.error, call.pointers) for call in calls if call.error] == []
    assert [(shown(one)[:80], harm(one)) for one in stage.ephemerals() if harm(one)] == []


async def asked_alone(stage: Stage, job: SimJob) -> None:
    """Answers to commands, and their buttons."""
    answer = await stage.command(job.id)
    assert any(True for _ in elements(answer["blocks"], "button")), shown(answer)
    for text in (f"{job.id} level:error last:50", "jobs", f"status {job.id}", f"{job.id} <!channel> {MARK}"):
        await stage.command(text)
    await stage.press(answer, ids.SHARE)
    await stage.press(answer, ids.DOWNLOAD)
    await stage.until(lambda: bool(len(stage.workspace.files)))
    await stage.command("incidents")


async def done_by_people(stage: Stage, card: dict[str, Any]) -> None:
    """In the thread, with the card's buttons and its menu, in Home."""
    ada = stage.workspace.person("ada")
    for text in ("logs last:20", "assign <@U0GRACE001>"):
        await ada.say(CHANNEL, f"<@{stage.workspace.bot_user_id}> {text}", card["ts"])
    await stage.until(lambda: len(stage.workspace.calls.of("chat.postMessage")) > 3)
    for pick in (ids.Pick.AROUND, ids.Pick.HISTORY):
        await ada.press(CHANNEL, card["ts"], ids.MENU, in_menu(card, pick))
    await ada.press(CHANNEL, card["ts"], ids.RESOLVE)
    await stage.until(lambda: ada.view is not None)
    await ada.open_home()
    await stage.until(lambda: ada.home is not None)


def in_menu(card: dict[str, Any], pick: ids.Pick) -> str:
    [menu] = elements(card["blocks"], "overflow")
    values = [str(option["value"]) for option in menu["options"]]
    return next(value for value in values if value.startswith(pick.value))
