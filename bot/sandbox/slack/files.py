"""Files: reserved by getUploadURLExternal, filled by an upload, shared by completeUploadExternal."""

import mimetypes
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Json, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack.workspace import Workspace

SNIPPET_BYTES = 1_000_000
UPLOAD_BYTES = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class File:
    """`content` is None until the upload, `shared` False until completeUploadExternal."""

    id: str
    name: str
    title: str
    length: int
    created_s: int
    user: str
    ticket: str
    snippet_type: str | None = None
    alt_txt: str | None = None
    content: bytes | None = None
    completed: bool = False
    shares: dict[str, dict[str, list[Json]]] = field(default_factory=dict)

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "text/plain"

    @property
    def text(self) -> str:
        return (self.content or b"").decode()


class Files:
    """All files of the workspace; iterating gives those that were completed, oldest first."""

    def __init__(self, workspace: "Workspace") -> None:
        self._space = workspace
        self._files: dict[str, File] = {}

    def __iter__(self) -> "Iterator[File]":
        return (file for file in self._files.values() if file.completed)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def reserve(self, name: str, length: int, snippet_type: str | None, alt_txt: str | None) -> File:
        """Raises `Refusal` (``missing_argument``, ``snippet_too_large``, ``alt_txt_too_large``, …)."""
        if length <= 0:
            raise Refusal("missing_argument")
        if length > (SNIPPET_BYTES if snippet_type else UPLOAD_BYTES):
            raise Refusal("snippet_too_large" if snippet_type else "file_upload_size_restricted")
        if alt_txt and len(alt_txt) > 1000:
            raise Refusal("alt_txt_too_large")
        file = File(
            id=self._space.mint.id("F"),
            name=name,
            title=name,
            length=length,
            created_s=self._space.mint.epoch_s(),
            user=self._space.bot_user_id,
            ticket=self._space.mint.token(),
            snippet_type=snippet_type,
            alt_txt=alt_txt,
        )
        self._files[file.id] = file
        return file

    def upload(self, ticket: str, content: bytes) -> bool:
        """Takes the bytes; False when the ticket is unknown, used, or the length is not the one announced."""
        file = next((one for one in self._files.values() if one.ticket == ticket), None)
        if file is None or file.content is not None or len(content) != file.length:
            return False
        file.content = content
        return True

    def uploaded(self, file_id: str) -> File:
        """Raises `Refusal` (``file_not_found``) unless its bytes have arrived."""
        file = self._files.get(file_id)
        if file is None or file.content is None:
            raise Refusal("file_not_found")
        return file

    def get(self, file_id: str) -> File:
        file = self._files.get(file_id)
        if file is None or not file.completed:
            raise Refusal("file_not_found")
        return file

    def share(self, file: File, channel: Channel, message: Json) -> None:
        where = "private" if channel.kind != "channel" else "public"
        share: Json = {"ts": message["ts"], "channel_name": channel.name, "team_id": self._space.team_id}
        if "thread_ts" in message:
            share["thread_ts"] = message["thread_ts"]
        file.shares.setdefault(where, {}).setdefault(channel.id, []).append(share)

    def slack(self, file: File, *, shares: bool = True) -> Json:
        """The `file` object; `shares` is left empty right after the upload, as Slack often does."""
        private = f"{self._space.base_url}/files/{file.id}/{file.name}"
        groups = {name: list(places) for name, places in file.shares.items()} if shares else {}
        return {
            "id": file.id,
            "created": file.created_s,
            "timestamp": file.created_s,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": file.snippet_type or (file.name.rpartition(".")[2] if "." in file.name else "text"),
            "user": file.user,
            "user_team": self._space.team_id,
            "size": file.length,
            "mode": "snippet" if file.snippet_type else "hosted",
            "is_external": False,
            "is_public": "public" in groups,
            "url_private": private,
            "url_private_download": f"{private}?download=1",
            "permalink": private,
            "shares": deepcopy(file.shares) if shares else {},
            "channels": groups.get("public", []),
            "groups": groups.get("private", []),
            "ims": [],
        }
