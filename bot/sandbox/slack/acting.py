"""What people do in channels: saying, commands, buttons, shortcuts, the Home tab."""

import re
from typing import TYPE_CHECKING

from bot.sandbox.slack import choosing, payloads
from bot.sandbox.slack.blocks.catalog import MESSAGE
from bot.sandbox.slack.delivery import Ack, Parcel
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.responding import say_back
from bot.sandbox.slack.typed_text import escaped, literal, resolved, rich
from bot.sandbox.slack.views import message_state
from bot.sandbox.slack.wire import Json, Misuse, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_COMMAND = re.compile(r"(/\S+)\s*(.*)", re.DOTALL)


async def say(space: "Workspace", user: str, channel_id: str, text: str, thread_ts: str | None) -> Outcome:
    """A message, or a command when it begins with a slash."""
    if space.roster.channels[channel_id].is_im and space.app.direct_read_only:
        raise Misuse("messages_tab_disabled", "Sending messages to this app has been turned off.")
    typed = _COMMAND.fullmatch(text.strip())
    if typed:
        return await command(space, user, channel_id, typed[1], typed[2].strip(), thread_ts)
    channel = _present(space, user, channel_id)
    if not text.strip():
        raise Misuse("no_text", "There is nothing to send.")
    if thread_ts is not None:
        _parent(channel, thread_ts)
    person, spelled = space.users[user], escaped(text)
    message: Json = {
        "user": user,
        "text": spelled,
        "client_msg_id": space.mint.token(36),
        "team": person.team_id,
        "blocks": [rich(spelled, space.mint.token(5))],
    }
    if person.is_stranger:
        message |= {"user_team": person.team_id, "source_team": person.team_id}
    stored = space.timeline.post(channel, message | ({"thread_ts": thread_ts} if thread_ts else {}))
    return Outcome(acked=True, ts=stored["ts"])


async def command(
    space: "Workspace", user: str, channel_id: str, name: str, text: str, thread_ts: str | None
) -> Outcome:
    """A slash command. Raises `Misuse` in a thread, for strangers, and for commands that no app has."""
    channel = _present(space, user, channel_id)
    called = space.app.command(name)
    if thread_ts is not None:
        raise Misuse("not_in_threads", f"{name} is not supported in threads. Sorry!")
    if called is None or space.users[user].is_stranger:
        raise Misuse("invalid_command", f"{name} is not a valid command.")
    words = resolved(space, text) if called.should_escape else literal(space, text)
    payload = payloads.command(space, user, channel, called, words)
    parcel = Parcel(type="slash_commands", payload=payload, accepts=True)
    ack, seconds = await _timed(space, parcel)
    if ack.error is not None:
        return failed(ack, seconds, name)
    if ack.payload:
        try:
            say_back(space, user, channel, ack.payload)
        except Refusal as refusal:
            return misanswered(space, refusal, ack, seconds, name)
    return Outcome(acked=True, response=ack.payload, seconds=seconds)


async def press(
    space: "Workspace", user: str, channel_id: str, ts: str, ids: choosing.Ids, patch: Json | None
) -> Outcome:
    """An element of a message, by anyone who sees it: strangers too."""
    channel = space.roster.channels[channel_id]
    message = _visible(space, user, channel, ts)
    block, element = choosing.find(_blocks(message), ids)
    choice = choosing.chosen(space, element, patch)
    payload = payloads.interaction(space, "block_actions", user) | payloads.on_message(
        space, user, channel, message
    )
    state = message_state(message.get("blocks", []))
    if choice and block["block_id"] in state and element["action_id"] in state[block["block_id"]]:
        state[block["block_id"]][element["action_id"]] = choice
    payload["state"] = {"values": state}
    payload["actions"] = [choosing.action(element, block["block_id"], choice, space.mint.ts())]
    return await interact(space, payload)


async def shortcut(
    space: "Workspace", user: str, callback_id: str, channel_id: str | None, ts: str | None
) -> Outcome:
    """A shortcut. Raises `Misuse` for one that the app does not have, and for strangers."""
    known = space.app.shortcut(callback_id)
    if known is None or space.users[user].is_stranger:
        raise Misuse("no_such_shortcut", "There is no such shortcut here.")
    if known.type != MESSAGE:
        payload = payloads.interaction(space, "shortcut", user)
        return await interact(space, payload | {"callback_id": callback_id, "action_ts": space.mint.ts()})
    if channel_id is None or ts is None:
        raise Misuse("no_message", "This shortcut needs a message.")
    channel = _present(space, user, channel_id)
    message = channel.messages.get(ts)
    if message is None:
        raise Misuse("message_not_found", "This message is gone.")
    payload = payloads.interaction(space, "message_action", user)
    part = payloads.on_message(space, user, channel, message)
    del part["container"]
    more = {"callback_id": callback_id, "action_ts": space.mint.ts(), "message_ts": ts}
    return await interact(space, payload | part | more)


async def suggest(space: "Workspace", user: str, channel_id: str, ts: str, ids: choosing.Ids, value: str) -> Json:
    """What an external select of a message offers."""
    channel = space.roster.channels[channel_id]
    message = _visible(space, user, channel, ts)
    block, element = choosing.find(_blocks(message), ids)
    part = payloads.on_message(space, user, channel, message)
    del part["response_url"]
    return await ask_for_options(space, user, part, (block["block_id"], element["action_id"]), value)


async def ask_for_options(space: "Workspace", user: str, part: Json, ids: tuple[str, str], value: str) -> Json:
    """Asks the app for options. Raises `Misuse` when it does not answer, or not with options."""
    payload = payloads.interaction(space, "block_suggestion", user) | part
    del payload["trigger_id"]
    payload |= {"block_id": ids[0], "action_id": ids[1], "value": value}
    outcome = await interact(space, payload)
    if outcome.error is not None:
        raise Misuse(outcome.error, outcome.message or "No result.")
    return choosing.offered(outcome.response)


def open_home(space: "Workspace", user: str) -> Json | None:
    if not space.app.home_enabled:
        raise Misuse("not_enabled", "This app has no Home tab.")
    view = space.views.homes.get(user)
    space.announcer.home_opened(user, view)
    return view


async def interact(space: "Workspace", payload: Json) -> Outcome:
    """Delivers an interaction and waits for its ack."""
    ack, seconds = await _timed(space, Parcel(type="interactive", payload=payload, accepts=True))
    if ack.error is not None:
        return failed(ack, seconds, space.app.name)
    return Outcome(acked=True, response=ack.payload, seconds=seconds)


def failed(ack: Ack, seconds: float, what: str) -> Outcome:
    """What a person reads when the app did not acknowledge in time, or nobody was there to."""
    message = f"{what} failed because the app did not respond"
    if ack.error != "operation_timeout":
        message = f'{what} failed with the error "{ack.error}"'
    return Outcome(acked=False, seconds=seconds, error=ack.error, message=message)


def misanswered(space: "Workspace", refusal: Refusal, ack: Ack, seconds: float, what: str) -> Outcome:
    """An ack whose content Slack refuses; its pointers are told on the page."""
    detail = "; ".join(refusal.pointers)
    space.news.tell("error", message=f"{what}: {refusal.code} {detail}".strip())
    message = f'{what} failed with the error "{refusal.code}"'
    return Outcome(acked=True, response=ack.payload, seconds=seconds, error=refusal.code, message=message)


async def _timed(space: "Workspace", parcel: Parcel) -> tuple[Ack, float]:
    started_s = space.clock.monotonic_s()
    if space.dispatcher is None:
        return Ack(error="dispatch_failed"), 0.0
    ack = await space.dispatcher.ask(parcel)
    return ack, space.clock.monotonic_s() - started_s


def _present(space: "Workspace", user: str, channel_id: str) -> Channel:
    channel = space.roster.channels[channel_id]
    if user not in channel.members:
        raise Misuse("not_in_channel", f"You are not in #{channel.name}.")
    if channel.is_archived:
        raise Misuse("is_archived", f"#{channel.name} is archived.")
    return channel


def _parent(channel: Channel, ts: str) -> Json:
    parent = channel.messages.get(ts)
    if parent is None:
        raise Misuse("thread_not_found", "This thread is gone.")
    if parent.get("thread_ts") not in {None, ts}:
        raise Misuse("not_a_parent", "A thread hangs under its first message, not under a reply.")
    return parent


def _visible(space: "Workspace", user: str, channel: Channel, ts: str) -> Json:
    if user not in channel.members and channel.kind != "channel":
        raise Misuse("not_in_channel", "You cannot see this conversation.")
    message = space.timeline.ephemeral(user, channel.id, ts) or channel.messages.get(ts)
    if message is None:
        raise Misuse("message_not_found", "This message is gone.")
    return message


def _blocks(message: Json) -> list[Json]:
    """All blocks of a message, those of its attachments included."""
    nested = [block for attachment in message.get("attachments", ()) for block in attachment.get("blocks", ())]
    return [*message.get("blocks", ()), *nested]
