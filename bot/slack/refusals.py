"""What a person is told, alone, when what they asked for was not done."""

from bot.incidents.incident import Card, State
from bot.incidents.triage import Refused
from bot.slack.mrkdwn import date, link

GONE = "joblogs does not know this incident any more."
NO_WINDOW = "Slack did not open the window in time; please press again."
OLD_BUTTON = "This button has no question any more; please ask again with `/joblogs`."
SHARED_ALREADY = "Slack did not take it: an answer can be used five times within half an hour. Please ask again."
STORE_AWAY = "The database is away, so nothing was changed. Please try again in a minute."
UNEXPECTED = "Something went wrong here, and the bot's log says what. Please try again, or tell whoever runs it."
UNKNOWN_ACTION = "This button is from another version of joblogs; use a newer message, or `/joblogs help`."
UNKNOWN_COMMAND = "I answer to `/joblogs` alone; `/joblogs help` tells what it can do."
MENTIONED = "Use the buttons on the card, or `/joblogs help` to see what I can do."

_DONE = {
    State.OPEN: "It is open",
    State.ASSIGNED: "It was assigned already",
    State.ACKNOWLEDGED: "It was acknowledged already",
    State.MUTED: "It is muted already",
    State.RESOLVED: "It was resolved already",
}


def already(refused: Refused) -> str:
    """The second of two people hears what the first one did, and when."""
    who = f" by <@{refused.actor}>" if refused.actor else ""
    when = f", {date(refused.since_ms, '{date_short_pretty} {time}')}" if refused.since_ms else ""
    to = f" to <@{refused.holder}>" if refused.state is State.ASSIGNED and refused.holder else ""
    return f"{_DONE[refused.state]}{to}{who}{when}."


def superseded(card: Card | None) -> str:
    """An old card: the error is back, and has a card of its own."""
    where = link(card.permalink, "its new card") if card and card.permalink else "its new card"
    return f"This error has come back since. Use {where}."
