"""httpx over aiohttp: one exchange of a request for a reply, or a `Fault` that says what went wrong.

The only module that imports httpx. Its own connection pool is not used: requests cancelled in mid-flight
leave it full for ever (encode/httpcore issues 830 and 1093), and a poller cancels often. httpx-aiohttp
replaces it, with its error map repaired here: it reports refused connections and connections that were reset
before the reply as connect timeouts, and lets some of aiohttp's errors through as they are.
"""

from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from bot.baseten.options import Options

Http = httpx.AsyncClient
"""The client that all accounts of a process share: each new one costs a TLS context and a pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`authorization` is the whole header value, hidden from reprs."""

    method: str
    url: str
    params: Mapping[str, str | int]
    body: bytes | None
    authorization: "_Authorization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fault(Exception):
    """No reply, or none that is HTTP. `kind` is one of timeout, connect, protocol, decoding.

    It has no cause on purpose: aiohttp's errors carry the request's headers in their repr, and so the key.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@asynccontextmanager
async def open_http(*, connections: int = 200, proxy: str | None = None) -> AsyncIterator[Http]:
    """The shared client. It keeps no cookies, follows no redirects and reads no environment.

    Cookies would tie one account's requests to another's; a redirect would carry the key somewhere else.
    `proxy` is a URL such as ``http://proxy.corp:3128``.
    """
    transport = _Transport(
        limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0),
        proxy=httpx.Proxy(proxy) if proxy else None,
    )
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "joblogs"}
    async with httpx.AsyncClient(transport=transport, cookies=no_cookies, headers=headers) as http:
        yield http


def authorization(scheme: str, key: str) -> "_Authorization":
    return _Authorization(f"{scheme} {key}")


async def exchange(http: Http, request: Request, options: Options) -> Reply:
    """Sends `request` once and reads the whole reply, whatever its status.

    Raises:
        Fault: there was no reply, or it was no HTTP, or its compression was broken.
    """
    try:
        response = await http.request(
            request.method,
            request.url,
            params=request.params or None,
            content=request.body,
            headers={"Content-Type": "application/json"} if request.body is not None else None,
            auth=request.authorization,
            timeout=httpx.Timeout(options.read_s, connect=options.connect_s, pool=options.connect_s),
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fault = _fault(error)
    else:
        return Reply(status=response.status_code, headers=response.headers, body=response.content)
    raise fault


class _Authorization(httpx.Auth):
    """Puts the header in at the last moment; as an object it shows nothing."""

    def __init__(self, value: str) -> None:
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._value
        yield request


class _Transport(AiohttpTransport):
    """httpx-aiohttp with faults named as httpx itself names them, and without aiohttp's cookie jar."""

    def get_client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self.limits.max_connections or 0,
            keepalive_timeout=self.limits.keepalive_expiry,
            ssl=self.ssl_context,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await super().handle_async_request(request)
        except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
            repaired = _repaired(error)
        else:
            response.stream = _Body(cast(httpx.AsyncByteStream, response.stream))
            return response
        raise repaired


class _Body(httpx.AsyncByteStream):
    """The body's stream, with the same repair."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except (httpx.TransportError, aiohttp.ClientError, OSError) as error:
            repaired = _repaired(error)
        else:
            return
        raise repaired

    async def aclose(self) -> None:
        await self._stream.aclose()


# First match wins, so the narrower class stands above the wider one.
_REPAIRS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerFingerprintMismatch, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)


def _repaired(error: Exception) -> httpx.TransportError:
    """The httpx error for what aiohttp saw. Made anew, without a cause: see `Fault`."""
    seen = error if isinstance(error, aiohttp.ClientError) else error.__cause__
    for kind, repaired in _REPAIRS:
        if isinstance(seen, kind):
            return repaired(_words(seen))
    return httpx.ReadError(_words(error))


def _words(error: Exception) -> str:
    """What `error` says for itself; aiohttp's response errors say the URL as well, and that is left out."""
    if isinstance(error, aiohttp.ClientResponseError):
        return " ".join(error.message.split())[:200] or "not an HTTP answer"
    return str(error) or type(error).__name__


def _fault(error: Exception) -> Fault:
    match error:
        case httpx.ConnectTimeout():
            return Fault("timeout", "no connection in time")
        case httpx.TimeoutException():
            return Fault("timeout", "no answer in time")
        case httpx.NetworkError() | httpx.ProxyError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Fault("connect", str(error))
        case httpx.DecodingError():
            return Fault("decoding", "the answer's compression is broken")
        case _:
            return Fault("protocol", str(error))
