"""The rules by which people change an incident, as a table."""

from dataclasses import replace

import pytest

from bot.incidents.incident import Facts, Incident, State
from bot.incidents.muting import Over
from bot.incidents.steps import Acknowledge, Assign, Dismiss, Mute, Reopen, Resolve, Step, Unmute, action_of
from bot.incidents.triage import Changed, Refused, apply, changed_since, mute_over, unacknowledged_since
from bot.times import Ms, Ns

FACTS = Facts(key="k", fingerprint="v1:k", title="boom", count=1, first_ns=Ns(1), last_ns=Ns(1), sightings=())
OPEN = Incident(id=1, account="a", project_id="p", job_id="j", facts=FACTS, created_ms=Ms(0))
ADA, GRACE, LINUS = "U0ADA", "U0GRACE", "U0LINUS"


def after(*steps: tuple[Step, str]) -> Incident:
    incident = OPEN
    for at, (step, actor) in enumerate(steps, start=1):
        changed = apply(incident, step, actor=actor, now_ms=Ms(at))
        assert isinstance(changed, Changed)
        incident = changed.incident
    return incident


ACKNOWLEDGED = after((Acknowledge(), ADA))
ASSIGNED = after((Assign(LINUS), ADA))
RESOLVED = after((Resolve(), ADA))
MUTED = after((Mute(Ms(99)), ADA))
HELD_AND_MUTED = after((Acknowledge(), ADA), (Mute(None), ADA))
DISMISSED = after((Dismiss(), ADA))


@pytest.mark.parametrize(
    ("before", "step", "state", "holder"),
    [
        (OPEN, Acknowledge(), State.ACKNOWLEDGED, GRACE),
        (ASSIGNED, Acknowledge(), State.ACKNOWLEDGED, GRACE),
        (MUTED, Acknowledge(), State.ACKNOWLEDGED, GRACE),
        (OPEN, Assign(LINUS), State.ASSIGNED, LINUS),
        (OPEN, Assign(GRACE), State.ACKNOWLEDGED, GRACE),
        (ACKNOWLEDGED, Assign(GRACE), State.ACKNOWLEDGED, GRACE),
        (ASSIGNED, Assign(ADA), State.ASSIGNED, ADA),
        (OPEN, Mute(Ms(50)), State.MUTED, None),
        (ACKNOWLEDGED, Mute(None), State.MUTED, ADA),
        (MUTED, Mute(Ms(500)), State.MUTED, None),
        (OPEN, Resolve(), State.RESOLVED, GRACE),
        (ACKNOWLEDGED, Resolve("bad driver"), State.RESOLVED, ADA),
        (MUTED, Resolve(), State.RESOLVED, GRACE),
        (OPEN, Dismiss(), State.RESOLVED, GRACE),
        (ACKNOWLEDGED, Reopen(), State.OPEN, None),
        (RESOLVED, Reopen(), State.OPEN, None),
        (DISMISSED, Reopen(), State.OPEN, None),
    ],
)
def test_what_is_allowed_changes_state_and_holder_and_is_remembered(before, step, state, holder):
    changed = apply(before, step, actor=GRACE, now_ms=Ms(9))
    assert isinstance(changed, Changed)
    assert (changed.incident.state, changed.incident.holder) == (state, holder)
    assert (changed.incident.actor, changed.incident.changed_ms) == (GRACE, 9)
    assert (changed.incident.muted is not None) == (state is State.MUTED)
    assert changed.incident.revision == before.revision + 1
    assert (changed.entry.action, changed.entry.actor) == (action_of(step).value, GRACE)


@pytest.mark.parametrize(
    ("before", "since_ms"),
    [(OPEN, None), (ACKNOWLEDGED, 1), (ASSIGNED, 1), (after((Acknowledge(), ADA), (Reopen(), LINUS)), 2)],
)
@pytest.mark.parametrize("twice", [False, True], ids=["muted", "muted anew"])
@pytest.mark.parametrize("by_itself", [False, True], ids=["unmuted", "over"])
def test_a_mute_that_ends_gives_the_incident_back_as_it_was(before, since_ms, twice, by_itself):
    muted = before
    for at in range(5, 7 if twice else 6):
        changed = apply(muted, Mute(Ms(99)), actor=GRACE, now_ms=Ms(at))
        assert isinstance(changed, Changed)
        muted = changed.incident
    ended = mute_over(muted, Over("so"), Ms(9)) if by_itself else apply(muted, Unmute(), actor=GRACE, now_ms=Ms(9))
    assert isinstance(ended, Changed)
    found = ended.incident
    assert (found.state, found.holder, found.actor) == (before.state, before.holder, before.actor)
    assert (found.since_ms, found.changed_ms, found.muted) == (since_ms, 9, None)
    assert ended.entry.actor == (None if by_itself else GRACE)


@pytest.mark.parametrize(("before", "state"), [(MUTED, State.OPEN), (HELD_AND_MUTED, State.ACKNOWLEDGED)])
def test_a_mute_of_an_older_version_ends_as_it_did(before, state):
    assert before.muted is not None
    ended = mute_over(replace(before, muted=replace(before.muted, before=None)), Over("so"), Ms(9))
    assert (ended.incident.state, ended.incident.actor) == (state, before.holder)


@pytest.mark.parametrize(
    ("before", "since_ms"),
    [
        (OPEN, 0),
        (ASSIGNED, 1),
        (ACKNOWLEDGED, None),
        (MUTED, None),
        (RESOLVED, None),
        (after((Acknowledge(), ADA), (Reopen(), ADA)), None),
        (after((Mute(Ms(99)), ADA), (Unmute(), ADA)), 2),
    ],
)
def test_what_nobody_has_acknowledged_waits_since_it_was_last_left_so(before, since_ms):
    assert unacknowledged_since(before) == since_ms


@pytest.mark.parametrize(
    ("known_ms", "by", "is_news"), [(1, GRACE, False), (0, GRACE, True), (0, ADA, False), (7, GRACE, True)]
)
def test_what_somebody_else_did_meanwhile_is_news(known_ms, by, is_news):
    assert changed_since(ACKNOWLEDGED, known_ms, by) is is_news


@pytest.mark.parametrize(
    ("before", "step"),
    [
        (ACKNOWLEDGED, Acknowledge()),
        (ASSIGNED, Assign(LINUS)),
        (RESOLVED, Acknowledge()),
        (RESOLVED, Assign(LINUS)),
        (RESOLVED, Mute(None)),
        (RESOLVED, Resolve()),
        (RESOLVED, Dismiss()),
        (OPEN, Unmute()),
        (OPEN, Reopen()),
    ],
)
def test_the_second_of_two_people_hears_what_the_first_did(before, step):
    refused = apply(before, step, actor=GRACE, now_ms=Ms(9))
    assert refused == Refused(before.state, before.actor, before.changed_ms, before.holder)


def test_the_reason_of_a_resolution_is_kept_until_it_is_opened_again():
    resolved = after((Resolve("  pinned driver 550\n"), ADA))
    assert resolved.note == "pinned driver 550"
    reopened = apply(resolved, Reopen(), actor=GRACE, now_ms=Ms(9))
    assert isinstance(reopened, Changed)
    assert (reopened.incident.note, reopened.incident.dismissed) == (None, False)


def test_what_is_no_error_is_closed_and_remembered_as_such():
    assert (DISMISSED.state, DISMISSED.dismissed, DISMISSED.note) == (State.RESOLVED, True, "not an error")


@pytest.mark.parametrize(
    ("before", "state", "told"),
    [(MUTED, State.OPEN, ADA), (HELD_AND_MUTED, State.ACKNOWLEDGED, ADA)],
)
def test_a_mute_that_ends_by_itself_gives_back_what_was_before_and_tells_who_has_to_know(before, state, told):
    worse = mute_over(before, Over("g1r0 has it now as well", worse=True), Ms(20))
    in_time = mute_over(before, Over("its time is up"), Ms(20))
    assert (worse.incident.state, worse.incident.muted, worse.entry.to) == (state, None, told)
    assert (in_time.entry.actor, in_time.entry.to, in_time.entry.detail) == (None, None, "its time is up")
