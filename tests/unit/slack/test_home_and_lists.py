"""Home, the lists, the digest and unfurls: Slack takes them whatever the logs hold, and however much there is."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bot.flows.board import Stuck
from bot.flows.contents import DigestContent, Entry
from bot.flows.digest import Set
from bot.flows.overview import Health, Quiet, Reading, Row, Sight, What
from bot.incidents.incident import Muted, State
from bot.jobs.digest import Digest
from bot.jobs.job import Status
from bot.jobs.watch import Watch
from bot.slack import ids
from bot.slack.mrkdwn import INSTEAD
from bot.slack.render.digests import digest_message, set_message
from bot.slack.render.home import home_view, told_view
from bot.slack.render.lists import BLOCK_MARK, PAGE, ListRef, incidents_message, quiet_message, unknown_target
from bot.slack.render.words import watches_message
from bot.slack.unfurls import unfurl
from bot.times import Ms
from tests.slack_limits import problems_of_message, problems_of_view
from tests.unit.slack.card_values import HOSTILE, NOW, a_card, a_hostile_incident, a_job, an_incident, text_of

HOUR_MS = 3_600_000


def a_mute(until_ms: int | None = None) -> Muted:
    until = None if until_ms is None else Ms(until_ms)
    return Muted(
        by="U1", set_ms=NOW, until_ms=until, replicas=(), usual=1, window_ms=NOW, window_count=0, set_count=5
    )


def hostile_row(at: int = 0, **changes: Any) -> Row:
    job = a_job(name=HOSTILE, project_name=HOSTILE)
    channels = tuple(f"C{number}" for number in range(9))
    return Row(incident=a_hostile_incident(id=at + 1, **changes), job=job, card=a_card(), channels=channels)


def muted_row(at: int = 0) -> Row:
    return hostile_row(at, state=State.MUTED, muted=a_mute(NOW + HOUR_MS))


def plain_row(**changes: Any) -> Row:
    return Row(incident=an_incident(**changes), job=a_job(), card=a_card(), channels=("C1",))


def a_watch(number: int = 1, **changes: Any) -> Watch:
    values: dict[str, Any] = {
        "id": number, "account": "default", "project_id": "p1", "job_id": "j1", "title": HOSTILE, "channel": "C1",
        "created_by": "U1", "created_ms": NOW, "pattern": HOSTILE, "mention": "<!here>",
    }  # fmt: skip
    return Watch(**{**values, **changes})


def a_health(**changes: Any) -> Health:
    reading = Reading(
        account="default", until_ms=Ms(NOW + 10_000), polled_ms=NOW, jobs=3, paused=0, behind_since_ms=None
    )
    values: dict[str, Any] = {"accounts": (reading,), "waiting": 0, "oldest_ms": 0, "stuck": (), "now_ms": NOW}
    return Health(**{**values, **changes})


def a_sight(**changes: Any) -> Sight:
    values: dict[str, Any] = {
        "mine": (), "unresolved": (), "quiet": Quiet(muted=(), dismissed=()), "watches": (), "health": a_health(),
        "channels": frozenset({"C1"}),
    }  # fmt: skip
    return Sight(**{**values, **changes})


def a_full_sight() -> Sight:
    rows = tuple(hostile_row(at) for at in range(200))
    readings = tuple(
        Reading(
            account=f"{HOSTILE[:80]}{at}", until_ms=Ms(0), polled_ms=NOW, jobs=9, paused=9, behind_since_ms=NOW
        )
        for at in range(40)
    )
    stuck = tuple(Stuck(channel=f"C{at}", code=HOSTILE, count=9) for at in range(40))
    return a_sight(
        mine=rows,
        unresolved=rows,
        quiet=Quiet(muted=tuple(muted_row(at) for at in range(50)), dismissed=rows),
        watches=tuple(a_watch(at) for at in range(1, 300)),
        health=a_health(accounts=readings, waiting=70_000, oldest_ms=10**9, stuck=stuck),
        channels=frozenset(f"C{at}" for at in range(40)),
    )


@pytest.mark.parametrize(
    "sight",  # made in the test: what stands here lives in every process until the end
    [
        pytest.param(a_sight, id="an empty one"),
        pytest.param(partial(a_sight, channels=None), id="one whose channels Slack does not tell"),
        pytest.param(a_full_sight, id="a full and hostile one"),
        pytest.param(partial(a_sight, health=a_health(accounts=())), id="one without an account"),
    ],
)
def test_home_is_within_slacks_limits(sight: Callable[[], Sight]) -> None:
    assert problems_of_view(home_view(sight())) == []


def test_a_home_that_says_one_thing_is_within_them_too() -> None:
    assert problems_of_view(told_view("Guests cannot use joblogs <here>.")) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ": 3 jobs read, last poll "),
        ({"until_ms": Ms(NOW - 120_000)}, "Nobody has read it for 2 min"),
        ({"behind_since_ms": Ms(NOW - 240_000)}, "Not read up to the present for 4 min"),
        ({"paused": 2}, "2 of them cannot be read"),
        ({"polled_ms": Ms(NOW - 900_000)}, "No poll has succeeded for 15 min"),
        ({"jobs": 0, "polled_ms": None}, ": no job to read"),
    ],
)
def test_health_says_what_hinders_an_account(changes: dict[str, Any], told: str) -> None:
    values: dict[str, Any] = {
        "account": "default", "until_ms": Ms(NOW + 9_000), "polled_ms": NOW, "jobs": 3, "paused": 0,
        "behind_since_ms": None,
    }  # fmt: skip
    view = home_view(a_sight(health=a_health(accounts=(Reading(**{**values, **changes}),))))
    assert told in text_of(view["blocks"])
    assert ("warning" in str(view)) is (told[0] != ":")


def test_channels_that_the_person_cannot_see_are_counted_and_not_named() -> None:
    stuck = (Stuck(channel="C1", code="is_archived", count=1), Stuck(channel="CSECRET", code="x", count=1))
    view = str(home_view(a_sight(health=a_health(stuck=stuck))))
    assert "CSECRET" not in view
    assert "1 channel refuses" in view


@pytest.mark.parametrize("what", list(What))
@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 500])
def test_a_list_is_within_slacks_limits(what: What, everywhere: bool, count: int) -> None:
    rows = [hostile_row(at) for at in range(count)]
    ref = ListRef(what=what, target="j" * 60, page=1)
    message = incidents_message(rows, ref, everywhere=everywhere, about="`x`", watches=False)
    assert problems_of_message(message) == []


@pytest.mark.parametrize("count", [0, 1, PAGE, 70])
def test_a_list_of_mutes_is_within_slacks_limits(count: int) -> None:
    rows = tuple(hostile_row(at, dismissed=True, state=State.RESOLVED) for at in range(count))
    quiet = Quiet(muted=tuple(muted_row(at + 100) for at in range(count)), dismissed=rows)
    for page in (0, 3):
        message = quiet_message(quiet, ListRef(what=None, page=page), everywhere=True)
        assert problems_of_message(message) == []


def test_an_unknown_target_is_repeated_as_text() -> None:
    assert problems_of_message(unknown_target(HOSTILE)) == []


def test_a_page_that_is_gone_becomes_the_last_one() -> None:
    rows = [hostile_row(at) for at in range(PAGE + 1)]
    message = incidents_message(rows, ListRef(what=What.OPEN, page=7), everywhere=False)
    assert "Page 2 of 2" in str(message)


def test_a_mute_tells_what_it_has_hidden() -> None:
    row = plain_row(count=12, state=State.MUTED, muted=a_mute())
    message = quiet_message(Quiet(muted=(row,), dismissed=()), ListRef(what=None), everywhere=False)
    assert "Hidden so far: 7 times since" in text_of(message["blocks"])
    assert "until the job ends" in text_of(message["blocks"])


@pytest.mark.parametrize("ref", [ListRef(what=None), ListRef(what=What.ALL, target="a.b&c=d", page=12)])
def test_a_list_knows_itself_again_by_its_buttons(ref: ListRef) -> None:
    assert ListRef.decode(ref.encode()) == ref
    assert ListRef.of_block(ref.block_id("17")) == ref
    assert len(replace_target(ref).block_id("9" * 19)) <= 255


def replace_target(ref: ListRef) -> ListRef:
    return ListRef(what=ref.what, target="j" * 80, page=9_999)


@pytest.mark.parametrize(
    "value", ["", "w=open", "w=nonsense&t=&n=0", "w=open&t=&n=-1", "w=open&t=&n=x", "n=1", "%00"]
)
def test_a_value_that_is_not_ours_is_no_list(value: str) -> None:
    assert ListRef.decode(value) is None
    assert ListRef.of_block(value) is None
    assert ListRef.of_block(f"{BLOCK_MARK}{value}.1") is None


# --- the digest ----------------------------------------------------------------------------------


def entry(**changes: Any) -> Entry:
    row = hostile_row(**changes)
    return Entry(incident=row.incident, job=row.job, card=row.card)


def a_digest(**changes: Any) -> DigestContent:
    values: dict[str, Any] = {
        "since_ms": Ms(NOW - 24 * HOUR_MS), "until_ms": NOW, "zone": "Europe/Berlin", "jobs": (a_job(),), "opened": (),
        "resolved": (), "unresolved": (), "noisiest": (), "times": (),
    }  # fmt: skip
    return DigestContent(**{**values, **changes})


def a_full_digest() -> DigestContent:
    ended = a_job(name=HOSTILE, project_name=HOSTILE, status=Status(HOSTILE), updated_ms=Ms(NOW + 1))
    many = tuple(entry(at=at) for at in range(300))
    resolved = tuple(entry(at=at, state=State.RESOLVED) for at in range(400, 500))
    return a_digest(
        jobs=(ended,) * 90,
        opened=many[:100],
        resolved=resolved,
        unresolved=many,
        noisiest=tuple((one, 10**9) for one in many[:3]),
        times=tuple((Ms(NOW - at * 2 * HOUR_MS), at * 10**7) for at in range(12, -1, -1)),
    )


@pytest.mark.parametrize("content", [a_digest, a_full_digest])
def test_a_digest_is_within_slacks_limits(content: Callable[[], DigestContent]) -> None:
    message = digest_message(content())
    assert problems_of_message(message) == []
    assert problems_of_message({"text": message["text"], "blocks": message.get(INSTEAD, message["blocks"])}) == []


@pytest.mark.parametrize("days", [1, 3, 7])
def test_its_chart_has_a_point_for_each_stretch_with_a_label_of_its_own(days: int) -> None:
    start, stretch = NOW - days * 24 * HOUR_MS, days * 2 * HOUR_MS
    times = tuple((Ms(start + at * stretch), at) for at in range(13))
    message = digest_message(a_digest(since_ms=Ms(start), times=times))
    assert problems_of_message(message) == []


def test_an_error_that_was_opened_in_its_time_is_not_listed_a_second_time_as_open() -> None:
    new = entry()
    text = text_of(digest_message(a_digest(opened=(new,), unresolved=(new,)))["blocks"])
    assert "1 open now" in text
    assert "Open from before" not in text


def test_what_is_set_is_told_within_slacks_limits() -> None:
    digest = Digest(
        channel="C1",
        minute=540,
        zone="America/Argentina/ComodRivadavia",
        created_by="U1",
        since_ms=NOW,
        next_ms=NOW,
    )
    for outcome in (Set(digest, changed=True), Set(None, changed=True), Set(None, changed=False)):
        assert problems_of_message(set_message(outcome, watches=False)) == []
    watches = [a_watch(at) for at in range(1, 90)]
    assert problems_of_message(watches_message(watches, mutes=3, digest=digest)) == []


def test_the_list_of_watches_tells_of_mutes_and_the_digest() -> None:
    digest = Digest(channel="C1", minute=540, zone="UTC", created_by="U1", since_ms=NOW, next_ms=NOW)
    message = watches_message([a_watch(title="run-7", pattern=None)], mutes=2, digest=digest)
    assert problems_of_message(message) == []
    assert "2 mutes active" in str(message)
    assert "daily at 09:00 (UTC)" in message["text"]


# --- unfurls -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 90])
@pytest.mark.parametrize("status", ["TRAINING_JOB_RUNNING", "TRAINING_JOB_FAILED", HOSTILE])
def test_an_unfurl_is_within_slacks_limits(count: int, status: str) -> None:
    job = a_job(name=HOSTILE, project_name=HOSTILE, status=Status(status))
    shown = unfurl(job, [hostile_row(at) for at in range(count)], NOW + HOUR_MS)
    assert problems_of_message({"text": shown["fallback"], "blocks": shown["blocks"]}) == []


def test_an_ended_job_cannot_be_watched_from_its_unfurl() -> None:
    over = unfurl(a_job(status=Status("TRAINING_JOB_COMPLETED")), (), NOW)
    assert [element["action_id"] for element in over["blocks"][-1]["elements"]] == [ids.SHOW_LOGS]
