"""Settings that are missing, or that do not go together."""

import re
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.check.finding import Finding, fault, note, ok
from bot.settings import Settings

SUBJECT = "settings"
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,}")
_USER = re.compile(r"[UW][A-Z0-9]{6,}")


def look(settings: Settings) -> list[Finding]:
    missing = [fault(SUBJECT, sentence, _WHERE) for sentence in settings.missing()]
    found = [*missing, *_ways_in(settings), *_allowed(settings), *_addresses(settings), *_budget(settings)]
    return found or [ok(SUBJECT, "complete")]


def _ways_in(settings: Settings) -> Iterator[Finding]:
    if settings.uses_sockets and settings.slack_signing_secret:
        told = "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both set: Socket Mode is used, the secret is not."
        yield note(SUBJECT, told, "Take out the one that is not meant.")
    if settings.uses_sockets and settings.host and settings.port is None:
        told = "JOBLOGS_HOST is set and PORT is not: in Socket Mode nothing listens."
        yield note(SUBJECT, told, "Set PORT to serve /healthz, /readyz and /metrics, or take out JOBLOGS_HOST.")
    secret = settings.slack_signing_secret
    if secret and secret.get_secret_value().startswith("x"):
        told = "SLACK_SIGNING_SECRET holds a token."
        yield fault(SUBJECT, told, "Copy Signing Secret from Basic Information → App Credentials: 32 digits a-f.")


def _allowed(settings: Settings) -> Iterator[Finding]:
    kinds = (
        ("JOBLOGS_ALLOWED_CHANNELS", settings.allowed_channels, _CHANNEL, "channel", "the channel's details"),
        ("JOBLOGS_ALLOWED_USERS", settings.allowed_users, _USER, "member", "the member's profile, under ⋮"),
    )
    for variable, values, form, what, where in kinds:
        wrong = sorted(value for value in values if not form.fullmatch(value))
        if wrong:
            told = f"{variable} takes ids, and {', '.join(wrong[:5])} is none: nobody matches it."
            yield fault(SUBJECT, told, f"Copy the {what}'s id from {where}.")


def _addresses(settings: Settings) -> Iterator[Finding]:
    for variable, address in (
        ("SLACK_API_URL", settings.slack_api_url),
        ("BASETEN_API_URL", settings.baseten_api_url),
    ):
        parts = urlsplit(address)
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            yield fault(
                SUBJECT, f"{variable} begins with http://: keys would go out unencrypted.", "Use https://."
            )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _budget(settings: Settings) -> Iterator[Finding]:
    if settings.command_reserve >= settings.requests_per_second:
        told = (
            f"JOBLOGS_COMMAND_RESERVE ({settings.command_reserve}) leaves nothing of"
            f" JOBLOGS_REQUESTS_PER_SECOND ({settings.requests_per_second}) for watching."
        )
        yield fault(SUBJECT, told, "Make the reserve smaller: about a sixth of the whole.")
    owners = defaultdict[str, list[str]](list)
    for name, key in settings.keys.items():
        owners[key.get_secret_value()].append(name)
    for names in owners.values():
        if len(names) > 1:
            told = f"The accounts {' and '.join(names)} have the same key: together they exceed its rate limit."
            yield fault(SUBJECT, told, "Keep one of them.")


_WHERE = "Set it in the environment, as a file (its name with _FILE), or in the folder JOBLOGS_SECRETS_DIR."
