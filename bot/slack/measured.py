"""A client of Slack's Web API that tells how each call went."""

from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.times import Clock

Listener = Callable[[str, str, float], None]
"""Hears of each call: the method, `ok` or Slack's error code or the kind of failure, the seconds it took."""


def nobody(_method: str, _code: str, _seconds: float) -> None:
    """The listener where nothing is measured."""


CUT_OFF = "cancelled"
"""Nobody waited for the answer any longer (`gateway.CALL_TIMEOUT_S`)."""
RECENT_S = 150.0
"""What is tried again is so at least once a minute; a failure of longer ago tells nothing of now."""


class MeasuredClient(AsyncWebClient):
    """`listener` hears of what is sent to a response_url as well (`reply`), which is no call of the Web API."""

    def __init__(self, *, listener: Listener, clock: Clock, **options: Any) -> None:
        super().__init__(**options)
        self.listener = listener
        self._clock = clock
        self._unanswered_since_s: float | None = None
        self._called_s = 0.0

    async def api_call(self, api_method: str, **request: Any) -> AsyncSlackResponse:
        began_s, code = self._clock.monotonic_s(), CUT_OFF
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
            self._note(code)
            self.listener(api_method, code, self._clock.monotonic_s() - began_s)
        return answer

    def unanswered_s(self) -> float:
        """For how long Slack has answered no call, though it was called just now; 0 when all is well."""
        now_s = self._clock.monotonic_s()
        if self._unanswered_since_s is None or now_s - self._called_s > RECENT_S:
            return 0.0
        return now_s - self._unanswered_since_s

    def _note(self, code: str) -> None:
        """A refusal is an answer; what no server of Slack's has said is none."""
        now_s = self._clock.monotonic_s()
        is_exception = code[0].isupper() or code == CUT_OFF
        if not is_exception and not code.startswith("http_"):
            self._unanswered_since_s = None
        elif self._unanswered_since_s is None or now_s - self._called_s > RECENT_S:
            self._unanswered_since_s = now_s
        self._called_s = now_s


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    if isinstance(data, dict) and data.get("error"):
        return str(data["error"])
    return f"http_{getattr(error.response, 'status_code', 0)}"
