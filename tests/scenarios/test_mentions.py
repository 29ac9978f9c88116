"""People talk to the bot in the thread of a card: each word does what its button does, and the thread says who did."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import StoreUnavailable
from bot.sandbox.baseten.job import SimJob
from bot.slack.render.refusals import BEGIN_WITH_ME, STORE_AWAY
from tests.scenarios.plots import OOM, fail_more, rows, watching, with_card
from tests.stage import CHANNEL, Stage, open_stage, shown


@pytest.fixture
async def stage(sqlite_url: str) -> AsyncIterator[Stage]:
    async with open_stage(sqlite_url) as opened:
        yield opened


def bot(stage: Stage) -> str:
    return f"<@{stage.workspace.bot_user_id}>"


def person(stage: Stage, name: str) -> str:
    return stage.workspace.roster.user(name).id


async def say(
    stage: Stage, text: str, thread: dict[str, Any] | None = None, *, user: str = "ada", channel: str = CHANNEL
) -> str:
    """Says `@joblogs text`; the ts of the message."""
    ts = thread["ts"] if thread else None
    outcome = await stage.workspace.person(user).say(channel, f"{bot(stage)} {text}", ts)
    assert outcome.ts is not None
    return str(outcome.ts)


async def whispered(
    stage: Stage, text: str, thread: dict[str, Any] | None = None, *, user: str = "ada", channel: str = CHANNEL
) -> dict[str, Any]:
    """Says it and gives what is answered to `user` alone."""
    before = len(stage.ephemerals(user, channel))
    await say(stage, text, thread, user=user, channel=channel)
    await stage.until(lambda: len(stage.ephemerals(user, channel)) > before)
    [answer] = stage.ephemerals(user, channel)[before:]
    assert answer.get("thread_ts") == (thread["ts"] if thread else None)
    return answer


async def shown_to_all(
    stage: Stage, text: str, thread: dict[str, Any] | None = None, *, user: str = "ada"
) -> dict[str, Any]:
    """Says it and gives what the bot posts into the thread."""
    before = len(posts(stage, thread)) if thread else 0
    ts = await say(stage, text, thread, user=user)
    place = thread or {"ts": ts}
    await stage.until(lambda: len(posts(stage, place)) > before)
    [answer] = posts(stage, place)[before:]
    assert "subtype" not in answer, "it was broadcast to the channel"
    return answer


def posts(stage: Stage, thread: dict[str, Any]) -> list[dict[str, Any]]:
    return [reply for reply in stage.thread(thread) if reply.get("user") == stage.workspace.bot_user_id]


async def told(stage: Stage, text: str, thread: dict[str, Any], sentence: str, *, user: str = "ada") -> str:
    """Says it, and waits for the line of the thread that says so; the line."""
    await say(stage, text, thread, user=user)
    await stage.until(lambda: any(is_begun(stage)))
    for _ in range(6):
        await stage.ticks(1)
        lines = [reply["text"] for reply in posts(stage, thread) if sentence in reply["text"]]
        if lines:
            return str(lines[-1])
    raise AssertionError(f"nobody was told: {[reply['text'] for reply in posts(stage, thread)]}")


def is_begun(stage: Stage) -> list[bool]:
    """Whether the newest mention reached the app."""
    return [call.error is None for call in stage.workspace.calls.of("deliver.app_mention")[-1:]]


STEPS = (
    ("ack", "ada acknowledged this.", "Acknowledged by  <@U0ADA00001>"),
    ("Ack!", "ada acknowledged this.", "Acknowledged by  <@U0ADA00001>"),
    ("take", "ada took this over.", "Acknowledged by  <@U0ADA00001>"),
    ("assign me", "ada took this over.", "Acknowledged by  <@U0ADA00001>"),
    ("assign <@U0GRACE001|grace>", "ada assigned this to grace.", "Assigned to  <@U0GRACE001>"),
    ("resolve", "ada resolved this.", "Resolved by  <@U0ADA00001>"),
    ("fixed “bad driver”,\npinned 550", "Reason: “bad driver”,\npinned 550", "“bad driver”,"),
    ("not an error", "ada says that this is not an error", "not an error"),
)


@pytest.mark.parametrize(
    ("text", "line", "state"),
    [
        ("mute 4h", "ada muted this until", "Muted by  <@U0ADA00001>"),
        ("mute until the job ends", "ada muted this until the job ends", "until the job ends"),
    ],
)
async def test_who_mutes_by_word_is_told_alone_what_that_would_have_hidden(
    stage: Stage, text: str, line: str, state: str
):
    _, card = await with_card(stage)
    before = len(stage.ephemerals())
    assert line in await told(stage, text, card, line)
    await stage.ticks(2)
    assert state in shown(stage.cards()[0])
    [answer] = stage.ephemerals()[before:]
    assert answer["text"].startswith("In the last day a mute would have hidden *1 event*")
    assert "unmute" in answer["text"]


@pytest.mark.parametrize(("text", "line", "state"), STEPS, ids=[text for text, _, _ in STEPS])
async def test_a_word_in_the_thread_is_a_step_that_the_thread_and_the_card_show(
    stage: Stage, text: str, line: str, state: str
):
    _, card = await with_card(stage)
    before = stage.ephemerals()
    assert line in await told(stage, text, card, line)
    await stage.ticks(2)
    assert state in shown(stage.cards()[0])
    assert stage.ephemerals() == before
    assert all("subtype" not in reply for reply in stage.thread(card))


async def test_the_night_of_one_card_told_by_words_alone(stage: Stage):
    _, card = await with_card(stage)
    await told(stage, "mute 2h", card, "muted this until")
    await told(stage, "unmute", card, "ended the mute.", user="grace")
    await told(stage, f"assign <@{person(stage, 'grace')}>", card, "assigned this to grace.")
    await told(stage, "resolve bad driver, pinned 550", card, "grace resolved this.", user="grace")
    await told(stage, "reopen", card, "ada opened this again.")
    history = shown(await shown_to_all(stage, "who", card)).replace(" :", ":")
    steps = [
        "muted it until",
        "ended the mute",
        "assigned it to",
        "resolved it: bad driver, pinned 550",
        "opened it",
    ]
    assert sorted(steps, key=history.index) == steps
    assert len(stage.workspace.person("grace").direct_messages) == 1


async def test_the_second_of_two_is_told_alone_what_the_first_one_did(stage: Stage):
    _, card = await with_card(stage)
    await told(stage, "ack", card, "grace acknowledged this.", user="grace")
    before = posts(stage, card)
    answer = await whispered(stage, "ack", card)
    assert f"It was acknowledged already by <@{person(stage, 'grace')}>" in answer["text"]
    await stage.ticks(2)
    assert posts(stage, card) == before


async def test_on_an_old_card_a_word_leads_to_the_card_of_the_return(stage: Stage):
    job, old = await with_card(stage)
    await told(stage, "resolve pinned 550", old, "resolved this.")
    job.write(OOM, level="ERROR")
    await stage.ticks(8)
    answer = await whispered(stage, "ack", old)
    assert "come back since" in answer["text"]
    assert "its new card" in answer["text"]


NOBODY = (
    ("gus", "Guests cannot use joblogs"),
    ("sam", "another organisation"),
    ("dana", "deactivated"),
)


@pytest.mark.parametrize(("name", "sentence"), NOBODY)
async def test_who_may_not_use_the_bot_cannot_be_given_an_incident(stage: Stage, name: str, sentence: str):
    _, card = await with_card(stage)
    before = rows(stage)
    answer = await whispered(stage, f"assign <@{person(stage, name)}>", card)
    assert sentence in answer["text"]
    assert rows(stage) == before


async def test_neither_the_bot_nor_somebody_unknown_can_be_given_an_incident(stage: Stage):
    _, card = await with_card(stage)
    before = rows(stage)
    assert "I cannot take it" in (await whispered(stage, f"assign {bot(stage)}", card))["text"]
    assert "does not know this person" in (await whispered(stage, "assign <@U0NOBODY99>", card))["text"]
    assert "not to a group" in (await whispered(stage, "assign <!subteam^S0ONCALL01|@oncall>", card))["text"]
    assert rows(stage) == before


async def test_a_misspelt_word_does_nothing_and_gets_the_nearest_one(stage: Stage):
    _, card = await with_card(stage)
    before = rows(stage)
    assert "Did you mean `resolve`?" in (await whispered(stage, "resolv bad driver", card))["text"]
    assert "I do not know `&lt;script&gt;`" in (await whispered(stage, "<script>", card))["text"]
    assert "I do not know `&lt;!channel&gt;`" in (await whispered(stage, "<!channel>", card))["text"]
    assert "For how long?" in (await whispered(stage, "mute", card))["text"]
    assert rows(stage) == before


async def test_help_is_whispered_and_so_is_the_answer_to_the_name_alone(stage: Stage):
    _, card = await with_card(stage)
    for text in ("help", ""):
        answer = shown(await whispered(stage, text, card))
        for word in ("ack", "assign", "mute 4h", "resolve", "around 50", "who"):
            assert word in answer


async def test_thanks_and_talk_about_the_bot_are_not_answered(stage: Stage):
    _, card = await with_card(stage)
    before = posts(stage, card)
    await say(stage, "thanks!", card)
    ada = stage.workspace.person("ada")
    await ada.say(CHANNEL, f"I wonder what {bot(stage)} does with resolve", card["ts"])
    await ada.say(CHANNEL, f"ack {bot(stage)}", card["ts"])
    await stage.until(lambda: len(stage.ephemerals()) > 1)
    assert [one["text"] for one in stage.ephemerals()[1:]] == [BEGIN_WITH_ME]
    await stage.ticks(2)
    assert posts(stage, card) == before


async def test_what_people_write_to_one_another_is_not_stored(stage: Stage):
    _, card = await with_card(stage)
    secret = "the customer is called Wintermute"
    await stage.workspace.person("grace").say(CHANNEL, secret, card["ts"])
    await told(stage, f"ack {secret}", card, "ada acknowledged this.")
    assert "Wintermute" not in str(rows(stage))


async def test_a_reason_is_stored_with_its_lines_and_without_markup(stage: Stage):
    _, card = await with_card(stage)
    await told(stage, "resolve see <https://wiki.example/550|the page>\n<b> & c", card, "resolved this.")
    assert "see the page (https://wiki.example/550)" in str(rows(stage))
    assert "<b> & c" in shown(stage.cards()[0])


async def test_a_mention_that_slack_repeats_is_carried_out_and_answered_once(stage: Stage):
    _, card = await with_card(stage)
    stage.workspace.duplicate_events(4)
    await told(stage, "ack", card, "acknowledged this.")
    stage.workspace.duplicate_events(4)
    await shown_to_all(stage, "who", card)
    stage.workspace.duplicate_events(4)
    await whispered(stage, "xyzzy", card)
    await stage.ticks(3)
    said = [reply["text"] for reply in posts(stage, card)]
    assert sum("acknowledged this." in text for text in said) == 1
    assert sum("step so far" in text for text in said) == 1
    assert len(stage.ephemerals()) == 2


async def test_a_message_that_is_edited_to_name_the_bot_does_nothing(stage: Stage):
    _, card = await with_card(stage)
    before = rows(stage)
    ada, channel = person(stage, "ada"), stage.workspace.channel(CHANNEL)
    edited = {"user": ada, "ts": "1.000001"}
    for extra in ({"edited": edited}, {"bot_id": "B0OTHER"}, {"subtype": "message_changed"}):
        event = {
            "type": "app_mention", "user": ada, "text": f"{bot(stage)} ack", "ts": "1.000001", "channel": channel.id,
            "thread_ts": card["ts"], "event_ts": "1.000001", **extra,
        }  # fmt: skip
        stage.workspace.announcer._send(event, shared=False)
    assert "Did you mean" in (await whispered(stage, "akc", card))["text"]
    assert rows(stage) == before


@pytest.mark.parametrize(
    ("user", "sentence"), [("gus", "Guests cannot"), ("sam", "Only members of the workspace")]
)
async def test_outsiders_are_refused_alone_whatever_they_say(stage: Stage, user: str, sentence: str):
    _, card = await with_card(stage)
    stage.workspace.roster.join(stage.workspace.channel(CHANNEL), person(stage, user))
    before, said = rows(stage), posts(stage, card)
    for text in ("ack", "logs", "who", "help", "resolve", "xyzzy"):
        assert sentence in (await whispered(stage, text, card, user=user))["text"], text
    await stage.ticks(2)
    assert (rows(stage), posts(stage, card)) == (before, said)


async def test_whoever_may_not_take_a_step_is_told_so_alone(sqlite_url: str):
    async with open_stage(sqlite_url, permissions='{"mute": ["U0GRACE001"], "logs": ["U0GRACE001"]}') as stage:
        _, card = await with_card_of(stage, "grace")
        before = rows(stage)
        assert "may mute" in (await whispered(stage, "mute 4h", card))["text"]
        assert "may read logs" in (await whispered(stage, "logs", card))["text"]
        assert rows(stage) == before
        await told(stage, "ack", card, "ada acknowledged this.")


async def with_card_of(stage: Stage, user: str) -> tuple[SimJob, dict[str, Any]]:
    """As `with_card`, with a watch that `user` made."""
    made = stage.job()
    assert "watches" in shown(await stage.command("watch llama-ft", user=user))
    await stage.ticks(2)
    made.write(OOM, level="ERROR")
    await stage.ticks(6)
    [card] = stage.cards()
    return made, card


# --- what is shown -------------------------------------------------------------------------------


async def test_logs_in_the_thread_are_those_of_the_job_around_the_incident(stage: Stage):
    job = stage.job(node_count=2)
    await watching(stage)
    await stage.ticks(2)
    job.write("long before", level="INFO", replica="g00r0")
    stage.clock.turn(3600)
    job.write("step 7 begins", level="INFO", replica="g01r0")
    job.write(OOM, level="ERROR", replica="g00r0")
    await stage.ticks(6)
    [card] = stage.cards()
    stage.clock.turn(3600)
    job.write("long behind", level="INFO", replica="g00r0")

    answer = await shown_to_all(stage, "logs", card)
    assert "step 7 begins" in shown(answer)
    assert "CUDA out of memory" in shown(answer)
    assert "long before" not in shown(answer)
    assert "long behind" not in shown(answer)
    assert "in Europe/Berlin" in shown(answer)
    assert "complete" in shown(answer)

    assert "step 7" not in shown(await shown_to_all(stage, "Logs —level error", card))
    assert "CUDA" not in shown(await shown_to_all(stage, "logs replica:g01 “step 7”", card))
    assert "long before" in shown(await shown_to_all(stage, "logs since:start last:100", card))
    assert "Los_Angeles" in shown(await shown_to_all(stage, "show me the logs", card, user="grace"))
    assert "did you mean level" in (await whispered(stage, "logs lvel:error", card))["text"]


async def test_who_reads_a_long_answer_pages_through_it_alone_and_gets_the_whole_as_a_file(stage: Stage):
    job, card = await with_card(stage)
    for number in range(300):
        job.write(f"step {number} " + "x" * 200, level="INFO")
    answer = await shown_to_all(stage, "logs last:300 since:1h", card)
    assert "showing" in shown(answer)
    assert "Download has all" in shown(answer)
    await stage.workspace.person("grace").press(CHANNEL, answer["ts"], "joblogs.1.logs.show")
    await stage.until(lambda: bool(stage.ephemerals("grace")))
    assert "step 299" in shown(stage.ephemerals("grace")[-1])
    await stage.workspace.person("grace").press(CHANNEL, answer["ts"], "joblogs.1.logs.download")
    grace = stage.workspace.person("grace")
    await stage.until(lambda: any("Complete:" in message["text"] for message in grace.direct_messages))


async def test_replicas_says_who_has_it_and_who_has_not(stage: Stage):
    job = stage.job(node_count=4)
    await watching(stage)
    await stage.ticks(2)
    for replica in ("g00r0", "g01r0", "g02r0"):
        job.write("step 1", level="INFO", replica=replica)
    job.write(OOM, level="ERROR", replica="g01r0")
    job.write(OOM, level="ERROR", replica="g01r0")
    job.write(OOM, level="ERROR", replica="g02r0")
    await stage.ticks(8)
    [card] = stage.cards()
    answer = shown(await shown_to_all(stage, "replicas", card))
    for part in ("g01r0 : 2 times, first of all", "g02r0", "Without it: g00r0.", "1 replica never wrote a line."):
        assert part in " ".join(answer.split()), (part, answer)


async def test_who_names_who_did_what_and_nobody_where_nobody_did(stage: Stage):
    _, card = await with_card(stage)
    assert "Nobody has done anything to it." in shown(await shown_to_all(stage, "who", card))
    await told(stage, "ack", card, "acknowledged this.", user="grace")
    answer = shown(await shown_to_all(stage, "who has this?", card))
    assert answer.startswith(f"Acknowledged by  <@{person(stage, 'grace')}>")


async def test_status_in_the_thread_is_that_of_the_job(stage: Stage):
    _, card = await with_card(stage)
    assert "running" in shown(await shown_to_all(stage, "status", card))


# --- elsewhere -----------------------------------------------------------------------------------


async def test_outside_of_a_card_the_questions_are_answered_below_the_mention(stage: Stage):
    job = stage.job("run-7")
    job.write("ERROR loss is nan", level="ERROR")
    assert "loss is nan" in shown(await shown_to_all(stage, "logs run-7 level:error"))
    assert "run-7" in shown(await shown_to_all(stage, "jobs"))
    assert "running" in shown(await shown_to_all(stage, "status run-7"))
    assert "I know no job called run-8" in (await whispered(stage, "logs run-8"))["text"]
    assert "Which job?" in (await whispered(stage, "logs"))["text"]
    assert "ack" in shown(await whispered(stage, "help"))
    assert "type `/joblogs watch`" in (await whispered(stage, "watch run-7"))["text"]
    talk = await stage.workspace.person("grace").say(CHANNEL, "what is up?")
    thread = {"ts": talk.ts}
    assert "loss is nan" in shown(await shown_to_all(stage, "logs run-7", thread))


async def test_a_word_of_triage_outside_of_a_card_says_where_it_belongs(stage: Stage):
    _, card = await with_card(stage)
    before = rows(stage)
    for text in (
        "ack",
        "mute 4h",
        "resolve done",
        f"assign <@{person(stage, 'grace')}>",
        "around 50",
        "who",
        "replicas",
    ):
        answer = await whispered(stage, text)
        assert "in the thread of a card" in shown(answer), text
        assert "torch.OutOfMemoryError" in shown(answer), text
        assert card["ts"].replace(".", "") in str(answer["blocks"]), text
    assert rows(stage) == before


async def test_in_the_thread_of_a_storms_list_it_says_how_to_get_the_card(stage: Stage):
    await with_card(stage)
    fail_more(stage, 8)
    await stage.ticks(8)
    [storm] = [message for message in stage.channel() if "too many at once" in message["text"]]
    answer = await whispered(stage, "ack", storm)
    assert "Choose the error from its menu" in shown(answer)
    assert "run-1" in shown(await shown_to_all(stage, "jobs", storm))


# --- when something is away ----------------------------------------------------------------------


async def test_when_the_training_api_is_away_it_is_said_alone_who_can_mend_it(stage: Stage):
    _, card = await with_card(stage)
    stage.world.faults.add("*", kind="401")
    for text in ("logs", "around"):
        assert "does not accept the bot's API key" in (await whispered(stage, text, card))["text"], text


async def test_an_answer_whose_fate_is_not_known_is_not_said_twice(stage: Stage):
    _, card = await with_card(stage)
    before = len(posts(stage, card))
    stage.workspace.faults.add("chat.postMessage", "lost", times=1)
    await say(stage, "who", card)
    await stage.until(lambda: len(posts(stage, card)) > before)
    await whispered(stage, "xyzzy", card)
    assert len(posts(stage, card)) == before + 1


async def test_an_answer_that_slack_puts_off_comes_later(stage: Stage):
    _, card = await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", "429:retry_after=1", times=1)
    await say(stage, "who", card)
    before = len(posts(stage, card))
    await stage.patiently(stage.until(lambda: len(posts(stage, card)) > before))


async def test_where_the_bot_may_not_post_who_asked_is_told_so(stage: Stage):
    _, card = await with_card(stage)
    stage.workspace.faults.add("chat.postMessage", "error:restricted_action", times=1)
    assert "does not let me post here" in (await whispered(stage, "who", card))["text"]


async def test_while_the_database_is_away_nothing_is_done_and_it_is_said(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    _, card = await with_card(stage)

    async def away(*_: object) -> None:
        raise StoreUnavailable("locked")

    monkeypatch.setattr(type(stage.bot.db), "run", away)
    assert (await whispered(stage, "ack", card))["text"] == STORE_AWAY
