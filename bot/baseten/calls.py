"""One question to the API, with slots of the budget, authorization, retries and a deadline."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from bot.baseten.budget import Budget
from bot.baseten.lenient import Undecodable
from bot.baseten.options import Account, Scheme
from bot.baseten.refusals import failure
from bot.baseten.transport import Fault, Http, Reply, Request, authorization, exchange
from bot.errors import ApiRateLimited, ApiUnavailable, PermanentError, TransientError
from bot.flows.services import Priority
from bot.times import Clock

T = TypeVar("T")

Listener = Callable[[str, str, float], None]
"""Hears of each attempt: the endpoint, the HTTP status or the kind of fault, the seconds it took.

Kinds: timeout, connect, protocol, decoding (see `Fault`), cancelled (by the caller or the deadline).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question. `endpoint` names its budget; `about` names what is asked for, in messages to people.

    `once`: it does something that must not be done twice, so that it is not repeated after a lost answer.
    """

    endpoint: str
    method: str
    path: str
    about: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    once: bool = False


class Calls:
    """Asks as one account. What only reads is repeated until it is answered."""

    def __init__(self, account: Account, http: Http, clock: Clock, listener: Listener | None) -> None:
        self._account = account
        self._options = account.options
        self._http = http
        self._clock = clock
        self._listener = listener
        self._budgets = defaultdict[str, Budget](lambda: Budget(account.options, clock))
        self._scheme = account.options.scheme
        self._scheme_works = False

    async def answer(self, ask: Ask, decode: Callable[[bytes], T], priority: Priority) -> T:
        """The decoded answer, however many attempts that takes within the limits of `Options`.

        Raises:
            ApiUnavailable: no answer, 5xx or garbage, to the last attempt or until the deadline.
            ApiRateLimited: 429 for longer than the deadline allows, or no free slot until then.
            ApiRefused: any other status; `ApiUnauthorized`, `ApiForbidden` and `ApiNotFound` by name.
        """
        progress = _Progress(ends_s=self._clock.monotonic_s() + self._options.deadline_s)
        try:
            async with asyncio.timeout(self._options.deadline_s):
                return await self._attempts(ask, decode, priority, progress)
        except TimeoutError:
            raise progress.too_late(ask, self._options.deadline_s) from None

    async def _attempts(
        self, ask: Ask, decode: Callable[[bytes], T], priority: Priority, progress: "_Progress"
    ) -> T:
        while True:
            await self._slot(ask, priority, progress)
            try:
                return self._decoded(ask, await self._authorized(ask, priority), decode)
            except TransientError as fault:
                progress.faults.append(fault)
                pause_s = self._pause_s(fault, len(progress.faults))
                spent = len(progress.faults) >= (1 if ask.once else self._options.attempts)
                if spent or pause_s >= self._left_s(progress):
                    raise
            if not isinstance(progress.faults[-1], ApiRateLimited):  # the budget holds that one, and all others
                await self._clock.sleep(pause_s)

    async def _slot(self, ask: Ask, priority: Priority, progress: "_Progress") -> None:
        """Waits for the budget, but not in vain: a hold that outlasts the call is told at once."""
        budget = self._budgets[ask.endpoint]
        held_s = budget.held_s()
        if held_s >= self._left_s(progress):
            message = f"Baseten limits the rate of requests: {ask.about} must wait {held_s:.0f} s"
            raise ApiRateLimited(message, retry_after_s=held_s)
        progress.queued = True
        await budget.take(priority)
        progress.queued = False

    async def _authorized(self, ask: Ask, priority: Priority) -> Reply:
        """The reply under the scheme that works. Until one is known to, a 401 tries the other once.

        A question that was already on its way when another found the working scheme takes that one.
        """
        scheme = self._scheme
        reply = await self._attempt(ask, scheme)
        if reply.status == 401 and (scheme is not self._scheme or not self._scheme_works):
            await self._budgets[ask.endpoint].take(priority)
            scheme = scheme.other
            second = await self._attempt(ask, scheme)
            reply = reply if second.status == 401 else second
        if reply.status < 300:
            self._scheme, self._scheme_works = scheme, True
        return reply

    async def _attempt(self, ask: Ask, scheme: Scheme) -> Reply:
        request = Request(
            method=ask.method,
            url=self._options.base_url.rstrip("/") + ask.path,
            params=ask.params,
            body=None if ask.body is None else msgspec.json.encode(ask.body),
            authorization=authorization(scheme, self._account.key),
        )
        began_s, outcome = self._clock.monotonic_s(), "cancelled"
        try:
            reply = await exchange(self._http, request, self._options)
            outcome = str(reply.status)
        except Fault as fault:
            outcome, words = fault.kind, str(fault)
        else:
            return reply
        finally:
            if self._listener:
                self._listener(ask.endpoint, outcome, self._clock.monotonic_s() - began_s)
        # Raised here and not above: a server that repeats the key in its garbage would have it in the context.
        raise ApiUnavailable(self._masked(f"Baseten gave no answer for {ask.about}: {words}"))

    def _decoded(self, ask: Ask, reply: Reply, decode: Callable[[bytes], T]) -> T:
        budget = self._budgets[ask.endpoint]
        if reply.status != 429:
            budget.accepted()
        if not 200 <= reply.status < 300:
            raise self._failure(ask, reply, budget)
        try:
            return decode(reply.body)
        except Undecodable as error:
            message = f"not Baseten's API: asked for {ask.about}, answered {error}"
            raise ApiUnavailable(self._masked(message)) from None

    def _failure(self, ask: Ask, reply: Reply, budget: Budget) -> TransientError | PermanentError:
        error = failure(reply, ask.about, self._clock.now_ns())
        error.args = (self._masked(str(error)),)
        if isinstance(error, ApiRateLimited):
            error.retry_after_s = budget.refused(error.retry_after_s)
        return error

    def _pause_s(self, fault: TransientError, failed: int) -> float:
        """Full jitter over a doubling pause, but never less than the server asked for."""
        ceiling_s: float = min(self._options.backoff_max_s, self._options.backoff_s * 2 ** (failed - 1))
        return max(fault.retry_after_s or 0.0, random.uniform(0.1, 1.0) * ceiling_s)

    def _left_s(self, progress: "_Progress") -> float:
        return progress.ends_s - self._clock.monotonic_s()

    def _masked(self, text: str) -> str:
        """A server may repeat the key in its message."""
        return text.replace(self._account.key, "***")


@dataclass(slots=True, kw_only=True)
class _Progress:
    """How far one call has come: what failed, and whether it stands in the queue of its own budget."""

    ends_s: float
    faults: list[TransientError] = field(default_factory=list)
    queued: bool = False

    def too_late(self, ask: Ask, deadline_s: float) -> TransientError:
        last = f" (last: {self.faults[-1]})" if self.faults else ""
        if self.queued:
            return ApiRateLimited(f"{ask.about}: no free slot of the request budget in {deadline_s:g} s{last}")
        return ApiUnavailable(f"{ask.about}: no answer within {deadline_s:g} s{last}")
