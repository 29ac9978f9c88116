"""What one physical line is within a crash: a traceback's head, a frame, an exception, part of a native dump."""

import re
from enum import IntEnum
from functools import lru_cache

from bot.logs.fold_words import MAX_SHAPE, shape_of, text_of


class Part(IntEnum):
    OTHER = 0
    BLANK = 1
    INDENTED = 2
    FRAME = 3
    TRACE_HEAD = 4
    INNER_HEAD = 5
    CHAIN = 6
    EXCEPTION = 7
    NATIVE = 8
    WHAT = 9
    RULE = 10


def part_of(text: str) -> Part:
    """The part that `text` plays, seen alone. `text` has lost its launcher's prefix."""
    return _of_shape(shape_of(text)) if len(text) <= MAX_SHAPE else _part_of(text)


@lru_cache(maxsize=8_192)
def _of_shape(shape: bytes) -> Part:
    return _part_of(text_of(shape))


def _part_of(text: str) -> Part:  # noqa: PLR0911 - one answer for each beginning
    if not text or text.isspace():
        return Part.BLANK
    first = text[0]
    if first in " \t|+>":
        return _indented(text)
    if first in "╭╰│┌└├❱":
        return Part.TRACE_HEAD if "Traceback" in text else Part.FRAME if _RICH_FRAME.match(text) else Part.INDENTED
    if first in "TEO" and "Traceback (most recent call last)" in text[:80]:
        return Part.TRACE_HEAD if first == "T" else Part.INNER_HEAD
    if first in "TD" and text.startswith(_CHAINS):
        return Part.CHAIN
    if first == "-" and text.startswith("-- Process "):
        return Part.CHAIN
    if first in "=-*" and not text.strip("=-* "):
        return Part.RULE
    if _NATIVE.match(text):
        return Part.NATIVE
    if _EXCEPTION.match(text):
        return Part.EXCEPTION
    return Part.TRACE_HEAD if "Traceback" in text and _LATE_HEAD.search(text) else Part.OTHER


def undecorated(text: str) -> str:
    """A line of an exception group without the tree that Python draws before it."""
    found = _GROUP.match(text)
    return text[found.end() :] if found else text


def frame_of(text: str) -> str | None:
    """The frame that a line names, as "path:function"."""
    found = _FRAME.search(text) or _RICH_FRAME.match(text)
    return f"{found[1]}:{found[2]}" if found else None


def exception_of(text: str) -> tuple[str, str]:
    """Type and message of a traceback's last line; ("", text) when it is not one."""
    found = _EXCEPTION.match(text) or _ANY_EXCEPTION.match(text)
    return (found[1], text[found.end() :].strip()) if found else ("", text.strip())


def is_exception(text: str) -> bool:
    """Whether `text` may be the last line of a traceback, where any name can be a type."""
    return _ANY_EXCEPTION.match(text) is not None


def states_death(text: str) -> bool:
    """Whether a line of a native dump says of what the process died, rather than where it stood."""
    return _states_death(shape_of(text[:MAX_SHAPE]))


@lru_cache(maxsize=8_192)
def _states_death(shape: bytes) -> bool:
    return _DEATH.search(text_of(shape)) is not None


_DEATH = re.compile(
    r"^Fatal Python error|^\*\*\* (?:SIG|Aborted|Error)|\*\*\* Process received signal|\] Signal: "
    r"|^free\(\)|^malloc|^corrupted|^double free"
)
_CHAINS = ("The above exception was the direct cause", "During handling of the above exception")
_FRAME = re.compile(r'^\s*(?:> )?File "([^"]{1,400})", line \d+,? in (.{1,120}?)\s*$')
_RICH_FRAME = re.compile(r"^[│|]\s*(?:❱\s*)?(/?[\w./\-]{1,300}\.py):\d+ in ([\w<>.]{1,80})")
_GROUP = re.compile(r"^\s*(?:\+-\+[-\s\d.]*$|(?:[|+]\s?)+(?:-[-\s\d.]*$)?)")
_LATE_HEAD = re.compile(r"(?:^|[\s:\]])Traceback \(most recent call last\):\s*$")
_NATIVE = re.compile(
    r"terminate called |what\(\):|Exception raised from |frame #\d+:|\*\*\* |Fatal Python error: |"
    r"(?:Current t|T)hread 0x|Extension modules: |CUDA kernel errors might be|For debugging consider passing|"
    r"Compile with `TORCH_USE_CUDA_DSA`|Last error:|Python runtime state|Stack trace:|==== backtrace|"
    r"<no Python frame>|\[[\w.\-]+:\d+\] (?:\*\*\*|\[ ?\d+\] |Signal)|Failing at address|C\+\+ CapturedTraceback|"
    r"free\(\): |malloc\(|munmap_chunk\(|double free or|corrupted (?:size|double)"
)
_SUFFIX = (
    r"(?:Error|Exception|Exit|Interrupt|Warning|Failure|Failed|Timeout|Unavailable|NotFound|Iteration|Fault|Died"
    r"|Group|Traceback)"
)
# A type as Python prints it: dotted, or one CamelCase word with a usual ending; then ": " or the line's end.
_EXCEPTION = re.compile(
    rf"^((?:[A-Za-z_][\w<>]*\.)*(?:[A-Z][A-Za-z0-9_]*?{_SUFFIX}\w*|nccl[A-Z]\w*Error|[a-z]+error|timeout|error"
    r"(?=:))(?:\([\w.]{1,80}\))?)(?::\s|:$|\s*$)"
)
_ANY_EXCEPTION = re.compile(r"^((?:[A-Za-z_][\w<>]*\.)*[A-Za-z_]\w*)(?::\s|:$|\s*$)")


def _indented(text: str) -> Part:
    bare = text.lstrip(" \t|+>")
    if bare.startswith("File ") and _FRAME.match(text):
        return Part.FRAME
    if bare.startswith("what(): "):
        return Part.WHAT
    if "Traceback (most recent call last)" in bare[:60]:
        return Part.TRACE_HEAD if text.lstrip()[0] in "|+" else Part.INNER_HEAD
    return Part.INDENTED
