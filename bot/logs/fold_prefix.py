"""Who printed a line: launchers put the rank or the process before what the program wrote."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.logs.fold_words import shape_of, text_of

MAX_PREFIXES = 400
"""Characters of a line in which its prefixes stand."""


@dataclass(frozen=True, slots=True)
class Prefixed:
    """A line without its launcher's prefix.

    `lane` tells processes of one replica apart ("" when nothing does), `rank` is the global rank when the
    prefix says it, `repeats` is how often the line was printed (Ray writes equal lines of workers once).
    """

    text: str
    lane: str = ""
    rank: int | None = None
    repeats: int = 1


def split_prefix(text: str) -> Prefixed:
    """`text` and what its prefixes say; they nest (pdsh before a rank), so up to three are taken off."""
    if not text or text[0] not in _FIRST:
        return Prefixed(text)
    end, digits = _prefixes(shape_of(text[:MAX_PREFIXES]))
    if not end:
        return Prefixed(text)
    rank = int(text[digits[0] : digits[1]]) if digits else None
    return _without_repeats(text[end:], text[:end].strip(), rank)


def clean(text: str) -> str:
    """Without terminal colours, and with only the last state of a progress bar that overwrote itself."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if "\r" in text:
        text = "\n".join(_last_state(part) for part in text.split("\n"))
    if "%|" in text:
        text = _BAR.sub("", text)
    return text if text.isprintable() else _CONTROL.sub(" ", text)


_FIRST = frozenset("[(0123456789abcdefghijklmnopqrstuvwxyz")
# Each alternative is the form of one launcher:
_PREFIX = re.compile(
    r"""
    \[rank\s?(?P<rank>\d+)\]:(?:\ |(?=\[)|$)       # torch excepthook and c10 logging: `[rank3]: `, `[rank3]:[E…`
  | rank(?P<rank2>\d+)(?:\[\d+\]\[\w+\])?:\ ?(?=\S|\ \ |$)   # without brackets: torch 2.4; Composer
  | \[[a-z][a-z_]*(?P<local>\d+)\]:\ ?             # torchrun --tee, role name and local rank: `[default0]:`
  | \((?:[\w.\-]+(?:\([^()]{0,80}\))?(?:\ \w+)?\ )?             # Ray and vLLM: `(Worker pid=7, ip=…) `
      (?:rank=(?P<ray>\d+),?\ )?[a-z]+=[^()]{1,80}\)\ ?
  | \((?:raylet|autoscaler|gcs_server)[^()]{0,60}\)\ ?
  | \[\d+,(?P<mpi>\d+)\]<std(?:err|out)>:?\ ?      # mpirun --tag-output
  | (?P<srun>\d{1,5}):\ (?=\S|\ \ )                # srun --label
  | (?=[a-z\d]{1,60}[.\-])(?=[a-z.\-]{0,80}\d)(?!rank\d)   # pdsh and dsh: `node-1: `
      [a-z][a-z\d.\-]{1,100}:\ (?=\S|\ \ |$)
  | (?:worker|node|host|gpu)\d+:\ (?=\S|\ \ |$)
  | \d{1,3}(?:\.\d{1,3}){3}:\ (?=\S|\ \ |$)        # pdsh with addresses
    """,
    re.VERBOSE,
)
_REPEATED = re.compile(r"\s*(?:\x20?\[repeated (\d+)x across (?:all )?cluster\].*)$")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# tqdm's bar, when text is glued to it: tqdm ends no line, so what is printed next stands on the bar's own.
_BAR = re.compile(
    r"^[^|\r\n]{0,80}?\d%\|[^|\n]{0,250}\|[^\[\]\n]{0,60}\[[^\[\]\n]{0,200}\](?=[^\s,\]])", re.MULTILINE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@lru_cache(maxsize=8_192)
def _prefixes(shape: bytes) -> tuple[int, tuple[int, int] | None]:
    """Where the prefixes of a text of this shape end, and where they name the rank, if they do."""
    text = text_of(shape)
    end, rank = 0, None
    for _ in range(3):
        rest = text[end:]  # cut, since a pattern may look at what stands before
        found = _PREFIX.match(rest)
        if found is None or found.end() == 0:
            break
        rank = _rank_at(found, end) or rank
        end += found.end()
    return end, rank


def _rank_at(found: re.Match[str], offset: int) -> tuple[int, int] | None:
    spans = (found.span(name) for name in ("rank", "rank2", "mpi", "srun", "ray"))
    return next(((a + offset, b + offset) for a, b in spans if a < b < a + 7), None)


def _without_repeats(text: str, lane: str, rank: int | None) -> Prefixed:
    if "[repeated " not in text:
        return Prefixed(text, lane, rank)
    found = _REPEATED.search(text)
    if found is None:
        return Prefixed(text, lane, rank)
    return Prefixed(text[: found.start()], lane, rank, min(int(found[1][:6]) + 1, 100_000))


def _last_state(part: str) -> str:
    states = [state for state in part.split("\r") if state.strip()]
    said = [state for state in states if "%|" not in state or _BAR.match(state)]
    return said[-1] if said else states[-1] if states else ""
