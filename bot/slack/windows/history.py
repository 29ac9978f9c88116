"""The window that tells who did what to an incident, the newest first."""

from bot.slack.mrkdwn import context
from bot.slack.render.mention_views import ENTRIES_SHOWN, history_message
from bot.slack.rich import Element
from bot.slack.windows.sight import Sight
from bot.slack.windows.window import modal

TITLE = "Who did what"


def history_window(sight: Sight) -> Element:
    entries = sight.standing.history
    newest_first = entries[-ENTRIES_SHOWN:][::-1]
    older = len(entries) - len(newest_first)
    told = history_message(sight.incident, newest_first)["blocks"]
    more = [context(f"{older:,} older steps are not shown; the card's thread has all of them.")] if older else []
    return modal(TITLE, [*sight.heading(), *told, *more])
