"""A channel that takes no messages: what waits for it stops, people hear of it once, it goes on when mended."""

import structlog

from bot.flows.ports import Tx
from bot.incidents.delivery import Delivery, DirectTopic, Kind, direct
from bot.times import Ms, ms_from_s

log = structlog.get_logger(__name__)

TRY_AGAIN_MS = ms_from_s(120)
"""So often it is tried again whether a channel takes messages."""
SHUT_MS = ms_from_s(30)
"""So long after a refusal nothing else is tried in the same channel: its other lanes are parked unasked."""
SHARED = "is_ext_shared"
"""No code of Slack's: it takes the message, and another organisation would read it (`neighbours`)."""
OF_CHANNEL = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)
"""Codes that somebody mends in the channel."""
OF_APP = frozenset(
    {
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
"""Codes that whoever runs the bot mends; a direct message would be refused as well."""
GONE = frozenset(
    {
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "message_not_found",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
"""Somebody deleted or locked the card or its thread. It is not posted anew: it may have held what nobody should
read."""
OF_MESSAGE = frozenset(
    {
        "as_user_not_supported",
        "attachment_payload_limit_exceeded",
        "block_mismatch",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_charset",
        "invalid_form_data",
        "invalid_json",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "markdown_text_conflict",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
"""Codes of a message that Slack will not take tomorrow either, words alone included."""


def stops(row: Delivery, code: str) -> bool:
    """Whether its lane waits until that is mended, and loses nothing of what it holds.

    A direct message that cannot be sent is for nobody: the person has left, or takes none from apps.
    """
    return code in OF_APP or (code in OF_CHANNEL and row.kind is not Kind.DIRECT)


def is_of_row(row: Delivery, code: str) -> bool:
    """Whether this very message can never be sent. A code that nobody here knows may be over tomorrow."""
    return row.kind is Kind.DIRECT or code in GONE | OF_MESSAGE


def close(tx: Tx, row: Delivery, code: str, now: Ms) -> None:
    """Parks the lane of `row`."""
    tx.outbox.park(row, code)
    if row.channel not in tx.shut.by(SHARED):
        refuse(tx, row.channel, code, now)


def refuse(tx: Tx, channel: str, code: str, now: Ms) -> bool:
    """Whether the channel took messages until now: then those who made its watches are told."""
    is_news = tx.shut.close(channel, code, now)
    if is_news and code in OF_CHANNEL | {SHARED}:
        for person in sorted({watch.created_by for watch in tx.watches.of_channel(channel)}):
            told = direct(DirectTopic.CHANNEL_SHUT, person, now, channel=channel, code=code, at_ms=now)
            tx.outbox.add([told])
    return is_news


def is_shut(tx: Tx, row: Delivery, now: Ms) -> bool:
    """Whether the channel refused something a moment ago, or is shared: then the row is parked."""
    is_shared = row.channel in tx.shut.by(SHARED)
    code = SHARED if is_shared else tx.shut.code_since(row.channel, Ms(now - SHUT_MS))
    if code is None or row.kind is Kind.DIRECT:
        return False
    tx.outbox.park(row, code)
    return True


def mended(tx: Tx, channel: str) -> None:
    """The channel takes messages again: all that waits for it goes on. One that is shared always took them."""
    if channel not in tx.shut.by(SHARED):
        internal_again(tx, channel)


def internal_again(tx: Tx, channel: str) -> None:
    was_shut, waiting = tx.shut.open(channel), tx.outbox.unpark(channel)
    if was_shut or waiting:
        log.info("channel_open_again", channel=channel, rows=waiting)


def try_again(tx: Tx, now: Ms) -> None:
    """Lets go on what a refusal of some time ago has stopped.

    Of channels that nobody watches any more everything stays where it is.
    """
    shared = tx.shut.by(SHARED)
    due = [channel for channel in tx.shut.due(Ms(now - TRY_AGAIN_MS)) if channel not in shared]
    watched = {watch.channel for watch in tx.watches.active()} if due else set()
    for channel in due:
        if channel in watched and (count := tx.outbox.unpark(channel)):
            log.info("channel_tried_again", channel=channel, rows=count)
