"""The words of the tables: what a value may be, and what Slack says when it is not.

Every kind of value has `problems(value, at)`, which yields one `Problem` per fault; `at` is the JSON
pointer of the value. The wording follows Slack's own ("must be less than 3001 characters").
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `at` is a JSON pointer from the top of the payload, `code` is for programs."""

    at: str
    message: str
    code: str

    def spoken(self) -> str:
        return f"{self.message} [json-pointer:{self.at}]"


class Spec(Protocol):
    def problems(self, value: Any, at: str) -> Iterator[Problem]: ...


Rule = Callable[[Json, str], Iterator[Problem]]
"""What a table cannot say: a check across the fields of one object."""


@dataclass(frozen=True, slots=True)
class String:
    most: int | None = None
    least: int = 1
    choices: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()

    def problems(self, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "must be a string", "type")
            return
        if len(value) < self.least:
            yield Problem(at, f"must be more than {self.least - 1} characters", "min_length")
        if self.most is not None and len(value) > self.most:
            yield Problem(at, f"must be less than {self.most + 1} characters", "max_length")
        if self.choices and value not in self.choices:
            yield Problem(at, "must be a valid enum value", "enum")
        if self.starts and not value.startswith(self.starts):
            yield Problem(at, "must be a valid url", "format")


@dataclass(frozen=True, slots=True)
class Number:
    least: float | None = None
    most: float | None = None
    whole: bool = True

    def problems(self, value: Any, at: str) -> Iterator[Problem]:
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            yield Problem(at, "must be an integer" if self.whole else "must be a number", "type")
        elif self.least is not None and value < self.least:
            yield Problem(at, f"must be greater than or equal to {self.least}", "minimum")
        elif self.most is not None and value > self.most:
            yield Problem(at, f"must be less than or equal to {self.most}", "maximum")


@dataclass(frozen=True, slots=True)
class Flag:
    def problems(self, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, bool):
            yield Problem(at, "must be a boolean", "type")


@dataclass(frozen=True, slots=True)
class Many:
    of: Spec
    most: int | None = None
    least: int = 1

    def problems(self, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "must be an array", "type")
            return
        if len(value) < self.least:
            yield Problem(at, f"no fewer than {self.least} items required", "min_items")
        if self.most is not None and len(value) > self.most:
            yield Problem(at, f"no more than {self.most} items allowed", "max_items")
        for index, item in enumerate(value):
            yield from self.of.problems(item, f"{at}/{index}")


@dataclass(frozen=True, slots=True)
class Record:
    """An object: `required` and `optional` fields, and nothing else."""

    required: Mapping[str, Spec]
    optional: Mapping[str, Spec] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def problems(self, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must provide an object", "type")
            return
        found = list(self._of_fields(value, at))
        yield from found
        if not found:
            for rule in self.rules:
                yield from rule(value, at)

    def _of_fields(self, value: Json, at: str) -> Iterator[Problem]:
        for name in self.required:
            if name not in value:
                yield Problem(at, f"missing required field: {name}", "required")
        for name, content in value.items():
            spec = self.required.get(name) or self.optional.get(name)
            if spec is None:
                yield Problem(at, f"invalid additional property: {name}", "additional_property")
            else:
                yield from spec.problems(content, f"{at}/{name}")


@dataclass(frozen=True, slots=True)
class Typed:
    """An object whose ``type`` says which table holds; `kinds` is asked late, since blocks nest."""

    kinds: Callable[[], Mapping[str, Spec]]

    def problems(self, value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must provide an object", "type")
            return
        kind = value.get("type")
        if kind is None:
            yield Problem(at, "missing required field: type", "required")
            return
        spec = self.kinds().get(kind) if isinstance(kind, str) else None
        if spec is None:
            yield Problem(f"{at}/type", f"unsupported type: {kind}", "unsupported_type")
        else:
            yield from spec.problems(value, at)


def typed(kind: str, required: Mapping[str, Spec], optional: Mapping[str, Spec], *rules: Rule) -> Record:
    """A record with a fixed ``type``."""
    return Record({"type": String(choices=frozenset({kind})), **required}, optional, rules)


def at_least_one(*names: str) -> Rule:
    def rule(value: Json, at: str) -> Iterator[Problem]:
        if not any(value.get(name) for name in names):
            yield Problem(at, f"must provide one of: {', '.join(names)}", "required")

    return rule


def exactly_one(*names: str) -> Rule:
    def rule(value: Json, at: str) -> Iterator[Problem]:
        given = [name for name in names if value.get(name) is not None]
        if not given:
            yield Problem(at, f"missing required field: {names[0]}", "required")
        elif len(given) > 1:
            yield Problem(at, f"must provide only one of: {', '.join(names)}", "one_of")

    return rule
