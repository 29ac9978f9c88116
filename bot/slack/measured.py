"""A client of Slack's Web API that tells how each call went."""

from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.times import Clock

Listener = Callable[[str, str, float], None]
"""Hears of each call: the method, `ok` or Slack's error code or the kind of failure, the seconds it took."""


class MeasuredClient(AsyncWebClient):
    def __init__(self, *, listener: Listener, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self._listener = listener
        self._clock = clock

    async def api_call(self, api_method: str, **request: Any) -> AsyncSlackResponse:
        began_s, code = self._clock.monotonic_s(), "cancelled"
        try:
            answer = await super().api_call(api_method, **request)
            code = "ok"
        except SlackApiError as error:
            code = _code(error)
            raise
        except Exception as error:
            code = type(error).__name__
            raise
        finally:
            self._listener(api_method, code, self._clock.monotonic_s() - began_s)
        return answer


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    if isinstance(data, dict) and data.get("error"):
        return str(data["error"])
    return f"http_{getattr(error.response, 'status_code', 0)}"
