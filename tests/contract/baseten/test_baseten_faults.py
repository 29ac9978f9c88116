"""The fault table: what a network does wrong, and what the client makes of it."""

import asyncio
import gzip
import random
import socket

import httpx
import pytest

from bot.baseten.options import Options
from bot.baseten.transport import Fault, Request, authorization, exchange, open_http
from bot.errors import ApiUnavailable
from bot.flows.services import Priority

POLL = Priority.POLL
GOOD_BODY = b'{"training_jobs": []}'


def get(url: str) -> Request:
    return Request(method="GET", url=url, params={}, body=None, authorization=authorization("Bearer", "k"))


def patient(**changes) -> Options:
    return Options(**{"connect_s": 2.0, "read_s": 2.0} | changes)


async def silence(writer) -> None:
    await asyncio.sleep(30)


async def stops_in_the_body(writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await asyncio.sleep(30)


async def drips(writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def resets_in_the_body(writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()


TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{}"
CHUNKED_CUT = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\r\n"
GARBAGE = b"SSH-2.0-OpenSSH_9.2\r\n\r\n"
TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
BAD_GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\nnot a gzip"


def then_closes(data: bytes):
    async def said(writer) -> None:
        writer.write(data)
        await writer.drain()

    return said


FAULTS = {
    "closed before the reply": (b"", httpx.RemoteProtocolError, "protocol"),
    "a truncated body": (then_closes(TRUNCATED), httpx.RemoteProtocolError, "protocol"),
    "a chunked body that is cut": (then_closes(CHUNKED_CUT), httpx.RemoteProtocolError, "protocol"),
    "a reset in the body": (resets_in_the_body, httpx.RemoteProtocolError, "protocol"),
    "garbage instead of HTTP": (then_closes(GARBAGE), httpx.RemoteProtocolError, "protocol"),
    "two lengths": (then_closes(TWO_LENGTHS), httpx.RemoteProtocolError, "protocol"),
    "broken gzip": (then_closes(BAD_GZIP), httpx.DecodingError, "decoding"),
    "no header in time": (silence, httpx.ReadTimeout, "timeout"),
    "a body that stops": (stops_in_the_body, httpx.ReadTimeout, "timeout"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_of_the_server_has_its_name(raw, http, name):
    said, in_httpx, kind = FAULTS[name]
    raw.otherwise = lambda asked: said
    with pytest.raises(httpx.HTTPError) as caught:
        await http.get(raw.url, timeout=0.2)
    assert type(caught.value) is in_httpx
    with pytest.raises(Fault) as fault:
        await exchange(http, get(raw.url), patient(read_s=0.2))
    assert fault.value.kind == kind


async def test_a_reset_before_the_reply_has_its_name(raw, http, closes_with_a_reset):
    raw.otherwise = lambda asked: closes_with_a_reset
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get(raw.url)


async def test_a_refused_connection_has_its_name(http):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
        with pytest.raises(Fault) as fault:
            await exchange(http, get(url), patient())
        assert fault.value.kind == "connect"


async def test_a_name_that_does_not_exist_is_a_failed_connection(http):
    with pytest.raises(httpx.ConnectError):
        await http.get("http://no-such-host.invalid", timeout=20)


async def test_a_host_that_does_not_take_the_connection_times_out(http):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        queued = [socket.socket() for _ in range(3)]
        for waiting in queued:  # fill the kernel's queue, so that the next one gets no answer
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())
        with pytest.raises(httpx.ConnectTimeout):
            await http.get(f"http://127.0.0.1:{busy.getsockname()[1]}", timeout=0.3)
        for waiting in queued:
            waiting.close()


async def test_a_server_that_speaks_no_tls_is_a_failed_connection(http):
    async def plain(reader, writer) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout=2)


async def test_a_full_pool_times_out(raw):
    raw.replies = [silence]
    async with open_http(connections=1) as http:
        first = asyncio.create_task(exchange(http, get(raw.url), patient()))
        await asyncio.sleep(0.05)
        with pytest.raises(Fault) as fault:
            await exchange(http, get(raw.url), patient(connect_s=0.2))
        assert fault.value.kind == "timeout"
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "http://127.0.0.1:99999/"])
async def test_an_address_that_is_none_is_a_fault_and_no_surprise(http, address):
    with pytest.raises(Fault):
        await exchange(http, get(address), patient())


async def test_a_redirect_is_not_followed(raw, http):
    raw.replies = [raw.reply(302, location=raw.url + "/elsewhere")]
    assert (await exchange(http, get(raw.url), patient())).status == 302
    assert len(raw.asked) == 1


async def test_gzip_is_asked_for_and_read(raw, http):
    raw.replies = [raw.reply(200, gzip.compress(GOOD_BODY), Content_Encoding="gzip")]
    assert (await exchange(http, get(raw.url), patient())).body == GOOD_BODY
    assert raw.asked[0].headers["accept-encoding"] == "gzip"


async def test_a_connection_is_used_again(raw, http):
    raw.otherwise = lambda asked: raw.reply()
    for _ in range(5):
        await exchange(http, get(raw.url), patient())
    assert raw.connections == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_was_closed_while_idle_is_opened_anew(raw, http, method):
    raw.replies = [then_closes(raw.reply()), raw.reply()]
    for _ in range(2):
        body = b"{}" if method == "POST" else None
        request = Request(
            method=method, url=raw.url, params={}, body=body, authorization=authorization("Bearer", "k")
        )
        assert (await exchange(http, request, patient())).status == 200
        await asyncio.sleep(0.05)
    assert raw.connections == 2


async def test_no_cookie_is_kept(raw, http):
    raw.otherwise = lambda asked: raw.reply(200, set_cookie="session=abc; Path=/")
    for _ in range(2):
        await exchange(http, get(raw.url), patient())
    assert [asked.headers.get("cookie") for asked in raw.asked] == [None, None]


async def test_a_proxy_is_used_when_one_is_named(raw):
    raw.otherwise = lambda asked: raw.reply()
    async with open_http(proxy=raw.url) as http:
        assert (await exchange(http, get("http://api.example/v1/x"), patient())).status == 200
    assert raw.asked[0].target == "http://api.example/v1/x"


async def test_a_proxy_that_refuses_is_a_failed_connection(raw):
    raw.otherwise = lambda asked: raw.reply(403)
    async with open_http(proxy=raw.url) as http:
        with pytest.raises(Fault) as fault:
            await exchange(http, get("https://api.example/v1/x"), patient())
    assert (raw.asked[0].method, fault.value.kind) == ("CONNECT", "connect")


async def test_after_twenty_cancelled_requests_twenty_fresh_ones_succeed(raw, http):
    raw.replies = [silence] * 20
    raw.otherwise = lambda asked: raw.reply()
    hanging = [asyncio.create_task(exchange(http, get(raw.url), patient())) for _ in range(20)]
    await raw.has_been_asked(20)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    replies = await asyncio.gather(*(exchange(http, get(raw.url), patient()) for _ in range(20)))
    assert [reply.status for reply in replies] == [200] * 20


async def test_a_storm_of_cancellations_leaves_the_pool_whole(raw):
    async def after_a_moment(writer) -> None:
        await asyncio.sleep(random.uniform(0, 0.006))
        writer.write(raw.reply())
        await writer.drain()

    raw.otherwise = lambda asked: after_a_moment
    async with open_http(connections=10) as http:

        async def impatient() -> None:
            for _ in range(20):
                try:
                    async with asyncio.timeout(random.uniform(0, 0.012)):
                        await exchange(http, get(raw.url), patient())
                except TimeoutError:
                    pass

        await asyncio.gather(*(impatient() for _ in range(30)))
        raw.otherwise = lambda asked: raw.reply()
        replies = await asyncio.gather(*(exchange(http, get(raw.url), patient()) for _ in range(20)))
    assert [reply.status for reply in replies] == [200] * 20


# --- what a caller of the API sees -----------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
async def test_each_fault_is_tried_again_and_then_told(raw, new_api, name):
    said, _, kind = FAULTS[name]
    raw.otherwise = lambda asked: said
    heard = []
    api = new_api(listener=lambda *attempt: heard.append(attempt), read_s=0.1, attempts=2)
    with pytest.raises(ApiUnavailable, match="the list of projects"):
        await api.projects(POLL)
    assert [(endpoint, outcome) for endpoint, outcome, _ in heard] == [("projects", kind)] * 2


@pytest.mark.parametrize("name", FAULTS)
async def test_one_fault_is_not_seen_by_the_caller(raw, new_api, name):
    raw.replies = [FAULTS[name][0], b""]
    raw.otherwise = lambda asked: raw.reply(200, GOOD_BODY)
    assert await new_api(read_s=0.1).search_jobs(priority=POLL) == ()


async def test_a_slow_drip_ends_at_the_deadline(raw, new_api):
    raw.otherwise = lambda asked: drips
    heard = []
    api = new_api(deadline_s=0.4, listener=lambda *attempt: heard.append(attempt))
    with pytest.raises(ApiUnavailable, match=r"no answer within 0\.4 s"):
        await api.search_jobs(priority=POLL)
    assert [outcome for _, outcome, _ in heard] == ["cancelled"]


async def test_a_callers_cancellation_stays_one(raw, new_api):
    raw.otherwise = lambda asked: silence
    task = asyncio.create_task(new_api().search_jobs(priority=POLL))
    await raw.has_been_asked(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
