"""The window that asks to whom an incident is to be assigned."""

from bot.incidents.steps import Assign
from bot.slack import ids
from bot.slack.assignees import assignee
from bot.slack.desk import Desk
from bot.slack.members import Member
from bot.slack.mrkdwn import context, plain
from bot.slack.rich import Element
from bot.slack.windows.fields import Entered, entry
from bot.slack.windows.forms import Asked, Form
from bot.slack.windows.sight import Sight
from bot.slack.windows.window import Wrong, modal

TITLE = "Assign to"
PERSON = "person"


def assign_window(sight: Sight) -> Element:
    people: Element = {"type": "users_select", "placeholder": plain("Choose a person")}
    person = entry(PERSON, "Who takes it over?", people, hint="They are told once, in a direct message.")
    holder = sight.incident.holder
    now = [context(f"It is <@{holder}>'s now.")] if holder else []
    blocks = [*sight.heading(), *now, person]
    return modal(TITLE, blocks, callback=ids.ASSIGN_WINDOW, submit="Assign", data=sight.spot.encode())


async def _read(desk: Desk, sight: Sight, entered: Entered) -> Asked | Wrong:
    user_id = entered.user(PERSON)
    if user_id is None:
        return Wrong({PERSON: "Choose somebody first."})
    if user_id == sight.incident.holder:
        return Wrong({PERSON: "It is theirs already: choose somebody else."})
    found = await assignee(desk, user_id)
    return Asked(Assign(found.id), found.name) if isinstance(found, Member) else Wrong({PERSON: found.sentence})


ASSIGN = Form(callback=ids.ASSIGN_WINDOW, title=TITLE, step=Assign(""), draw=assign_window, read=_read)
