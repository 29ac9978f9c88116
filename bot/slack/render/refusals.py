"""What a person is told, alone, when what they asked for was not done."""

from bot.incidents.incident import Card, State
from bot.incidents.triage import Refused
from bot.slack.mrkdwn import date, link

BUSY = "Too much is going on here at this moment; please try again in a minute."
CAUSE_FOUND = "The cause was found meanwhile: it is this error now. Do that again if you mean that one."
GONE = "joblogs does not know this incident any more."
NO_CARD = "This is no card of joblogs. Use the shortcut on the message that shows a failure."
NO_WINDOW = "Slack did not open the window in time; please press again."
OLD_BUTTON = "This button has no question any more; please ask again with `/joblogs`."
SHARED_ALREADY = "Slack did not take it: an answer can be used five times within half an hour. Please ask again."
STORE_AWAY = "The database does not answer, so what you asked may not be done. Please try again in a minute."
UNEXPECTED = "Something went wrong here, and the bot's log says what. Please try again, or tell whoever runs it."
UNKNOWN_ACTION = "This button is from another version of joblogs; use a newer message, or `/joblogs help`."
UNKNOWN_SHORTCUT = "This shortcut is from another version of joblogs; `/joblogs help` tells what there is."
UNKNOWN_WINDOW = "This window is from another version of joblogs: nothing was done. Please open it again."
UNKNOWN_COMMAND = "I answer to `/joblogs` alone; `/joblogs help` tells what it can do."
BEGIN_WITH_ME = "Was that for me? Then begin with my name, such as `@joblogs ack`."
NO_LINES = "There are no log lines in this message. Use it on a card, or on lines of a log that somebody shared."

_DONE = {
    State.OPEN: "It was opened again",
    State.ASSIGNED: "It was assigned already",
    State.ACKNOWLEDGED: "It was acknowledged already",
    State.MUTED: "It is muted already",
    State.RESOLVED: "It was resolved already",
}


def already(refused: Refused) -> str:
    """The second of two people hears what the first one did, and when."""
    if refused.state is State.OPEN and refused.actor is None:
        return "It is open."
    who = f" by <@{refused.actor}>" if refused.actor else ""
    when = f", {date(refused.since_ms, '{date_short_pretty} {time}')}" if refused.since_ms else ""
    to = f" to <@{refused.holder}>" if refused.state is State.ASSIGNED and refused.holder else ""
    return f"{_DONE[refused.state]}{to}{who}{when}."


def meanwhile(refused: Refused) -> str:
    """Somebody did something while a window was open in which another wanted to do the like."""
    return f"{already(refused)} Do that again if you still want it."


def superseded(card: Card | None) -> str:
    """An old card: the error is back, and has a card of its own."""
    where = link(card.permalink, "its new card") if card and card.permalink else "its new card"
    return f"This error has come back since. Use {where}."


def handed_over(card: Card) -> str:
    """Its cause was found, and nothing was done to that."""
    where = link(card.permalink, "the card") if card.permalink else "the card"
    return f"This followed from another error, which {where} shows now. Press there if you mean that one."
