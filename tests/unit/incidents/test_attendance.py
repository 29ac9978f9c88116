"""Which replicas have an error, which have not, and which have fallen silent."""

from bot.incidents.attendance import SILENT_NS, attendance
from bot.incidents.incident import Facts, Incident, Sighting
from bot.times import Ms, Ns

NOW = Ns(1_764_000_000_000_000_000)


def seen(replica: str | None) -> Sighting:
    return Sighting(replica=replica, first_ns=NOW, last_ns=NOW, count=1)


def incident(*replicas: str | None) -> Incident:
    sightings = tuple(seen(name) for name in replicas)
    facts = Facts(key="k", fingerprint="1:a", title="t", count=1, first_ns=NOW, last_ns=NOW, sightings=sightings)
    return Incident(account="a", project_id="p", job_id="j", facts=facts, created_ms=Ms(1))


def heard(**last_ns: int) -> dict[str, tuple[Ns, Ns]]:
    return {name: (Ns(0), Ns(NOW - ago)) for name, ago in last_ns.items()}


def test_those_without_the_error_are_named():
    found = attendance(incident("r2"), heard(r1=0, r2=0, r0=0), 3)
    assert (found.others, found.silent, found.unheard) == (("r0", "r1"), (), 0)


def test_who_wrote_nothing_for_over_a_minute_while_others_did_is_silent_the_longest_first():
    found = attendance(incident("r0"), heard(r0=0, r1=SILENT_NS + 1, r2=SILENT_NS, r3=9 * SILENT_NS), 4)
    assert [name for name, _ in found.silent] == ["r3", "r1"]


def test_when_nobody_writes_nobody_is_silent():
    assert attendance(incident("r0"), heard(r0=99 * SILENT_NS, r1=99 * SILENT_NS), 2).silent == ()


def test_replicas_that_never_wrote_a_line_are_counted_where_their_number_is_known():
    assert attendance(incident("r0"), heard(r0=0), 4).unheard == 3
    assert attendance(incident("r0"), heard(r0=0), None).unheard is None
    assert attendance(incident("r0", "r1"), heard(r0=0), 1).unheard == 0


def test_an_error_of_the_platform_is_nobodys():
    found = attendance(incident(None), heard(r0=0), 1)
    assert (found.others, found.unheard) == (("r0",), 0)


def test_of_a_job_of_which_nothing_is_remembered_nothing_is_claimed():
    found = attendance(incident("r0"), {}, 8)
    assert (found.others, found.silent, found.unheard) == ((), (), None)
