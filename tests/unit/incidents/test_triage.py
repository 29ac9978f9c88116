"""The rules by which people change an incident, as a table."""

from dataclasses import replace

import pytest

from bot.incidents.incident import Facts, Incident, State
from bot.incidents.triage import Action, Changed, Refused, apply
from bot.times import Ms, Ns

FACTS = Facts(key="k", fingerprint="v1:k", title="boom", count=1, first_ns=Ns(1), last_ns=Ns(1), sightings=())
OPEN = Incident(id=1, account="a", project_id="p", job_id="j", facts=FACTS, created_ms=Ms(0))
ADA, GRACE = "U0ADA", "U0GRACE"


def after(*actions: tuple[Action, str]) -> Incident:
    incident = OPEN
    for at, (action, actor) in enumerate(actions, start=1):
        changed = apply(incident, action, actor=actor, now_ms=Ms(at))
        assert isinstance(changed, Changed)
        incident = changed.incident
    return incident


ACKNOWLEDGED = after((Action.ACKNOWLEDGE, ADA))
RESOLVED = after((Action.RESOLVE, ADA))


@pytest.mark.parametrize(
    ("before", "action", "state", "holder"),
    [
        (OPEN, Action.ACKNOWLEDGE, State.ACKNOWLEDGED, GRACE),
        (OPEN, Action.RESOLVE, State.RESOLVED, GRACE),
        (ACKNOWLEDGED, Action.RESOLVE, State.RESOLVED, ADA),
        (ACKNOWLEDGED, Action.REOPEN, State.OPEN, None),
        (RESOLVED, Action.REOPEN, State.OPEN, None),
    ],
)
def test_what_is_allowed_changes_state_and_holder_and_is_remembered(before, action, state, holder):
    changed = apply(before, action, actor=GRACE, now_ms=Ms(9), note="why")
    assert isinstance(changed, Changed)
    assert (changed.incident.state, changed.incident.holder) == (state, holder)
    assert (changed.incident.actor, changed.incident.changed_ms, changed.incident.note) == (GRACE, 9, "why")
    assert changed.incident.revision == before.revision + 1
    assert (changed.entry.action, changed.entry.actor, changed.entry.detail) == (action.value, GRACE, "why")


@pytest.mark.parametrize(
    ("before", "action"),
    [
        (ACKNOWLEDGED, Action.ACKNOWLEDGE),
        (RESOLVED, Action.ACKNOWLEDGE),
        (RESOLVED, Action.RESOLVE),
        (OPEN, Action.REOPEN),
    ],
)
def test_the_second_of_two_people_hears_what_the_first_did(before, action):
    refused = apply(before, action, actor=GRACE, now_ms=Ms(9))
    assert refused == Refused(before.state, before.actor, before.changed_ms)


def test_a_refused_action_leaves_the_incident_as_it_was():
    before = replace(RESOLVED)
    apply(RESOLVED, Action.RESOLVE, actor=GRACE, now_ms=Ms(9))
    assert before == RESOLVED
