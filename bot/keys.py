"""Baseten keys at rest: sealed with MultiFernet, and with the name of their account sealed in.

Fernet authenticates what it encrypts but knows no associated data: without the name inside, whoever can write
to the database could hand the key of one account to another.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import ConfigurationError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Opened:
    """The key. `newest` is false when it was sealed with an older encryption key than the first."""

    key: str
    newest: bool

    def __repr__(self) -> str:
        return "Opened(…)"


@dataclass(frozen=True, slots=True)
class Shut:
    """The key cannot be had; the sentence says why and what to do."""

    sentence: str


class Sealing:
    """Seals and opens keys. The first of its encryption keys seals, all of them open."""

    def __init__(self, fernets: tuple[Fernet, ...]) -> None:
        self._fernets = fernets

    def __repr__(self) -> str:
        return f"Sealing({len(self._fernets)} keys)"

    @classmethod
    def of(cls, encryption_keys: Iterable[str]) -> Self:
        """From the encryption keys, newest first.

        Raises:
            ValueError: one of them is none; its place is told, not its text.
        """
        return cls(tuple(_fernet(number, text) for number, text in enumerate(encryption_keys, 1)))

    @property
    def is_possible(self) -> bool:
        return bool(self._fernets)

    def seal(self, account: str, key: str) -> str:
        """`key` for the database.

        Raises:
            ConfigurationError: there is no encryption key.
        """
        if not self._fernets:
            raise ConfigurationError(NO_ENCRYPTION_KEY)
        return self._fernets[0].encrypt(msgspec.json.encode((account, key))).decode()

    def open(self, account: str, sealed: str) -> Opened | Shut:
        if not self._fernets:
            return Shut("its key is encrypted, and JOBLOGS_ENCRYPTION_KEYS is not set")
        try:
            plain = MultiFernet(self._fernets).decrypt(sealed)
            owner, key = msgspec.json.decode(plain, type=tuple[str, str])
        except (InvalidToken, msgspec.DecodeError):
            return Shut(
                "none of JOBLOGS_ENCRYPTION_KEYS opens its key: add the one that it was stored with,"
                f" or store the key again (joblogs accounts add {account})"
            )
        if owner != account:
            return Shut(f"its key belongs to the account {owner}: store its own (joblogs accounts add {account})")
        return Opened(key, newest=_opens(self._fernets[0], sealed))


def new_encryption_key() -> str:
    """A fresh one, as JOBLOGS_ENCRYPTION_KEYS takes it."""
    return Fernet.generate_key().decode()


def _fernet(number: int, text: str) -> Fernet:
    try:
        return Fernet(text)
    except ValueError:
        raise ValueError(
            f"number {number} is no encryption key; joblogs accounts new-encryption-key prints one"
        ) from None


def _opens(fernet: Fernet, sealed: str) -> bool:
    try:
        fernet.decrypt(sealed)
    except InvalidToken:
        return False
    return True


NO_ENCRYPTION_KEY = (
    "Keys are stored encrypted alone: set JOBLOGS_ENCRYPTION_KEYS first"
    " (joblogs accounts new-encryption-key prints one), or give the key as JOBLOGS_ACCOUNTS or BASETEN_API_KEY."
)
