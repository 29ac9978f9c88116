"""Uploads in three steps, and reading files back."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace import Workspace
from tests.contract.sandbox_slack.wires import ADA, ALERTS, Api

LOG = "g00r0 12:00:00.000 ERROR é\n" * 3


async def uploaded(api: Api, content: bytes = b"abc") -> str:
    """The id of a file whose bytes have arrived."""
    step = await api.form("files.getUploadURLExternal", filename="a.txt", length=len(content))
    async with api.session.post(step.body["upload_url"], data=content) as response:
        assert response.status == 200
    return str(step.body["file_id"])


async def test_the_sdk_uploads_into_a_thread(api: Api, workspace: Workspace) -> None:
    root = await api.post("card")
    client = AsyncWebClient(workspace.bot_token, base_url=api.server.api_url)
    answer = await client.files_upload_v2(
        channel=ALERTS, thread_ts=root, content=LOG, filename="run.log", title="The log", initial_comment="here"
    )
    assert answer["files"][0]["shares"] == {}
    _, message = workspace.messages(ALERTS, root)
    assert (message["text"], message["files"][0]["title"]) == ("here", "The log")
    (file,) = workspace.files
    assert (file.text, file.length) == (LOG, len(LOG.encode()))
    info = await api.form("files.info", file=file.id)
    assert info.body["file"]["shares"]["public"][ALERTS][0]["ts"] == message["ts"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"filename": "a.txt", "length": 0}, "missing_argument"),
        ({"length": 3}, "invalid_arguments"),
        ({"filename": "a.txt", "length": 1_000_000, "snippet_type": "python"}, None),
        ({"filename": "a.txt", "length": 1_000_001, "snippet_type": "python"}, "snippet_too_large"),
        ({"filename": "a.txt", "length": 1_000_001}, None),
        ({"filename": "a.txt", "length": 3, "alt_txt": "x" * 1001}, "alt_txt_too_large"),
    ],
)
async def test_a_place_for_a_file_has_limits(arguments: dict[str, Any], code: str | None, api: Api) -> None:
    assert (await api.form("files.getUploadURLExternal", **arguments)).error == code


async def test_bytes_of_another_length_or_a_second_time_are_not_taken(api: Api) -> None:
    step = await api.form("files.getUploadURLExternal", filename="a.txt", length=3)
    statuses = []
    for content in (b"abcd", b"abc", b"abc"):
        async with api.session.post(step.body["upload_url"], data=content) as response:
            statuses.append(response.status)
    assert statuses == [400, 200, 400]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"channel_id": "C0GENERAL1"}, "not_in_channel"),
        ({"channel_id": "C0ARCHIVED"}, "is_archived"),
        ({"channel_id": "C0NOWHERE1"}, "channel_not_found"),
        ({"channel_id": ALERTS, "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channels": ",".join(["C1"] * 101)}, "too_many_channels"),
        ({"files": []}, "invalid_arguments"),
        ({"files": [{"id": "F0NOTHING1"}]}, "file_not_found"),
    ],
)
async def test_a_file_is_shared_where_the_bot_is_and_nowhere_else(
    more: dict[str, Any], code: str, api: Api, workspace: Workspace
) -> None:
    file_id = await uploaded(api)
    answer = await api("files.completeUploadExternal", **{"files": [{"id": file_id}], **more})
    assert answer.error == code
    assert len(workspace.files) == 0


async def test_a_file_that_was_not_completed_cannot_be_seen(api: Api) -> None:
    file_id = await uploaded(api)
    assert (await api.form("files.info", file=file_id)).error == "file_not_found"


async def test_a_file_is_read_with_the_token_or_on_the_page_and_by_nobody_else(
    api: Api, workspace: Workspace
) -> None:
    file_id = await uploaded(api)
    answer = await api("files.completeUploadExternal", files=[{"id": file_id}], channel_id=ALERTS)
    url = answer.body["files"][0]["url_private"]
    seen = []
    for headers, query in (({"Authorization": f"Bearer {api.token}"}, {}), ({}, {"as": ADA}), ({}, {})):
        async with api.session.get(url, headers=headers, params=query) as response:
            seen.append((response.content_type, await response.text()))
    assert seen[:2] == [("text/plain", "abc")] * 2
    assert seen[2][0] == "text/html"


async def test_an_upload_fails_on_command(api: Api, workspace: Workspace) -> None:
    step = await api.form("files.getUploadURLExternal", filename="a.txt", length=3)
    workspace.faults.add("upload", "500")
    statuses = []
    for _ in range(2):
        async with api.session.post(step.body["upload_url"], data=b"abc") as response:
            statuses.append(response.status)
    assert statuses == [500, 200]
