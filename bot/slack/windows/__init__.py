"""Windows: what asks a person for something before it is done, or shows more than a message should.

`window` has how they are opened and answered, `fields` what they are made of, `forms` the steps that ask first
(`resolve`, `mute`, `assign`), `menu` a card's menu, `triage` its shortcut; `picker`, `watching` and
`control` (a job is stopped) stand alone, and `options` answers their type-ahead. `unknown` catches what nobody
else listens to.
"""

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk
from bot.slack.windows import control, forms, menu, mute, options, picker, triage, unknown, watching
from bot.slack.windows.assign import ASSIGN
from bot.slack.windows.mute import MUTE
from bot.slack.windows.resolve import RESOLVE


def register(app: AsyncApp, desk: Desk) -> None:
    for form in (RESOLVE, MUTE, ASSIGN):
        forms.register(app, desk, form)
    for room in (control, menu, mute, options, picker, triage, watching):
        room.register(app, desk)


def register_last(app: AsyncApp, desk: Desk) -> None:
    unknown.register_last(app, desk)
