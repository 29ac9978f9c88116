"""What one event says: its form, its title, and the keys by which equal failures find one another.

Stateless: the same event gives the same reading in every process and on every day.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.incidents.masks import masked, one_line, words
from bot.incidents.signatures import TABLE, Signature, Stage, Voice, counts_digits, match
from bot.incidents.tone import tone_of
from bot.logs.fold_event import Event, Fault, Shape
from bot.logs.fold_words import MAX_SHAPE, is_hot, shape_of, tells_progress, text_of
from bot.logs.line import Level

VERSION = "v1"
"""Fingerprints of another version are of another kind and never equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an event says.

    Attributes:
        stage: how far from the cause it stands.
        keys: an event that shares one with an incident belongs to it.
        words: for telling how alike two messages are.
        source: the file or logger that logged it, "" when nothing did.
        uncaught: it ended its process, as far as its shape tells.
        gives_up: it says that something before it happened too often.
        mild: it says that the program goes on.
    """

    signature: Signature | None
    stage: Stage
    fingerprint: str
    title: str
    exception: str | None
    frame: str
    keys: tuple[str, ...]
    words: frozenset[str]
    source: str
    uncaught: bool
    gives_up: bool
    mild: bool


def read(event: Event) -> Reading | None:
    """What `event` says, or None when it states no failure."""
    bare = event.shape is Shape.RECORD and event.head and not event.faults and not event.said
    if bare and len(event.head) <= MAX_SHAPE and not counts_digits(event.head, _voice(event)):
        return _of_record(shape_of(event.head), event.site, event.level, event.loud)
    return _read(event)


def title_of(event: Event, reading: Reading) -> str:
    """The headline; readings of plain records are shared by records of one shape, and have none of their own."""
    return reading.title or one_line(_title(None, event.head))


@lru_cache(maxsize=8_192)
def _of_record(shape: bytes, site: str, level: int, loud: bool) -> Reading | None:
    """What every record of this shape says, but for its headline."""
    head = text_of(shape)
    event = Event(
        replica=None,
        lane="",
        shape=Shape.RECORD,
        first_ns=0,
        last_ns=0,
        level=level,
        loud=loud,
        head=head,
        site=site,
    )
    reading = _read(event)
    own = reading is None or (reading.signature is not None and reading.signature.title)
    return reading if reading is None or own else replace(reading, title="")


def _read(event: Event) -> Reading | None:
    voice = _voice(event)
    signature, spoken = _signature(event, voice)
    raised = event.faults and event.shape is not Shape.RECORD
    crashed = event.said and event.shape is Shape.NATIVE
    if signature is None and not (event.loud or raised or crashed):
        return None
    if signature is None and _is_trial(event):
        signature = TRIAL
    if signature is None and _is_progress(event):
        signature = PROGRESS
    fault = _primary(event, spoken)
    stage = (
        signature.stage if signature else Stage.OWN if event.faults or event.head or event.said else Stage.SYMPTOM
    )
    kind = fault.type if fault and fault.type else None
    frame = own_frame(fault) if fault else ""
    text = _text(event, fault, spoken)
    title = signature.title if signature and signature.title else _title(kind, text)
    head, tone = tone_of(event.head), tone_of(text)
    logged = bool(event.head) and not head.generic
    return Reading(
        signature=signature, stage=stage, title=one_line(title), exception=kind, frame=frame,
        fingerprint=_fingerprint(signature, kind, frame, text), keys=_keys(event, signature, kind, frame),
        words=words(f"{event.head if logged else ''} {text}"), source=_source(event.site),
        uncaught=(event.shape is Shape.TRACE and not logged) or event.shape is Shape.NATIVE,
        gives_up=head.gives_up or tone.gives_up, mild=head.mild or tone.mild,
    )  # fmt: skip


def as_report(reading: Reading) -> Reading:
    """A report of a killed process whose death is explained by other lines: then it is a report like any other."""
    report = next(signature for signature in TABLE if signature.name == "launcher-report")
    return replace(
        reading, signature=report, stage=report.stage, title=report.title, keys=(f"s:{report.name}",),
        fingerprint=_fingerprint(report, None, "", ""),
    )  # fmt: skip


def own_frame(fault: Fault) -> str:
    """The innermost frame of the user's own code, as "file:function", or "" when there is none."""
    for frame in reversed(fault.frames):
        if own := _own(frame):
            return own
    return ""


@lru_cache(maxsize=8_192)
def _own(frame: str) -> str:
    """A frame of the user's own code in short, "" for one of a library."""
    path, _, function = frame.rpartition(":")
    return "" if _FOREIGN.search(path) else f"{path.rsplit('/', 1)[-1]}:{function}"


TRIAL = Signature(
    name="code-under-trial",
    stage=Stage.HARMLESS,
    says="generated code that the program ran on trial failed",
    words=(),
    source="exec, eval and `python -c`: every frame of the traceback is in no file, or in one of a generated name",
)


PROGRESS = Signature(
    name="progress-as-error",
    stage=Stage.HARMLESS,
    says="progress that the program logs at the level of an error",
    words=(),
    source="training scripts that log everything at one level; a record of a step done without a word of failure",
)


def _is_progress(event: Event) -> bool:
    told = bool(event.head) and event.shape is Shape.RECORD and not event.faults
    return told and tells_progress(event.head) and not is_hot(event.head)


def _is_trial(event: Event) -> bool:
    frames = [frame for fault in event.faults for frame in fault.frames]
    return bool(frames) and not event.head and all(_TRIAL_FRAME.match(frame) for frame in frames)


_TRIAL_FRAME = re.compile(r"<(?:string|stdin|ipython|exec|eval|unknown|generated)|/tmp/tmp\w+|/var/tmp/tmp\w+")
_FOREIGN = re.compile(
    r"site-packages|dist-packages|/lib/python\d|/python\d\.\d+/|^<|/bin/[^/.]+$|/conda/|/pytorch/|/opt/ray/|/importlib/"
)
_LEAD = re.compile(r"^(?:\[[^\]]{0,80}\]:?\s*)+")
_BROAD = frozenset({"RuntimeError", "Exception", "ValueError", "OSError", "ConnectionError"})
_WRAPPERS = re.compile(
    r"(?:ProcessRaisedException|RayTaskError|RemoteTraceback|RemoteError|TrainingFailedError|CalledProcessError|ExceptionGroup|"
    r"WorkerGroupError|TuneError|InstantiationException|ChildFailedError|RemoteException|BaseExceptionGroup)(?:\(\w+\))?$"
)


def _voice(event: Event) -> Voice:
    if event.loud or (event.faults and not 0 < event.level < Level.WARNING):
        return Voice.ERROR
    return Voice.QUIET if 0 < event.level < Level.WARNING else Voice.PLAIN


def _signature(event: Event, voice: Voice) -> tuple[Signature | None, str]:
    """The form of the event and the statement that has it."""
    only = _OF_REPORTS if is_report(event) else None
    best: Signature | None = None
    spoken = ""
    for text in _statements(event):
        found = match(text, voice, only=only)
        if found is None or (found.stage is Stage.REPORT and _raised_by_rank(event)):
            continue
        if best is None or _order(found) < _order(best):
            best, spoken = found, text
        elif found.name == best.name:  # the last of a chain tells the user what it means
            spoken = text
    return best, spoken


def _raised_by_rank(event: Event) -> bool:
    """Whether a rank raised an exception of its own, not a word about its children."""
    told_to_stop = any("SignalException" in fault.type for fault in event.faults)
    return event.shape is Shape.TRACE and event.rank is not None and not told_to_stop


_OF_REPORTS = frozenset({"launcher-report", "process-killed"})
"""A launcher repeats what its children said; only what it knows of them itself counts."""


def is_report(event: Event) -> bool:
    """Whether a launcher speaks, which knows how its children ended but not why."""
    return (
        any("ChildFailedError" in fault.type for fault in event.faults) or _LAUNCHER.search(event.head) is not None
    )


_LAUNCHER = re.compile(r"failed \(exitcode|mpirun noticed|^srun: error: .*: task|exits with return code")


def _order(signature: Signature) -> tuple[int, int]:
    """Harmless first, in the table's order, then the nearest to the cause."""
    if signature.stage is Stage.HARMLESS:
        return -1, TABLE.index(signature)
    return signature.stage, 0


def _statements(event: Event) -> list[str]:
    if any("ChildFailedError" in fault.type for fault in event.faults):
        return [event.head, "ChildFailedError", _root_cause(event.said)]
    texts = [event.head] if event.head else []
    texts += [f"{fault.type}: {fault.message}" if fault.type else fault.message for fault in event.faults]
    return texts + event.said


def _root_cause(table: list[str]) -> str:
    """The lines of torchrun's table that name what it saw first, without a traceback that it repeats."""
    at = next((n for n, text in enumerate(table) if text.startswith("Root Cause")), len(table))
    return " ".join(text for text in table[at:] if text.startswith(("exitcode", "traceback : Signal")))


def _primary(event: Event, spoken: str) -> Fault | None:
    """The exception that names the event: the one that has the form, else the last that wraps no other."""
    for fault in event.faults:
        if spoken and fault.type and spoken.startswith(f"{fault.type}: "):
            return fault
    plain = [f for f in event.faults if f.type and not _WRAPPERS.search(f.type)]
    return plain[-1] if plain else (event.faults[-1] if event.faults else None)


def _text(event: Event, fault: Fault | None, spoken: str) -> str:
    if fault is not None and fault.message and not (fault.type == "" and event.head):
        return fault.message
    if spoken and fault is None:
        return spoken
    if fault is None or not fault.type:
        return event.head or (event.said[0] if event.said else (event.lines[0] if event.lines else ""))
    return fault.message


def _title(kind: str | None, text: str) -> str:
    first = next((part for part in text.split("\n") if part.strip()), "")
    first = _LEAD.sub("", first) or first
    short = kind.rsplit(".", 1)[-1] if kind else ""
    if not short or first.startswith(short):
        return first or short
    return f"{short}: {first}" if first else short


@lru_cache(maxsize=2_048)
def _source(site: str) -> str:
    """File or logger of a logging call, without its line: "uploader.py:91:upload" → "uploader.py"."""
    name = site.rsplit("/", 1)[-1]
    return name.split(":", 1)[0] if name not in {"root", "__main__", ""} else ""


def _fingerprint(signature: Signature | None, kind: str | None, frame: str, text: str) -> str:
    if signature is not None and signature.stage is not Stage.CAUSE:
        parts: tuple[str, ...] = (signature.name,)
    elif signature is not None:
        parts = (signature.name, kind or "", frame)
    else:
        parts = (kind or "", frame, masked(text.split("\n", 1)[0])[:300])
    return _digest(parts)


@lru_cache(maxsize=8_192)
def _digest(parts: tuple[str, ...]) -> str:
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
    return f"{VERSION}:{digest}"


def _keys(event: Event, signature: Signature | None, kind: str | None, frame: str) -> tuple[str, ...]:
    keys = []
    if signature is not None:
        keys.append(f"s:{signature.name}")
        if signature.stage > Stage.OWN:
            return tuple(keys)
    else:
        keys += _fault_keys(event)
    if event.head and event.loud and not tone_of(event.head).generic:
        keys.append(f"h:{_source(event.site)}|{masked(event.head)[:200]}")
    elif not keys and event.head:
        keys.append(f"h:{event.site}|{masked(event.head)[:200]}|{kind}|{frame}")
    return tuple(dict.fromkeys(keys)) or (f"l:{masked(event.lines[0] if event.lines else '')[:200]}",)


def _fault_keys(event: Event) -> list[str]:
    """Keys of the exceptions of a chain that are not mere wrappers; the place counts more than the words."""
    keys = []
    for fault in event.faults:
        if not fault.type or _WRAPPERS.search(fault.type):
            continue
        frame, short = own_frame(fault), fault.type.rsplit(".", 1)[-1]
        first = masked(fault.message.split("\n", 1)[0])[:160]
        if frame and short not in _BROAD:
            keys.append(f"f:{short}|{frame}")
        keys.append(f"e:{short}|{first}")
    return keys
