"""The language of the scenario files: a training run as a list of steps.

A file of `bot/sandbox/scenarios` reads like this; every duration counts from the start of the job::

    title: One rank runs out of memory
    about: What happens, and what a reader of the log should conclude.
    job: {name: llama-8b, nodes: 2, ranks_per_node: 8, instance: H100x8}
    with: {script: train.py}             # values for all texts
    lag: 0.2s to 3s                      # how long lines take to become visible
    steps:
      - at: 5s
        status: RUNNING                  # of the job; `error` is its error_message
      - at: 8s
        every: 2s until 90s              # or: every: 2s, 40 times · every: 2s for ever
        jitter: 0.3s                     # each repetition is up to this much later
        on: rank 0                       # see `targets`; the default is rank 0
        vary: {step: from 100 by 10, loss: from 2.4 to 1.9 ± 0.03}
        say: "step: {step}  loss: {loss:.4f}"
      - at: 40s
        on: all ranks except g01r0 rank 5
        spread: 200ms                    # each target is up to this much later than the first
        prefix: "[rank{rank}]: "
        text: nccl-timeout               # a text from scenarios/texts, instead of `say`
        with: {timeout_ms: 15000}

Also: `whole` (a text of several lines is one record; else each line is one), `level` (instead of the detected
one; ``none`` for no level), `late` (visible so much later still), `skew` (stamped by a clock that is so much off),
`gpu` (how busy the GPUs are from now on, 0 to 1), `checkpoint` ({id, size_gb, type, base_model, sync}; the same id
once more tells how its upload went on). A file of `scenarios/programmes` starts several such runs.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import yaml

from bot.times import NS_PER_S

T = TypeVar("T")
_Status = Literal[
    "PENDING", "DEPLOYING", "RUNNING", "COMPLETED", "FAILED", "DEPLOY_FAILED", "STOPPED", "PREEMPTED"
]


class JobWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    nodes: Annotated[int, msgspec.Meta(ge=1)] = 1
    ranks_per_node: Annotated[int, msgspec.Meta(ge=1)] = 8
    instance: str = "H100x8"
    user: str = "ml-team@example.com"
    availability: Literal["dedicated", "spot"] = "dedicated"
    priority: int = 0


class CheckpointWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    size_gb: float = 16.1
    type: str = "full"
    base_model: str | None = None
    sync: Literal["SYNCING", "COMPLETE"] = "COMPLETE"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step, its words as they stand in the file."""

    at: str
    every: str | None = None
    jitter: str = "0s"
    spread: str = "0s"
    on: str | None = None
    say: str | None = None
    text: str | None = None
    prefix: str = ""
    values: dict[str, Any] = msgspec.field(name="with", default_factory=dict)
    vary: dict[str, str] = {}
    whole: bool = False
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "none"] | None = None
    late: str = "0s"
    skew: str = "0s"
    gpu: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    checkpoint: CheckpointWish | None = None
    status: _Status | None = None
    error: str | None = None

    @property
    def changes_job(self) -> bool:
        """Whether it does more than print."""
        return self.gpu is not None or self.checkpoint is not None or self.status is not None


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole file."""

    title: str
    about: str
    job: JobWish
    values: dict[str, Any] = msgspec.field(name="with", default_factory=dict)
    lag: str = "0.2s to 3s"
    seed: int = 0
    steps: tuple[Step, ...]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A run of a programme; `at` may lie before the programme's start: then the run has a history already.

    Without a `project` it runs wherever the programme is started.
    """

    at: str
    scenario: str
    project: str | None = None
    name: str | None = None
    seed: int | None = None


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which scenarios run when, in which project."""

    title: str
    about: str
    runs: tuple[Entry, ...]


class BadScript(ValueError):
    """A file cannot be played. `place` is where in it: ``$.steps[3]``, its key last where known."""

    def __init__(self, message: str, place: str = "$") -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Repetition:
    """When a step happens: `count` times (None: for ever), `every_ns` apart."""

    at_ns: int
    every_ns: int
    count: int | None

    def numbers(self, start_ns: int, stop_ns: int) -> range:
        """The repetitions from `start_ns` on and before `stop_ns`."""
        first, last = (-((self.at_ns - end_ns) // self.every_ns) for end_ns in (start_ns, stop_ns))
        return range(max(0, first), max(0, last))


def read_script(text: str, shape: type[T]) -> T:
    """A YAML file as `Scenario` or `Programme`; an unknown or misspelled key is an error."""
    try:
        return msgspec.convert(read_yaml(text), shape)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        place = where.rstrip("`") or "$"
        key = place.rpartition(".")[2].partition("[")[0]
        raise BadScript(f"{key}: {message}" if key not in {"$", "steps", "runs"} else message, place) from error
    except yaml.YAMLError as error:
        raise BadScript(str(error)) from error


def line_of(text: str, place: str) -> int:
    """The line, from 1 on, of what `place` (``$.steps[3].gpu``) names in a YAML file, or of what surrounds it."""
    node = yaml.compose(text, Loader=_Loader)
    line = 1
    for key, index in _PLACE.findall(place):
        match node:
            case yaml.SequenceNode() if index.isdigit() and int(index) < len(node.value):
                node = node.value[int(index)]
                line = node.start_mark.line + 1
            case yaml.MappingNode():
                found = next((pair for pair in node.value if pair[0].value == key), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            case _:
                break
    return line


def read_yaml(text: str) -> Any:
    """YAML in which ``on`` is a word: version 1.1, which PyYAML follows, takes it for ``true``."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a SafeLoader


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML declares it so
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def duration_ns(text: str) -> int:
    """``1.5s``, ``200ms``, ``3m``, ``-2h`` in nanoseconds."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise BadScript(f"not a duration: {text!r} (write 35s, 200ms, 3m or 2h)")
    return round(float(match[1]) * _UNITS[match[2]])


def span_ns(text: str) -> tuple[int, int]:
    """``0.2s to 3s``, or one duration twice."""
    low, _, high = text.partition(" to ")
    return duration_ns(low), duration_ns(high or low)


def repetition(step: Step) -> Repetition:
    """The step's `at` and `every`: ``2s until 90s``, ``2s, 40 times``, ``2s for ever``, or nothing for once."""
    at_ns = duration_ns(step.at)
    if step.every is None:
        return Repetition(at_ns, 0, 1)
    match = _EVERY.fullmatch(step.every.strip())
    if not match:
        raise BadScript(f"not a repetition: {step.every!r} (write 2s until 90s · 2s, 40 times · 2s for ever)")
    every_ns = duration_ns(match[1])
    if every_ns <= 0:
        raise BadScript(f"{step.every!r} never goes on")
    if match[3]:
        return Repetition(at_ns, every_ns, int(match[3]))
    if match[2] is None:
        return Repetition(at_ns, every_ns, None)
    return Repetition(at_ns, every_ns, max(0, -((at_ns - duration_ns(match[2])) // every_ns)))


_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)(ms|us|s|m|h)")
_UNITS = {"us": 1_000, "ms": 1_000_000, "s": NS_PER_S, "m": 60 * NS_PER_S, "h": 3600 * NS_PER_S}
_EVERY = re.compile(r"(\S+?)(?: until (\S+)|, (\d+) times| for ever)")
_PLACE = re.compile(r"\.(\w+)|\[([^\]]*)\]")
