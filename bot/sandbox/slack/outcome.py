"""How what a person did came out."""

from dataclasses import dataclass

from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        acked: the app answered within three seconds.
        response: the payload of its ack, if any.
        seconds: until then.
        error: Slack's code of the failure ("operation_timeout", "dispatch_failed", "invalid_blocks", …).
        message: the sentence that the person reads when it failed.
        errors: after a submission, by block id: what is wrong with an input.
        ts: of the message that a person has said.
    """

    acked: bool
    response: Json | None = None
    seconds: float = 0.0
    error: str | None = None
    message: str | None = None
    errors: dict[str, str] | None = None
    ts: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None and not self.errors
