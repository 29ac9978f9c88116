"""What the director cannot do, as the sentence that the page shows."""


class CannotDo(Exception):
    """`code` is for programs; the message is one sentence that says what to do instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
