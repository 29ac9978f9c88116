"""Downloads: a window of a log as a file, sent to whoever asked as a direct message, with its progress."""

import asyncio
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO
from uuid import uuid4

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import JoblogsError, SlackRefused, SlackUnavailable, SlackUnclear, TransientError
from bot.flows.download import Download, Progress
from bot.slack import ids
from bot.slack.gateway import translated
from bot.slack.mrkdwn import Message, actions, button, escape, section
from bot.slack.posting import post_once
from bot.times import Clock

UNSURE = "Slack did not say whether it took the file. If it does not appear here in a minute, please ask again."
log = structlog.get_logger(__name__)

EDIT_INTERVAL_S = 5.0
"""Edits of all messages of a workspace share about 50 a minute."""
UPLOAD_TIMEOUT_S = 600.0
BAR_CELLS = 20


@dataclass(slots=True)
class _Running:
    user: str
    task: "asyncio.Task[None]"


@dataclass(slots=True)
class Downloads:
    """Those that run in this process, by id."""

    client: AsyncWebClient
    clock: Clock
    _running: dict[str, _Running] = field(default_factory=dict)

    async def start(self, download: Download, user: str) -> str:
        """Begins it; the sentence for the person who asked.

        Raises:
            TransientError: Slack does not answer.
        """
        try:
            opened = await translated(self.client.conversations_open(users=user))
        except SlackRefused as error:
            return f"Slack does not let me send you a direct message ({error.code})."
        name = uuid4().hex
        task = asyncio.create_task(self._run(name, download, opened["channel"]["id"]), name=f"download {name}")
        self._running[name] = _Running(user, task)
        task.add_done_callback(lambda _: self._running.pop(name, None))
        return f"I am sending you `{download.filename}` as a direct message."

    def cancel(self, name: str, user: str) -> str | None:
        """Stops it; a sentence when that cannot be done."""
        running = self._running.get(name)
        if running is None:
            return "This download is not running any more."
        if running.user != user:
            return "Only the person who started a download can cancel it."
        running.task.cancel()
        return None

    async def close(self) -> None:
        """Stops all of them; each one's message says so."""
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, name: str, download: Download, channel: str) -> None:
        """A download's door: its message always ends with how it went."""
        title = escape(download.filename)
        ts = await self._begun(channel, _progress_message(name, title, Progress()))
        if ts is None:
            return
        ending = "Something went wrong; please try again."
        try:
            ending = await self._send(name, download, channel, ts)
        except asyncio.CancelledError:
            ending = "Cancelled; nothing was uploaded."
            raise
        except JoblogsError as error:
            ending = f"Not uploaded: {error}"
        except Exception:
            log.exception("download_failed")
        finally:
            with suppress(JoblogsError):
                await self._edit(channel, ts, {"text": f"`{title}`: {escape(ending)}", "blocks": []})

    async def _begun(self, channel: str, message: Message) -> str | None:
        """Where the progress is shown; None, and then there is no download, when Slack does not take it."""
        try:
            return await post_once(self.client, self.clock, message, channel=channel)
        except SlackRefused as error:
            log.warning("download_refused", code=error.code)
            return None

    async def _send(self, name: str, download: Download, channel: str, ts: str) -> str:
        title = escape(download.filename)
        edited_s = self.clock.monotonic_s()
        progress = Progress()
        with tempfile.TemporaryFile(prefix="joblogs-") as file:
            async for part, progress in download.parts():
                await asyncio.to_thread(file.write, part)
                if self.clock.monotonic_s() - edited_s >= EDIT_INTERVAL_S:
                    edited_s = self.clock.monotonic_s()
                    with suppress(TransientError):
                        await self._edit(channel, ts, _progress_message(name, title, progress))
            is_sure = await self._upload(file, download.filename, channel, ts)
        return progress.statement or "" if is_sure else UNSURE

    async def _edit(self, channel: str, ts: str, message: Message) -> None:
        await translated(self.client.chat_update(channel=channel, ts=ts, **message))

    async def _upload(self, file: IO[bytes], filename: str, channel: str, thread_ts: str) -> bool:
        """Whether it is known to be there: Slack may have taken it and its answer is lost."""
        length = file.tell()
        file.seek(0)
        place = await translated(self.client.files_getUploadURLExternal(filename=filename, length=length))
        session = self.client.session
        if session is None:
            raise SlackUnavailable("there is no connection to Slack")
        timeout = aiohttp.ClientTimeout(total=UPLOAD_TIMEOUT_S)
        try:
            async with session.post(place["upload_url"], data=file, timeout=timeout) as response:
                if response.status != 200:
                    raise SlackUnavailable(f"Slack did not take the file (HTTP {response.status})")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackUnavailable(f"Slack did not take the file: {type(error).__name__}") from None
        files = [{"id": place["file_id"], "title": filename}]
        complete = self.client.files_completeUploadExternal(files=files, channel_id=channel, thread_ts=thread_ts)
        try:
            await translated(complete)
        except SlackUnclear as error:
            log.warning("upload_unclear", reason=str(error))
            return False
        return True


def _progress_message(name: str, title: str, progress: Progress) -> Message:
    done = round(progress.share * BAR_CELLS)
    bar = "█" * done + "░" * (BAR_CELLS - done)
    text = f"`{title}`  {bar}  {progress.share:.0%}, {progress.lines:,} lines"
    return {"text": text, "blocks": [section(text), actions(button("Cancel", ids.CANCEL_DOWNLOAD, name))]}
