"""A night on call, from three failures at once to the digest of the next morning, message by message."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.signature import Clock

from bot.slack import ids
from tests.scenarios.night import DISK, HUB, OOM, Message, Night
from tests.stage import CHANNEL, open_stage, shown

GROUP = "ml-oncall"
FIRST_LINE, SECOND_LINE = "The team's token had run out.", "Made a new one, it is in the vault."
REASON = f"{FIRST_LINE}\n{SECOND_LINE}"
ADA, GRACE = "<@U0ADA00001>", "<@U0GRACE001>"
ENDINGS = {"time": "its time is up", "replica": "g03r0 has it now as well"}


@pytest.fixture
async def night(wire: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    async with open_stage(sqlite_url, wire=wire) as stage:
        # Slack's library compares the time of a signature with the machine's clock, which no test can turn.
        monkeypatch.setattr(Clock, "now", lambda _: stage.clock.now_ns() // 1_000_000_000)
        yield Night(stage)


@pytest.mark.parametrize(("wire", "ending"), [("sockets", "time"), ("http", "replica")])
async def test_a_night_on_call(night: Night, ending: str):
    await the_channel_is_watched(night)
    await three_jobs_fail_at_once(night)
    await one_is_muted_after_it_was_told_what_that_hides(night)
    await one_is_assigned_to_the_other(night)
    await nobody_takes_the_third_for_half_an_hour(night)
    await the_second_of_two_is_told_what_the_first_one_did(night)
    await outsiders_are_refused(night)
    await the_lists_show_the_rest(night)
    await it_is_looked_around(night)
    await it_is_resolved_with_a_reason(night)
    await the_mute_ends_by_itself(night, ending)
    await home_shows_what_is_mine(night)
    await the_next_day_it_is_back_in_a_new_job(night)
    await the_digest_tells_the_night(night)
    await the_job_ends(night)
    await after_a_restart_nothing_is_said_again(night)
    every_action_stands_in_its_thread_once(night, ending)
    await the_audit_log_is_complete(night)
    nothing_was_refused_or_posted_twice(night)


async def the_channel_is_watched(night: Night) -> None:
    night.stage.clock.turn(night.seconds_until(22))
    assert "watches" in await night.asks("ada", f"watch llama-ft mention:@{GROUP}")
    assert "daily at 09:00 (Europe/Berlin)" in await night.asks("ada", "digest daily 09:00")
    for name in ("llama-70b-sft", "mistral-dpo", "llama-8b-lora"):
        night.starts(name)
    await night.settles()
    assert night.stage.channel() == [], "jobs that train are no news"


async def three_jobs_fail_at_once(night: Night) -> None:
    night.job("llama-70b-sft").write(OOM, level="ERROR", replica="g02r0", count=3)
    night.job("mistral-dpo").write(DISK, level="ERROR")
    night.job("llama-8b-lora").write(HUB, level="ERROR")
    night.ends("llama-8b-lora", "FAILED")
    await night.settles(8, 10)
    *cards, end = night.stage.channel()
    assert "llama-8b-lora in llama-ft failed after" in end["text"]
    assert [title(card) for card in cards] == ["torch.OutOfMemoryError", "OSError", "GatedRepoError"]
    for card in cards:
        assert card["text"].startswith(f"{night.group(GROUP)} Open: "), "whom it wakes stands in the first text"
        assert "Nobody has taken this yet." in shown(card)
        [around] = night.thread(card)
        assert around.startswith("Lines around the first one on")


async def one_is_muted_after_it_was_told_what_that_hides(night: Night) -> None:
    await night.pick("ada", oom(night), "Mute…")
    asked = await night.fills("ada", {"length": {ids.MUTE_LENGTH: "4"}})
    assert "In the last day a mute would have hidden *3 events*, from " in asked
    assert " 22:00 on." in asked, "the hour is that of the reader"
    await night.settles(2)
    assert f"Muted by  {ADA}  until" in shown(oom(night))
    assert buttons(oom(night)) == ["Unmute", "Resolve"]


async def one_is_assigned_to_the_other(night: Night) -> None:
    await night.pick("ada", disk(night), "Assign to…")
    assert "OSError" in await night.fills("ada", {"person": {"person": "grace"}})
    await night.settles(2)
    assert f"Assigned to  {GRACE}  by  {ADA}" in shown(disk(night))
    [told] = night.stage.workspace.person("grace").direct_messages
    assert told["text"].startswith("ada assigned this to you: OSError"), told


async def nobody_takes_the_third_for_half_an_hour(night: Night) -> None:
    await night.passes(25 * 60)
    assert len(night.thread(hub(night))) == 1
    await night.passes(40 * 60)
    [_, reminder] = night.thread(hub(night))
    assert reminder.startswith(f"{night.group(GROUP)} Nobody has taken this since")


async def the_second_of_two_is_told_what_the_first_one_did(night: Night) -> None:
    """Both look at the card as it was: nobody has drawn it anew when the second and the third press arrive."""
    seen = hub(night)
    for user in ("grace", "grace", "ada"):
        await night.press(user, seen, ids.ACKNOWLEDGE)
    for user in ("grace", "ada"):
        await night.hears(user, f"It was acknowledged already by {GRACE}")
    await night.settles(2)
    assert f"Acknowledged by  {GRACE}" in shown(hub(night))
    assert buttons(hub(night)) == ["Resolve"]


async def outsiders_are_refused(night: Night) -> None:
    space = night.stage.workspace
    for user, sentence in (("gus", "Guests cannot use joblogs"), ("sam", "Only members of the workspace")):
        space.roster.join(space.channel(CHANNEL), night.id(user))
        before = night.said()
        for action in (ids.RESOLVE, ids.ACKNOWLEDGE):
            await night.press(user, disk(night), action)
            await night.hears(user, sentence)
        await night.settles(2)
        assert night.said() == before
    assert "Guests cannot use joblogs" in await night.asks("gus", "incidents")


async def the_lists_show_the_rest(night: Night) -> None:
    listed = await night.asks("grace", "incidents")
    assert "3 incidents in this channel" in listed
    assert "1 muted" in listed
    assert f"Assigned to  {GRACE}" in listed
    mutes = await night.asks("grace", "mutes")
    assert "1 mute active in this channel" in mutes
    assert "Hidden so far: 0 times" in mutes
    assert "OSError" not in mutes


async def it_is_looked_around(night: Night) -> None:
    around = await night.says("grace", hub(night), "around 20")
    assert "▶" in around
    assert "loss 2.31" in around
    assert "g00r0 : 1 time, first of all" in await night.says("grace", hub(night), "replicas")
    assert f"{GRACE}  acknowledged it" in await night.says("ada", hub(night), "who")


async def it_is_resolved_with_a_reason(night: Night) -> None:
    await night.press("grace", hub(night), ids.RESOLVE)
    assert "GatedRepoError" in await night.fills("grace", {"reason": {"reason": REASON}})
    await night.settles(4)
    assert f"{FIRST_LINE} {SECOND_LINE}" in shown(hub(night))
    assert buttons(hub(night)) == ["Reopen"]


async def the_mute_ends_by_itself(night: Night, ending: str) -> None:
    night.job("llama-70b-sft").write(OOM, level="ERROR", replica="g02r0")
    await night.passes(600)
    assert "Hidden so far: 1 time since" in await night.asks("ada", "mutes")
    if ending == "replica":
        night.job("llama-70b-sft").write(OOM, level="ERROR", replica="g03r0")
    await night.passes(4 * 3600)
    *_, over, reminder = night.thread(oom(night))
    assert f"The mute ended: {ENDINGS[ending]}." in over
    assert "Nobody has taken this since" in reminder
    assert buttons(oom(night)) == ["Acknowledge", "Resolve"]
    assert "Nothing is muted in this channel." in await night.asks("ada", "mutes")


async def home_shows_what_is_mine(night: Night) -> None:
    mine = await night.home("grace")
    assert "Yours (1)" in mine
    assert "Open in your channels (1)" in mine
    assert "No space left on device" in mine.partition("Open in your channels")[0]


async def the_next_day_it_is_back_in_a_new_job(night: Night) -> None:
    await night.until_hour(8)
    old = hub(night)
    again = night.starts("llama-8b-lora-2")
    await night.settles()
    again.write(HUB, level="ERROR")
    await night.settles()
    new = hub(night)
    assert new["ts"] != old["ts"]
    assert f"Seen in 1 earlier job ; last time  {GRACE} :  {FIRST_LINE} {SECOND_LINE}" in shown(new)
    assert old["ts"].replace(".", "") in str(new["blocks"]), "it links the thread of the night"
    assert buttons(new) == ["Acknowledge", "Resolve"]


async def the_digest_tells_the_night(night: Night) -> None:
    await night.until_hour(9)
    [digest] = [message for message in night.stage.channel() if message["text"].startswith("Since ")]
    told = shown(digest)
    assert "4 jobs ran, 4 new incidents, 1 resolved, 3 open now" in told
    assert f"by  {GRACE} : {FIRST_LINE} {SECOND_LINE}" in told
    assert "nobody has taken it" in told


async def the_job_ends(night: Night) -> None:
    for name in ("llama-70b-sft", "mistral-dpo"):
        night.ends(name, "COMPLETED")
    await night.settles(6, 10)
    ends = [message["text"] for message in night.stage.channel() if "completed" in message["text"]]
    assert len(ends) == 2


async def after_a_restart_nothing_is_said_again(night: Night) -> None:
    before = night.said()
    await night.stage.restart()
    await night.settles(6, 10)
    assert night.said() == before


def every_action_stands_in_its_thread_once(night: Night, ending: str) -> None:
    """The whole of each thread; the card of the morning has been reminded of, too."""
    replica = ENDINGS[ending]
    ended = f"{ADA} The mute ended: {replica}." if ending == "replica" else f"The mute ended: {replica}."
    around, nobody = "Lines around the first one on", f"{night.group(GROUP)} Nobody has taken this since"
    told = {
        oom: [around, "ada muted this until", ended, nobody],
        disk: [around, "ada assigned this to grace.", f"{GRACE} This waits for you since"],
        hub: [around, nobody],
    }
    for find, lines in told.items():
        assert_begin(night.thread(find(night)), lines)
    [first, _] = [card for card in night.stage.cards() if "GatedRepoError" in shown(card)]
    asked = ["Lines around the first one on", "1 replica has this error", "1 step so far"]
    resolved = f"grace resolved this. Reason: {REASON}"
    assert_begin(night.thread(first), [around, nobody, "grace acknowledged this.", *asked, resolved])
    assert len(night.stage.workspace.person("grace").direct_messages) == 1


async def the_audit_log_is_complete(night: Night) -> None:
    audit = await night.audit()
    denied = {(night.stage.workspace.roster.user(one).id, "use") for one in ("gus", "sam")}
    assert {(entry.actor, entry.action) for entry in audit if entry.outcome == "denied"} == denied
    entries = [
        (name(entry.actor), entry.action, entry.outcome, entry.detail)
        for entry in audit
        if entry.outcome != "denied"
    ]
    assert [entry[:3] for entry in entries] == [
        ("ada", "watch", "done"),
        ("ada", "digest", "done"),
        ("ada", "mute", "changed"),
        ("ada", "assign", "changed"),
        ("grace", "acknowledge", "changed"),
        ("grace", "acknowledge", "refused"),
        ("ada", "acknowledge", "refused"),
        ("grace", "resolve", "changed"),
    ]
    assert entries[3][3] == "to U0GRACE001"
    assert entries[-1][3] == REASON


def nothing_was_refused_or_posted_twice(night: Night) -> None:
    calls = night.stage.workspace.calls
    assert [(call.method, call.error) for call in calls if not call.ok] == []
    marks = night.marks()
    assert len(marks) == len(set(marks))


def title(card: Message) -> str:
    """The kind of error that a card begins with."""
    return shown(card).split(":")[0].strip().removeprefix("huggingface_hub.errors.")


def buttons(card: Message) -> list[str]:
    [row] = [block for block in card["blocks"] if block["type"] == "actions"]
    return [one["text"]["text"] for one in row["elements"] if one["type"] == "button"]


def assert_begin(lines: list[str], beginnings: list[str]) -> None:
    assert len(lines) == len(beginnings), lines
    for line, beginning in zip(lines, beginnings, strict=True):
        assert line.startswith(beginning), line


def name(user_id: str) -> str:
    return {"U0ADA00001": "ada", "U0GRACE001": "grace"}[user_id]


def oom(night: Night) -> Message:
    return night.card("OutOfMemoryError")


def disk(night: Night) -> Message:
    return night.card("No space left")


def hub(night: Night) -> Message:
    return night.card("GatedRepoError")
