"""A small bot that speaks to the sandbox over the real protocol, and a list of what it heard."""

from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.server import SlackServer
from tests.browser.gallery import button, option, plain, section

Json = dict[str, Any]


class LittleBot:
    """`/joblogs` whispers, `/joblogs open` opens a modal; buttons edit their card; Home counts its openings."""

    def __init__(self, server: SlackServer) -> None:
        space = server.workspace
        self.client = AsyncWebClient(token=space.bot_token, base_url=server.api_url)
        self.heard: list[Json] = []
        self.submitted: list[Json] = []
        app = AsyncApp(client=self.client, signing_secret=space.signing_secret)
        app.command("/joblogs")(self._command)
        app.action("acknowledge")(self._acknowledge)
        app.action("keep")(self._keep)
        app.action("assign")(self._keep)
        app.action("more")(self._more)
        app.shortcut("look")(self._keep)
        app.options("job")(self._jobs)
        app.view("logs")(self._submit)
        app.view("everything")(self._take)
        app.event("link_shared")(self._unfurl)
        app.event("app_home_opened")(self._home)
        app.event("app_mention")(self._keep)
        self._socket = AsyncSocketModeHandler(app, space.app_token)

    async def __aenter__(self) -> "LittleBot":
        await self._socket.connect_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close_async()

    async def _command(self, ack: Any, command: Json, client: AsyncWebClient) -> None:
        self.heard.append(command)
        match command["text"]:
            case "open" | "everything" as name:
                await ack()
                view = modal() if name == "open" else everything()
                await client.views_open(trigger_id=command["trigger_id"], view=view)
            case "silence":
                return
            case words:
                await ack(text=f"you asked for {words or 'nothing'}")

    async def _acknowledge(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        who = body["user"]["id"]
        await client.chat_update(**where, text="acknowledged", blocks=card(f"acknowledged by <@{who}>"))

    async def _keep(self, ack: Any, body: Json) -> None:
        self.heard.append(body)
        await ack()

    async def _jobs(self, ack: Any, body: Json) -> None:
        names = [name for name in ("llama-70b-sft", "llama-8b-dpo", "mixtral-eval") if body["value"] in name]
        await ack(options=[option(name) for name in names])

    async def _submit(self, ack: Any, view: Json) -> None:
        values = view["state"]["values"]
        if values["words"]["words"]["value"] == "bad[":
            await ack(response_action="errors", errors={"words": "This regular expression does not close."})
            return
        self.submitted.append(values)
        await ack()

    async def _take(self, ack: Any, view: Json) -> None:
        self.submitted.append(view["state"]["values"])
        await ack()

    async def _more(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        """Updates the modal that was pressed in, then pushes another upon it."""
        await ack()
        seen = everything("It has been updated.")
        await client.views_update(view_id=body["view"]["id"], view=seen)
        pushed = {
            "type": "modal",
            "title": plain("On top"),
            "blocks": [section("pushed")],
            "close": plain("Go back"),
        }
        await client.views_push(trigger_id=body["trigger_id"], view=pushed)

    async def _unfurl(self, event: Json, client: AsyncWebClient) -> None:
        self.heard.append(event)
        previews = {link["url"]: {"blocks": [section("*run-1* is running")]} for link in event["links"]}
        await client.chat_unfurl(channel=event["channel"], ts=event["message_ts"], unfurls=previews)

    async def _home(self, event: Json, client: AsyncWebClient) -> None:
        self.heard.append(event)
        opened = sum(one.get("type") == "app_home_opened" for one in self.heard)
        view = {"type": "home", "blocks": [section(f"opened {opened} times")]}
        await client.views_publish(user_id=event["user"], view=view)


def card(state: str) -> list[Json]:
    """A card whose skeleton stays, as a bot's card does, while its state line changes."""
    confirm = {
        "title": plain("Sure?"),
        "text": plain("It is closed."),
        "confirm": plain("Do it"),
        "deny": plain("No"),
    }
    elements = [
        button("Acknowledge", "acknowledge", style="primary"),
        button("Resolve", "keep", confirm=confirm),
        {"type": "users_select", "action_id": "assign", "placeholder": plain("Assign to…")},
    ]
    return [
        {"type": "header", "block_id": "title", "text": plain("CUDA out of memory")},
        section(state, block_id="state"),
        {"type": "actions", "block_id": "buttons", "elements": elements},
    ]


def modal() -> Json:
    job = {
        "type": "external_select",
        "action_id": "job",
        "min_query_length": 2,
        "placeholder": plain("Search jobs"),
    }
    words = {"type": "plain_text_input", "action_id": "words"}
    return {
        "type": "modal",
        "callback_id": "logs",
        "title": plain("Read logs"),
        "submit": plain("Fetch"),
        "blocks": [
            {"type": "input", "block_id": "job", "label": plain("Job"), "element": job},
            {"type": "input", "block_id": "words", "label": plain("Words"), "element": words, "optional": True},
        ],
    }


def everything(state: str = "It is new.") -> Json:
    """A modal with each kind of input that Slack has."""
    options = [option("One"), option("Two"), option("Three")]
    inputs: list[tuple[str, Json]] = [
        ("Static", {"type": "static_select", "action_id": "it", "options": options}),
        ("Several", {"type": "multi_static_select", "action_id": "it", "options": options}),
        ("People", {"type": "multi_users_select", "action_id": "it"}),
        (
            "Channel",
            {"type": "conversations_select", "action_id": "it", "default_to_current_conversation": True},
        ),
        ("Date", {"type": "datepicker", "action_id": "it", "initial_date": "2026-11-23"}),
        ("Time", {"type": "timepicker", "action_id": "it"}),
        ("Moment", {"type": "datetimepicker", "action_id": "it", "initial_date_time": 1795458600}),
        ("Boxes", {"type": "checkboxes", "action_id": "it", "options": options}),
        ("Radios", {"type": "radio_buttons", "action_id": "it", "options": options}),
        ("Number", {"type": "number_input", "action_id": "it", "is_decimal_allowed": False}),
        ("Story", {"type": "plain_text_input", "action_id": "it", "multiline": True}),
        ("File", {"type": "file_input", "action_id": "it"}),
        ("Rich", {"type": "rich_text_input", "action_id": "it"}),
    ]
    return {
        "type": "modal",
        "callback_id": "everything",
        "title": plain("Everything"),
        "submit": plain("Send"),
        "blocks": [
            {"type": "alert", "level": "warning", "text": plain("Stopping the job costs its last 26 minutes.")},
            section(state, block_id="state", accessory=button("More", "more")),
            *(
                {"type": "input", "block_id": name, "label": plain(name), "optional": True, "element": element}
                for name, element in inputs
            ),
        ],
    }
