"""What an operator watches, for Prometheus: counted where it happens, or looked up when it is asked for.

No label holds a job, a channel or a person: their number grows without end, and they are nobody's business here.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from structlog.typing import EventDict

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One for each process. Counters only grow; gauges are set at each scrape."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._polls = self._counter("polls", "Polls of a job's log", "account", "outcome")
        self._lines = self._counter("lines", "New log lines that were taken in", "account")
        self._gaps = self._counter("gaps", "Stretches of a log that could not be read", "account")
        self._api = self._histogram(
            "baseten_request_seconds", "Requests to Baseten", "account", "endpoint", "outcome"
        )
        self._slack = self._histogram("slack_call_seconds", "Calls of Slack's methods", "method", "code")
        self._events = self._counter("log_events", "Warnings and errors in the log, by event", "level", "event")
        self._beats = self._gauge("beat_late_seconds", "By how much a beat is over its interval", "beat")
        self._lag = self._gauge("lag_seconds", "How long the job that is furthest behind is behind", "account")
        self._held = self._gauge("account_held", "Accounts that this process reads", "account")
        self._jobs = self._gauge("jobs_read", "Jobs that this process reads", "account")
        self._incidents = self._gauge("incidents", "Incidents by state", "state")
        self._outbox = self._gauge("outbox_rows", "Messages that wait to be sent", "state")
        self._outbox_age = self._gauge("outbox_age_seconds", "Age of the oldest message that waits", *())
        self._sockets = self._gauge("slack_sockets", "Connections to Slack that are up", *())

    def polled(self, account: str, *, outcome: str, lines: int = 0, gaps: int = 0) -> None:
        """Fits `flows.services.Meter`."""
        self._polls.labels(account, outcome).inc()
        self._lines.labels(account).inc(lines)
        self._gaps.labels(account).inc(gaps)

    def asked_baseten(self, account: str, endpoint: str, outcome: str, seconds: float) -> None:
        self._api.labels(account, endpoint, outcome).observe(seconds)

    def called_slack(self, method: str, code: str, seconds: float) -> None:
        self._slack.labels(method, code).observe(seconds)

    def logged(self, _: object, level: str, event: EventDict) -> EventDict:
        """A processor of the log: what is written as a warning or worse is counted by its event."""
        if level in ("warning", "error", "critical", "exception"):
            name = str(event.get("event"))
            self._events.labels(level, name if name.isidentifier() else "other").inc()
        return event

    def set_reading(self, lags_s: Mapping[str, float], jobs: Mapping[str, int]) -> None:
        """Of the accounts that this process holds: how far behind, and how many jobs."""
        for gauge in (self._lag, self._held, self._jobs):
            gauge.clear()
        for account, lag in lags_s.items():
            self._lag.labels(account).set(lag)
            self._held.labels(account).set(1)
            self._jobs.labels(account).set(jobs.get(account, 0))

    def set_stored(self, *, incidents: Mapping[str, int], waiting: int, parked: int, oldest_s: float) -> None:
        for state, count in incidents.items():
            self._incidents.labels(state).set(count)
        self._outbox.labels("waiting").set(waiting)
        self._outbox.labels("parked").set(parked)
        self._outbox_age.set(oldest_s)

    def set_process(self, *, beats_late_s: Mapping[str, float], sockets: int) -> None:
        for beat, late in beats_late_s.items():
            self._beats.labels(beat).set(late)
        self._sockets.set(sockets)

    def text(self) -> bytes:
        """Everything, in the format of `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"joblogs_{name}", about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"joblogs_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, *labels: str) -> Histogram:
        return Histogram(f"joblogs_{name}", about, labels, registry=self._registry, buckets=SECONDS)
