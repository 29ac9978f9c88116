"""files.*: the three steps of an upload, and reading about a file."""

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.composing import authored, checked_blocks
from bot.sandbox.slack.files import File
from bot.sandbox.slack.methods.chat import pace, thread_of
from bot.sandbox.slack.methods.method import Method
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.wire import Args, Json, Refusal, missing

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

MOST_TARGETS = 100


def get_upload_url(space: "Workspace", args: Args) -> Json:
    length = args.number("length", 0, 0, 10**12, "invalid_arguments")
    file = space.files.reserve(
        args.need("filename"), length, args.text("snippet_type") or None, args.text("alt_txt") or None
    )
    return {"upload_url": f"{space.base_url}/upload/{file.ticket}", "file_id": file.id}


def complete_upload(space: "Workspace", args: Args) -> Json:
    """Posts the files; `shares` of the answer is still empty, later files.info tells it."""
    files = _uploaded(space, args.parsed("files", "invalid_arguments"))
    targets = [_target(space, name) for name in _target_names(args)]
    if args.has("thread_ts") and len(targets) != 1:
        raise Refusal("invalid_arguments", pointers=("thread_ts needs exactly one channel",))
    threads = [thread_of(channel, args) for channel in targets]
    said: Json = {"text": args.text("initial_comment")}
    blocks = args.parsed("blocks", "invalid_blocks_format")
    if blocks:
        said["blocks"] = checked_blocks(space, blocks)
    for channel in targets:
        pace(space, channel)
    for file in files:
        file.completed = True
    answer = {"files": [space.files.slack(file, shares=False) for file in files]}
    for channel, thread in zip(targets, threads, strict=True):
        _share(space, files, channel, said | thread)
    return answer


def info(space: "Workspace", args: Args) -> Json:
    file = space.files.get(args.need("file"))
    return {"file": space.files.slack(file), "comments": [], "response_metadata": {"next_cursor": ""}}


def _uploaded(space: "Workspace", given: Any) -> list[File]:
    if not isinstance(given, list) or not given:
        raise missing("files")
    files = []
    for entry in given:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise missing("id")
        file = space.files.uploaded(entry["id"])
        if file.completed:
            raise Refusal("file_already_completed")
        file.title = str(entry.get("title") or file.name)
        files.append(file)
    return files


def _target_names(args: Args) -> list[str]:
    names = [name for name in (args.text("channels") or args.text("channel_id")).split(",") if name]
    if len(names) > MOST_TARGETS:
        raise Refusal("too_many_channels")
    return names


def _target(space: "Workspace", name: str) -> Channel:
    channel = space.roster.direct(name) if name in space.users else space.roster.seen_by_bot(name)
    if channel.is_archived:
        raise Refusal("is_archived")
    if not space.roster.bot_is_in(channel):
        raise Refusal("not_in_channel")
    return channel


def _share(space: "Workspace", files: list[File], channel: Channel, said: Json) -> None:
    bodies = [space.files.slack(file, shares=False) for file in files]
    message = space.timeline.post(channel, authored(space) | said | {"files": bodies, "upload": False})
    for file in files:
        space.files.share(file, channel, message)
    message["files"] = [space.files.slack(file) for file in files]


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, "files:write", reads=True),
    "files.completeUploadExternal": Method(complete_upload, "files:write"),
    "files.info": Method(info, "files:read", reads=True),
}
