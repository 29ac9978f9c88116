"""The demonstration's clock: one for both services and for the bot's process, and it can jump ahead."""

from pathlib import Path

from bot.times import AHEAD, NS_PER_S, SharedClock


class DemoClock(SharedClock):
    """Makes the file that the bot's process reads its time from (``joblogs run --clock``)."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(AHEAD.pack(0))
        super().__init__(file)
        self.file = file

    @property
    def ahead_s(self) -> float:
        return self.ahead_ns / NS_PER_S

    def jump(self, seconds: float) -> int:
        """Everyone's time is so much later from now on; returns the nanoseconds. Time never goes back."""
        ahead_ns = int(seconds * NS_PER_S)
        if ahead_ns < 0:
            raise ValueError("the clock never goes back")
        AHEAD.pack_into(self._shared, 0, self.ahead_ns + ahead_ns)
        return ahead_ns
