"""When a mute ends by itself, and what it would have hidden."""

from dataclasses import replace

import pytest

from bot.incidents.incident import Facts, Incident, Muted, Sighting, State
from bot.incidents.muting import hidden_by_mute, muted, over, watched_on
from bot.incidents.pulse import Pulse
from bot.times import Ms, Ns, ns_from_ms

MINUTE = 60_000
NOW = Ms(10 * 24 * 60 * MINUTE)


def facts(count: int, *replicas: str, last_ms: int = NOW) -> Facts:
    sightings = tuple(
        Sighting(replica=name, first_ns=Ns(0), last_ns=ns_from_ms(last_ms), count=1) for name in replicas
    )
    return Facts(
        key="k",
        fingerprint="v1:k",
        title="boom",
        count=count,
        first_ns=ns_from_ms(NOW - 120 * MINUTE),
        last_ns=ns_from_ms(last_ms),
        sightings=sightings,
    )


def incident(count: int = 100, *replicas: str, pulse: Pulse | None = None) -> Incident:
    return Incident(
        id=1,
        account="a",
        project_id="p",
        job_id="j",
        facts=facts(count, *(replicas or ("r0",))),
        created_ms=Ms(0),
        pulse=pulse or Pulse().with_events(count, Ms(NOW - 30 * MINUTE)),
    )


IN_AN_HOUR = Ms(NOW + 60 * MINUTE)


def under_a_mute(one: Incident, until_ms: Ms | None = IN_AN_HOUR) -> Incident:
    return replace(one, state=State.MUTED, muted=muted(one, by="U1", now_ms=NOW, until_ms=until_ms))


def test_a_mute_holds_while_nothing_changes():
    held = under_a_mute(incident())
    assert over(held, Ms(NOW + MINUTE), ended_ms=None) is None
    assert over(incident(), NOW, ended_ms=NOW) is None


def test_a_mute_ends_in_time_and_one_without_a_time_does_not():
    assert over(under_a_mute(incident()), Ms(NOW + 60 * MINUTE), ended_ms=None).why == "its time is up"
    assert over(under_a_mute(incident(), None), Ms(NOW + 10**12), ended_ms=None) is None


def test_every_mute_ends_with_the_job():
    end = over(under_a_mute(incident()), NOW, ended_ms=NOW)
    assert (end.why, end.worse) == ("the job ended", False)


def test_what_a_job_left_behind_that_had_ended_before_is_muted_for_the_time_that_was_asked_for():
    before, held = Ms(NOW - 1), under_a_mute(incident())
    assert over(held, NOW, ended_ms=before) is None
    assert over(held, Ms(NOW + 60 * MINUTE), ended_ms=before) is not None
    assert over(under_a_mute(incident(), None), NOW, ended_ms=before) is not None


@pytest.mark.parametrize(
    ("joined", "why"),
    [
        (("r1",), "r1 has it now as well"),
        (("r1", "r2"), "r1, r2 have it now as well"),
        (tuple(f"r{n}" for n in range(1, 10)), "r1, r2, r3, r4, r5, r6 and 3 more have it now as well"),
    ],
)
def test_a_mute_ends_when_other_replicas_get_the_error(joined, why):
    held = under_a_mute(incident())
    spread = replace(held, facts=facts(101, "r0", *joined))
    end = over(spread, NOW, ended_ms=None)
    assert (end.why, end.worse) == (why, True)


@pytest.mark.parametrize(
    ("came", "ends"),
    [(10, False), (89, False), (90, True)],
)
def test_a_mute_ends_when_it_happens_ten_times_as_often(came, ends):
    pulse = Pulse().with_events(9 * 12, Ms(NOW - 30 * MINUTE))
    held = under_a_mute(incident(200, pulse=pulse))
    assert held.muted.usual == 9
    grown = replace(held, facts=facts(200 + came, "r0"))
    end = over(grown, NOW, ended_ms=None)
    assert (end is not None and end.worse) == ends


def test_of_a_rare_error_a_handful_is_no_flood():
    held = under_a_mute(incident(1, pulse=Pulse().with_events(1, NOW)))
    assert over(replace(held, facts=facts(20, "r0")), NOW, ended_ms=None) is None
    assert over(replace(held, facts=facts(21, "r0")), NOW, ended_ms=None) is not None


def test_five_quiet_minutes_begin_a_new_window_so_that_a_steady_drip_is_no_flood():
    held = under_a_mute(incident())
    count, at = 100, NOW
    for _ in range(20):
        count, at = count + 15, at + 5 * MINUTE
        held = replace(held, facts=facts(count, "r0", last_ms=at))
        assert over(held, NOW, ended_ms=None) is None
        held = watched_on(held)
    assert isinstance(held.muted, Muted)
    assert held.muted.window_count == count


def test_what_a_mute_would_have_hidden_is_counted_over_the_last_day():
    pulse = Pulse().with_events(5, Ms(NOW - 25 * 60 * MINUTE)).with_events(7, Ms(NOW - 23 * 60 * MINUTE))
    assert hidden_by_mute(incident(12, pulse=pulse.with_events(2, NOW)), NOW) == 9


def test_a_pulse_remembers_a_day_and_no_more():
    pulse = Pulse()
    for quarter in range(500):
        pulse = pulse.with_events(1, Ms(quarter * 15 * MINUTE))
    assert len(pulse.quarters) == 96
    assert pulse.with_events(0, NOW) is pulse
    assert pulse.with_events(-3, NOW) is pulse
