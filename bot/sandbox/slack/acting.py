"""What people do in channels: saying, commands, elements of messages, shortcuts, the Home tab."""

import re
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import choosing, payloads
from bot.sandbox.slack.blocks.catalog import MESSAGE
from bot.sandbox.slack.choosing import Chooser
from bot.sandbox.slack.delivery import Parcel
from bot.sandbox.slack.interacting import ask_for_options, failed, interact, misanswered, timed
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.presence import inside, parent, resident, visible, writable
from bot.sandbox.slack.responding import say_back
from bot.sandbox.slack.states import state_name, state_of
from bot.sandbox.slack.typed_text import escaped, literal, resolved, rich
from bot.sandbox.slack.wire import Json, Misuse, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

_COMMAND = re.compile(r"(/\S+)\s*(.*)", re.DOTALL)


async def say(space: "Workspace", user: str, channel_id: str, text: str, thread_ts: str | None) -> Outcome:
    """A message, or a command when it begins with a slash."""
    typed = _COMMAND.fullmatch(text.strip())
    if typed:
        return await command(space, user, channel_id, typed[1], typed[2].strip(), thread_ts)
    channel = writable(space, user, channel_id)
    if not text.strip():
        raise Misuse("no_text", "There is nothing to send.")
    if thread_ts is not None:
        parent(channel, thread_ts)
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
    channel = writable(space, user, channel_id)
    called = space.app.command(name)
    if thread_ts is not None:
        raise Misuse("not_in_threads", f"{name} is not supported in threads. Sorry!")
    if called is None or not resident(space, user):
        raise Misuse("invalid_command", f"{name} is not a valid command.")
    words = resolved(space, text) if called.should_escape else literal(space, text)
    payload = payloads.command(space, user, channel, called, words)
    parcel = Parcel(type="slash_commands", payload=payload, accepts=True)
    ack, seconds = await timed(space, parcel)
    if ack.error is not None:
        return failed(ack, seconds, name)
    if ack.payload:
        try:
            say_back(space, user, channel, ack.payload)
        except Refusal as refusal:
            return misanswered(space, refusal, ack, seconds, name)
    return Outcome(acked=True, response=ack.payload, seconds=seconds)


async def press(
    space: "Workspace",
    user: str,
    channel_id: str,
    ts: str,
    ids: choosing.Ids,
    patch: Any,
    values: Json | None = None,
) -> Outcome:
    """An element of a message, by anyone who sees it: strangers too.

    `values`: what else was entered in the message before; it stays for the next time, as in Slack's client.
    """
    channel = space.roster.channels[channel_id]
    message = visible(space, user, channel, ts)
    block, element = choosing.find(_blocks(message), ids)
    _shown_to(user, element)
    chooser = Chooser(space=space, user=user, where=ts)
    state = state_of(_blocks(message), space.entered.of(user, ts), channel.id)
    merge(state, chosen(chooser, _blocks(message), values or {}))
    choice = chooser.choice(element, patch)
    if element["action_id"] in state.get(block["block_id"], {}):
        state[block["block_id"]][element["action_id"]] = choice
    space.entered.remember(user, ts, state)
    if block["type"] == "input" and not block.get("dispatch_action"):
        return Outcome(acked=True)
    payload = payloads.interaction(space, "block_actions", user, channel=channel.id)
    payload |= payloads.on_message(space, user, channel, message, _around(message, block))
    payload["state"] = {"values": state}
    payload["actions"] = [choosing.action(element, block["block_id"], choice, space.mint.ts())]
    return await interact(space, payload)


async def shortcut(
    space: "Workspace", user: str, callback_id: str, channel_id: str | None, ts: str | None
) -> Outcome:
    """A shortcut. Raises `Misuse` for one that the app does not have, and for strangers."""
    known = space.app.shortcut(callback_id)
    if known is None or not resident(space, user):
        raise Misuse("no_such_shortcut", "There is no such shortcut here.")
    if known.type != MESSAGE:
        payload = payloads.interaction(space, "shortcut", user)
        return await interact(space, payload | {"callback_id": callback_id, "action_ts": space.mint.ts()})
    if channel_id is None or ts is None:
        raise Misuse("no_message", "This shortcut needs a message.")
    channel = inside(space, user, channel_id)
    message = channel.messages.get(ts)
    if message is None:
        raise Misuse("message_not_found", "This message is gone.")
    payload = payloads.interaction(space, "message_action", user, channel=channel.id)
    part = payloads.on_message(space, user, channel, message)
    del part["container"]
    more = {"callback_id": callback_id, "action_ts": space.mint.ts(), "message_ts": ts}
    return await interact(space, payload | part | more)


async def suggest(space: "Workspace", user: str, channel_id: str, ts: str, ids: choosing.Ids, value: str) -> Json:
    """What an external select of a message offers."""
    channel = space.roster.channels[channel_id]
    message = visible(space, user, channel, ts)
    part = payloads.on_message(space, user, channel, message)
    del part["response_url"]
    return await ask_for_options(space, user, part, choosing.find(_blocks(message), ids), value)


def open_home(space: "Workspace", user: str, tab: str = "home") -> Json | None:
    """Opens the app's Home tab (or "messages": its direct conversation); the view that is published now."""
    if not resident(space, user) or (tab == "home" and not space.app.home_enabled):
        raise Misuse("not_enabled", "This app has no Home tab for you.")
    view = space.views.homes.get(user)
    space.announcer.home_opened(user, view if tab == "home" else None, tab)
    return view


def chosen(chooser: Chooser, blocks: list[Json], values: Json) -> Json:
    """``state.values`` that follow from what was entered; buttons have no part in it. Raises `Misuse`."""
    done: Json = {}
    for block_id, actions in values.items():
        for action_id, patch in actions.items():
            block, element = choosing.find(blocks, (block_id, action_id))
            if state_name(element) is not None:
                done.setdefault(block["block_id"], {})[action_id] = chooser.choice(element, patch)
    return done


def merge(state: Json, values: Json) -> None:
    for block_id, actions in values.items():
        state.setdefault(block_id, {}).update(actions)


def _shown_to(user: str, element: Json) -> None:
    only = element.get("visible_to_user_ids")
    if only and user not in only:
        raise Misuse("no_such_element", f"There is nothing to use called {element['action_id']}.")


def _around(message: Json, block: Json) -> Json | None:
    """The attachment in which `block` stands; None: in the message itself."""
    around: Json | None = next(
        (one for one in message.get("attachments", ()) if block in one.get("blocks", ())), None
    )
    return around if block not in message.get("blocks", ()) else None


def _blocks(message: Json) -> list[Json]:
    """All blocks of a message, those of its attachments included."""
    nested = [block for attachment in message.get("attachments", ()) for block in attachment.get("blocks", ())]
    return [*message.get("blocks", ()), *nested]
