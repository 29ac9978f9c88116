"""The Web API, a module per family. `METHODS` maps each method to what it does and what it needs."""

from bot.sandbox.slack.methods import chat, conversations, files, misc, people, reactions, views
from bot.sandbox.slack.methods.method import Method

METHODS: dict[str, Method] = {
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **misc.METHODS,
    **people.METHODS,
    **reactions.METHODS,
    **views.METHODS,
}
