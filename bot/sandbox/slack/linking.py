"""Links of the app's domains: telling the app of them, and showing what it unfurls."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.composing import checked_blocks
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.presence import active
from bot.sandbox.slack.typed_text import escaped
from bot.sandbox.slack.wire import Json, Refusal

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

COMPOSER, HISTORY = "composer", "conversations_history"
COMPOSER_CHANNEL = "COMPOSER"
_URL = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")
_AS_ATTACHMENT = frozenset(
    {"title", "title_link", "text", "color", "fallback", "fields", "footer", "image_url", "pretext", "author_name"}
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """Links that a person has typed and not sent; `id` is the unfurl_id, and what the event calls message_ts."""

    id: str
    user: str
    urls: list[str]
    attachments: list[Json] = field(default_factory=list)


class Links:
    """What was told of links, and the drafts of each person."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace
        self._drafts: dict[str, Draft] = {}
        self._shared: dict[str, tuple[str, str]] = {}

    def posted(self, channel: Channel, message: Json) -> None:
        """A person's message: link_shared, also where the bot is no member (Slack's docs: is_bot_user_member)."""
        self._drafts = {key: one for key, one in self._drafts.items() if one.user != message["user"]}
        links = self._known(message["text"])
        if not links:
            return
        unfurl_id = f"{channel.id}.{message['ts']}.{self._space.mint.token(32).lower()}"
        self._shared[unfurl_id] = (channel.id, message["ts"])
        event = self._event(message["user"], links, unfurl_id, HISTORY)
        event |= {"channel": channel.id, "message_ts": message["ts"], "event_ts": message["ts"]}
        event["is_bot_user_member"] = self._space.roster.bot_is_in(channel)
        if "thread_ts" in message:
            event["thread_ts"] = message["thread_ts"]
        self._space.announcer.tell_of_links(channel, event)

    def typed(self, user: str, text: str) -> list[Json]:
        """Links in the composer: link_shared once per draft; the previews that the app has given so far.

        What people of other organisations type and do not send stays in their own workspace.
        """
        links = self._known(text)
        urls = [link["url"] for link in links]
        draft = next((one for one in self._drafts.values() if one.user == user and one.urls == urls), None)
        if draft is None and links and not self._space.users[user].is_stranger:
            draft = Draft(id=f"{user}-{self._space.mint.token(36).lower()}", user=user, urls=urls)
            self._drafts[draft.id] = draft
            event = self._event(user, links, draft.id, COMPOSER)
            event |= {"channel": COMPOSER_CHANNEL, "message_ts": draft.id, "event_ts": self._space.mint.ts()}
            self._space.announcer.tell_of_links(None, event | {"is_bot_user_member": True})
        return list(draft.attachments) if draft else []

    def unfurl(self, channel_id: str, ts: str, unfurls: Json) -> None:
        """Shows `unfurls` (attachments by URL) under a message, or under a draft.

        Raises:
            Refusal: ``cannot_find_channel``, ``cannot_find_message``, ``cannot_unfurl_message``, …
        """
        if channel_id == COMPOSER_CHANNEL:
            draft = self._drafts.get(ts)
            if draft is None:
                raise Refusal("cannot_find_message")
            draft.attachments = self._merged(draft.attachments, draft.urls, unfurls)
            self._space.news.tell("draft", user=draft.user, attachments=list(draft.attachments))
            return
        channel = self._space.channels.get(channel_id)
        if channel is None:
            raise Refusal("cannot_find_channel")
        message = channel.messages.get(ts)
        if message is None:
            raise Refusal("cannot_find_message")
        urls = [_plain(url) for url in _URL.findall(message["text"])]
        attachments = self._merged(message.get("attachments", []), urls, unfurls)
        self._space.timeline.change(channel, ts, attachments=attachments)

    def place(self, unfurl_id: str, source: str) -> tuple[str, str]:
        """Channel and ts behind an unfurl_id. Raises `Refusal` (``invalid_source``, ``cannot_find_message``)."""
        if source not in {COMPOSER, HISTORY}:
            raise Refusal("invalid_source")
        if source == COMPOSER and unfurl_id in self._drafts:
            return COMPOSER_CHANNEL, unfurl_id
        if source == HISTORY and unfurl_id in self._shared:
            return self._shared[unfurl_id]
        raise Refusal("invalid_unfurl_id")

    # --- private -------------------------------------------------------------------------------------

    def _event(self, user: str, links: list[Json], unfurl_id: str, source: str) -> Json:
        return {"type": "link_shared", "user": user, "unfurl_id": unfurl_id, "source": source, "links": links}

    def _known(self, text: str) -> list[Json]:
        urls = dict.fromkeys(_plain(url) for url in _URL.findall(text))
        return [{"domain": domain, "url": url} for url in urls if (domain := self._domain(url)) is not None]

    def _domain(self, url: str) -> str | None:
        """The app's unfurl domain that `url` falls under."""
        host = re.sub(r"^https?://([^/:?#]+).*$", r"\1", url).lower()
        domains = self._space.app.unfurl_domains
        return next((domain for domain in domains if host == domain or host.endswith("." + domain)), None)

    def _merged(self, old: list[Json], urls: list[str], unfurls: Json) -> list[Json]:
        given_urls = [_plain(url) for url in unfurls]
        for url in given_urls:
            if self._domain(url) is None:
                raise Refusal("cannot_unfurl_url")
            if url not in urls:
                raise Refusal("cannot_unfurl_message")
        kept = [one for one in old if one.get("from_url") not in given_urls]
        number = max((one.get("id", 0) for one in kept), default=0) + 1
        new = [self._attachment(number + index, url, given) for index, (url, given) in enumerate(unfurls.items())]
        return [*kept, *new]

    def _attachment(self, number: int, url: str, given: Any) -> Json:
        if not isinstance(given, dict) or not (given.get("blocks") or _AS_ATTACHMENT & given.keys()):
            raise Refusal("cannot_parse_attachment")
        space = self._space
        attachment = {
            **given,
            "id": number,
            "from_url": _plain(url),
            "original_url": _plain(url),
            "is_app_unfurl": True,
            "app_unfurl_url": _plain(url),
            "app_id": space.app_id,
            "bot_id": space.bot_id,
            "bot_team_id": space.team_id,
        }
        if "blocks" in given:
            if not isinstance(given["blocks"], list):
                raise Refusal("invalid_blocks_format")
            attachment["blocks"] = checked_blocks(space, given["blocks"], at=f"/unfurls/{url}/blocks")
        attachment.setdefault("fallback", "[no preview available]")
        return attachment


def compose(space: "Workspace", user: str, text: str) -> list[Json]:
    active(space, user)
    return space.links.typed(user, escaped(text))


def _plain(url: str) -> str:
    return url.replace("&amp;", "&")
