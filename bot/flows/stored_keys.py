"""Keys of named accounts as the database has them: sealed. `bot.keys` opens them."""

from dataclasses import dataclass, field
from typing import Protocol

from bot.times import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """`sealed` opens with an encryption key of the operator's alone; `changed_ms` is when the key was stored."""

    account: str
    sealed: str = field(repr=False)
    changed_ms: Ms


class StoredKeys(Protocol):
    def put(self, key: StoredKey) -> bool:
        """Stores or replaces it; True when the account had none before."""
        ...

    def remove(self, account: str) -> bool: ...

    def all(self) -> tuple[StoredKey, ...]:
        """By name; locked until the commit."""
        ...
