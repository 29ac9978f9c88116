"""What a logging library wrote around a message: its level, the place that logged it, the message itself."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from bot.logs.fold_prefix import clean
from bot.logs.fold_words import shape_of, text_of
from bot.logs.line import Level

MAX_HEADER = 400
"""Characters of a record in which its header stands."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a logging library.

    `site` names the logger or the source line that wrote it ("" when unknown); `structured` says that the
    line begins like a record at all, which ends a traceback that was still being printed. `body` is the message
    with its indentation: vLLM and others repeat the header before each line of a traceback.
    """

    message: str
    level: Level | None = None
    site: str = ""
    rank: int | None = None
    structured: bool = False
    body: str = ""


def parse_record(text: str) -> Record:
    """Header and message of `text`, whichever library wrote it."""
    if text[:1] == "{" and text.rstrip()[-1:] == "}":
        parsed = _json_record(text)
        if parsed is not None:
            return parsed
    return _header(text)


_LEVELS = {
    "E": Level.ERROR,
    "F": Level.ERROR,
    "W": Level.WARNING,
    "I": Level.INFO,
    "D": Level.DEBUG,
    "C": Level.ERROR,
}
_WORD = r"ERROR|CRITICAL|FATAL|WARNING|WARN|INFO|DEBUG|TRACE|SUCCESS|NOTSET"
_STAMP = (
    r"\d{4}[-/]\d\d[-/]\d\d[T\x20_]\d\d:\d\d:\d\d(?:[.,:]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d[-/]\d\d\x20\d\d:\d\d:\d\d(?:[.,]\d{1,9})?|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
)
# Ray's processes: `[2025-06-03 03:26:40,112 E 201 201] (raylet) node_manager.cc:3064: …`.
_RAY = re.compile(
    r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{1,9} (?P<a>[EWIFCD]) \d+ \d+\] \(\w+\) (?P<site>[\w./\-]+:\d+): "
)
# glog and absl: E0611 03:18:47.479000 192 file.py:869] …, torch's [E611 …], TensorFlow's `…: E file.cc:1] …`.
_GLOG = re.compile(
    rf"(?:\[?(?P<a>[EWIFCD])\d{{3,4}} [\d:.]+\s+(?:\d+\s+)?|(?:{_STAMP}): (?P<b>[EWIF]) )"
    r"(?P<site>[\w./\-]+?:\d+)\]\s?"
)
_PARTS = re.compile(
    rf"""
    (?P<stamp>[\[(]?(?:{_STAMP})[\])]?)
  | [\[(<]?(?P<level>{_WORD}|(?<=\[)(?:error|critical|warning|info|debug))
      (?:\s*\|\s*(?P<hf>[\w.]+:\d+))?\s*[\])>]?(?=[\s:|\-\]\[]|$)
  | \[NeMo\ (?P<nemo>[EWID])\b
  | \[(?P<site>[\w./\-]+(?::[\w<>.\-]+)*)\](?!:)
  | (?P<site2>[\w.]+:[\w<>.]+:\d+)(?=\s)
  | (?P<site3>[\w./]+\.(?:py|cc|cpp|cu):\d+)(?=[\s\]:])
  | (?P<logger>(?<=-\ )[\w.]+(?=\ -\ )|(?<=[A-Z]:)[\w.]+(?=:))
  | \[\d+\]|\(\w+\)(?=\ )
  | [\s|:\-\]>]+
    """,
    re.VERBOSE,
)
_LOGFMT = re.compile(r"\b(level|lvl|severity|msg|message|logger|caller|err|error)=(\"(?:[^\"\\]|\\.)*\"|\S+)")


def _header(text: str) -> Record:
    glog = _GLOG.match(text)
    if glog is not None:
        level = _LEVELS[glog["a"] or glog["b"]]
        rest = text[glog.end() :]
        return Record(rest.strip(), level, glog["site"], structured=True, body=rest)
    ray = _RAY.match(text) if text[:2] == "[2" else None
    if ray is not None:
        rest = text[ray.end() :]
        return Record(rest.strip(), _LEVELS[ray["a"]], ray["site"], structured=True, body=rest)
    if text.startswith("wandb: "):
        found = re.match(rf"wandb: ({_WORD})\b", text)
        return Record(text, Level.parse(found[1]) if found else None, "wandb", structured=True, body=text)
    if text[:6] in {"level=", 'time="', "time=2"} or text.startswith("ts="):
        return _logfmt(text)
    return _parts(text)


def _parts(text: str) -> Record:
    """Takes known parts off the front until something else comes."""
    if text[:1] not in _OPENINGS:
        return Record(text.strip())
    at, level, told, begin, end = _parts_of(shape_of(text[:MAX_HEADER]))
    if not told:
        return Record(text.strip())
    gap = len(text[:at]) - len(text[:at].rstrip(" "))
    body = text[at - max(gap - 1, 0) :]
    return Record(text[at:].strip() or text.strip(), level, text[begin:end], structured=True, body=body)


@lru_cache(maxsize=8_192)
def _parts_of(shape: bytes) -> tuple[int, Level | None, bool, int, int]:
    """Of a text of this shape: where its message begins, its level, whether it is a record, its site's place."""
    text = text_of(shape)
    at, level, told = 0, None, False
    site = (0, 0)
    while at < min(len(text), 240):
        found = _PARTS.match(text, at)
        if found is None or found.end() == at:
            break
        kind = found.lastgroup
        if kind in {"level", "hf", "nemo"}:
            if level is not None:
                break
            level = _LEVELS[found["nemo"]] if kind == "nemo" else Level.parse(found["level"])
        told = told or kind in {"level", "hf", "nemo", "stamp"}
        if kind in _SITES and site == (0, 0):
            site = found.span(kind)
        at = found.end()
    return at, level, told, *site


_SITES = frozenset({"site", "site2", "site3", "logger", "hf"})
_OPENINGS = frozenset("0123456789[(<|- \tEWIDCFTSNewidcnt")


def _logfmt(text: str) -> Record:
    fields = {name: value.strip('"') for name, value in _LOGFMT.findall(text)}
    message = fields.get("msg") or fields.get("message") or text
    detail = fields.get("err") or fields.get("error") or ""
    level = Level.parse(fields.get("level") or fields.get("lvl") or fields.get("severity"))
    site = fields.get("logger") or fields.get("caller") or ""
    return Record(f"{message}: {detail}" if detail else message, level, site, structured=True)


_LEVEL_KEYS = ("level", "levelname", "severity", "log.level", "lvl", "level_name")
_TEXT_KEYS = ("message", "msg", "event", "text", "short_message", "error")
_TRACE_KEYS = (
    "exc_info",
    "exc_text",
    "exception",
    "stack_trace",
    "traceback",
    "stack",
    "stacktrace",
    "exc",
    "error",
)
_SITE_KEYS = ("logger", "name", "logger_name", "caller", "module", "filename", "func_name", "funcName")


def _json_record(text: str) -> Record | None:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    inner = fields.get("record")
    if isinstance(inner, dict):  # loguru's serialize=True
        fields = {**inner, "level": _named(inner.get("level"))}
    message = _first(fields, _TEXT_KEYS)
    if message is None:
        return None
    trace = _first(fields, _TRACE_KEYS)
    tells = trace is not None and trace not in message and ("\n" in trace or ": " in trace)
    whole = clean(f"{message}\n{trace}" if tells else message)
    rank = fields.get("rank", fields.get("global_rank"))
    inner = _header(whole.split("\n", 1)[0])
    if inner.structured:  # a logger that wraps another one's line
        whole = "\n".join([inner.message, *whole.split("\n")[1:]])
    return Record(
        whole,
        Level.parse(_first(fields, _LEVEL_KEYS)) or inner.level,
        inner.site or _first(fields, _SITE_KEYS) or "",
        rank if isinstance(rank, int) else None,
        structured=True,
    )


def _named(level: Any) -> Any:
    return level.get("name") if isinstance(level, dict) else level


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, dict):
            text = _first(value, ("stack_trace", "stack", "message", "traceback"))
            if text:
                return text
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            return "".join(value)
    return None
