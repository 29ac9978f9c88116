"""Handing an interaction to the app, and what a person reads when it did not come out well."""

from typing import TYPE_CHECKING

from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Ack, Parcel
from bot.sandbox.slack.offering import long_enough, offered
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.wire import Json, Misuse, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace


async def interact(space: "Workspace", payload: Json) -> Outcome:
    """Delivers an interaction and waits for its ack."""
    ack, seconds = await timed(space, Parcel(type="interactive", payload=payload, accepts=True))
    if ack.error is not None:
        return failed(ack, seconds, space.app.name)
    return Outcome(acked=True, response=ack.payload, seconds=seconds)


async def ask_for_options(space: "Workspace", user: str, part: Json, found: tuple[Json, Json], value: str) -> Json:
    """Asks the app what an external select (`found`: its block and itself) offers for `value`.

    Raises:
        Misuse: the query is too short, or the app did not answer in time, or not with options.
    """
    block, element = found
    long_enough(element, value)
    payload = payloads.interaction(space, "block_suggestion", user) | part
    del payload["trigger_id"]
    payload |= {"block_id": block["block_id"], "action_id": element["action_id"], "value": value}
    outcome = await interact(space, payload)
    if outcome.error is not None:
        raise Misuse(outcome.error, outcome.message or "No result.")
    answer = offered(outcome.response)
    where = part["container"].get("view_id") or part["container"]["message_ts"]
    space.offers.remember(user, where, element["action_id"], answer)
    return answer


async def timed(space: "Workspace", parcel: Parcel) -> tuple[Ack, float]:
    """The ack of a delivery, and after how many seconds it came."""
    started_s = space.clock.monotonic_s()
    if space.dispatcher is None:
        return Ack(error="dispatch_failed"), 0.0
    ack = await space.dispatcher.ask(parcel)
    return ack, space.clock.monotonic_s() - started_s


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
