"""How long a job may be quiet, learnt from its own lines; and what is said of one that is."""

from collections.abc import Sequence

import pytest

from bot.incidents.incident import Incident, State
from bot.incidents.silence import Rhythm, closed, fell_silent, gpus, in_words
from bot.jobs.job import Instance, Job, Metrics, Status
from bot.logs.line import Line
from bot.times import Ms, Ns

MINUTE_NS = 60 * 10**9
START = 1_700_000_000 * 10**9


def at(minute: float, replica: str | None = "g00r0", text: str = "step") -> Line:
    return Line(Ns(START + int(minute * MINUTE_NS)), text, replica)


def job(nodes: int = 1) -> Job:
    return Job(
        account="default", id="j", project_id="p", project_name="demo", name="run", node_count=nodes,
        status=Status("TRAINING_JOB_RUNNING"), created_ms=Ms(START // 10**6), updated_ms=Ms(START // 10**6),
        instance=Instance(id="h100", name="H100x8"),
    )  # fmt: skip


def rhythm(*lines: Line, whole: bool = True) -> Rhythm:
    return Rhythm().after(lines, whole=whole)


@pytest.mark.parametrize(
    ("why", "learnt", "asked_s", "minutes"),
    [
        ("a job that writes all the time is given ten minutes", rhythm(at(0), at(1)), None, 10),
        ("one that was quiet for twenty is given half as long again", rhythm(at(0), at(20)), None, 30),
        ("a watch may ask for less", rhythm(at(0), at(20)), 900, 15),
        ("a watch may ask for more", rhythm(at(0), at(1)), 7200, 120),
        ("before a replica has written the machines may be loading", rhythm(at(0, None)), None, 30),
        ("however impatient the watch is", rhythm(at(0, None)), 60, 30),
        ("the time in the queue before is not the job's own pause", rhythm(at(0, None), at(300), at(301)), None, 10),
        ("of a log that is not read whole no pause is learnt", rhythm(at(0), at(300), whole=False), None, 10),
    ],
)  # fmt: skip
def test_how_long_a_job_may_be_quiet(why: str, learnt: Rhythm, asked_s: int | None, minutes: int):
    assert learnt.limit_ms(asked_s) == minutes * 60_000, why


def test_late_lines_neither_shorten_a_quiet_nor_move_it():
    heard = rhythm(at(0), at(8)).after([at(3), at(5)], whole=True)
    assert heard == rhythm(at(0), at(8))
    assert heard.quiet_ms(Ms((START + 10 * MINUTE_NS) // 10**6)) == 2 * 60_000


def test_before_the_first_line_there_is_no_quiet():
    assert Rhythm().quiet_ms(Ms(START // 10**6)) == 0


@pytest.mark.parametrize("known", [Rhythm(), rhythm(at(0), at(8)), rhythm(at(0, None))])
def test_a_rhythm_comes_back_from_the_progress_of_its_job(known: Rhythm):
    assert Rhythm.restore({"end_told": True, **known.dump()}) == known


def node(name: str, *loads: float | None) -> Metrics:
    return Metrics(
        node=name,
        gpu={
            str(rank): () if load is None else ((Ms(1), 1.0 - load), (Ms(2), load))
            for rank, load in enumerate(loads)
        },
    )


@pytest.mark.parametrize(
    ("why", "nodes", "words"),
    [
        ("all of them spin", [node("a", 1.0, 0.98), node("b", 1.0, 1.0)], "All 4 GPUs are busy: spinning"),
        ("all of them are idle", [node("a", 0.0, 0.02)], "All 2 GPUs are idle: stalled"),
        ("one machine, one GPU", [node("a", 0.0)], "The GPU is idle"),
        ("a node that others wait for", [node("a", 1.0), node("b", 0.0)], "1 of 2 GPUs are busy"),
        ("nodes with an idle GPU are counted", [node("a", 1.0, 0.0), node("b", 0.0, 0.0)], "3 on 2 of 2 nodes idle"),
        ("a node without a sample is not counted", [node("a", 1.0), node("b", None)], "The GPU is busy"),
    ],
)  # fmt: skip
def test_what_the_newest_samples_say(why: str, nodes: Sequence[Metrics], words: str):
    assert words in in_words(gpus(nodes)), why


def test_without_samples_nothing_is_said_of_gpus():
    assert in_words(gpus([])) == in_words(gpus([node("a", None)])) == ""


def silence(lines: Sequence[Line], minute: float, nodes: int = 1, before=None):
    now = Ms((START + int(minute * MINUTE_NS)) // 10**6)
    return fell_silent(job(nodes), rhythm(*lines), now, lines, (), before)


@pytest.mark.parametrize(
    ("why", "lines", "nodes", "first", "words"),
    [
        ("nobody stopped clearly first", [at(0, "g0"), at(0.5, "g1")], 2, None, "All 2 replicas wrote until the last line."),
        ("one stopped before", [at(0, "g0"), at(5, "g1")], 2, "g0", "g0 (5 min before the last line). g1 wrote until the last line."),
        ("one did not write of late", [at(0, "g0"), at(0.5, "g1")], 3, None, "g0, g1 wrote until the last line. 1 of 3 replicas is not among the last lines."),
        ("a job of one machine has one voice", [at(0, "g0")], 1, "g0", "No line of any level for 20 min."),
    ],
)  # fmt: skip
def test_who_stopped_when(why: str, lines: list[Line], nodes: int, first: str | None, words: str):
    facts = silence(lines, max(line.timestamp_ns - START for line in lines) / MINUTE_NS + 20, nodes)
    assert words in facts.reason, why
    assert facts.first_replica == first, why


def test_the_same_silence_counts_once_and_the_next_one_twice():
    once = silence([at(0)], 11)
    later = silence([at(0)], 25, before=once)
    assert (later.count, later.first_ns) == (1, once.first_ns)
    assert silence([at(0), at(30)], 60, before=later).count == 2


def test_its_last_lines_hold_no_secret():
    token = "hf_" + "ExampleExampleExampleExampleExam01"
    facts = silence([at(0, text=f"HF_TOKEN={token}")], 11)
    assert token not in str(facts)
    assert facts.hidden_values == 1


def test_the_bot_closes_what_is_open_and_leaves_what_a_person_resolved():
    incident = Incident(
        id=7, account="default", project_id="p", job_id="j", facts=silence([at(0)], 11), created_ms=Ms(1)
    )
    done = closed(incident, Ms(5), "It writes again.")
    assert done is not None
    assert (done.incident.state, done.incident.actor, done.entry.detail) == (
        State.RESOLVED,
        None,
        "It writes again.",
    )
    assert closed(done.incident, Ms(6), "again") is None
