"""A scenario laid out in time: what happens at which offset, before anything is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.sandbox.baseten.job import FINAL, PREFIX
from bot.sandbox.baseten.levels import detected_level
from bot.sandbox.baseten.machines import MACHINES
from bot.sandbox.baseten.script import BadScript, Repetition, Scenario, Step, duration_ns, repetition, span_ns
from bot.sandbox.baseten.targets import Target, targets
from bot.sandbox.baseten.words import COLOURS, Dice, Value, filled, speaker_values, time_values, varied
from bot.times import NS_PER_S

MINUTE_NS = 60 * NS_PER_S
_LINE_GAP_NS = 370_000
"""Between two lines of one text: what a process needs to print them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One repetition of a step; `target` None: what happens to the job itself, not a text.

    `count` None: the step goes on for ever.
    """

    offset_ns: int
    step: Step
    number: int
    count: int | None
    target: Target | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A line of a scenario, times counted from the start of the job."""

    offset_ns: int
    visible_offset_ns: int
    message: str
    replica: str | None
    level: str | None


class Score:
    """A scenario that is ready to be played: the same acts and words for the same seed.

    Attributes:
        acts: what happens once or a number of times, in order. What goes on for ever is in `minute`.

    Raises:
        BadScript: the scenario cannot be played.
    """

    def __init__(self, scenario: Scenario, texts: dict[str, str], seed: int | None = None) -> None:
        self.scenario = scenario
        self._texts = texts
        self._dice = Dice(str(scenario.seed if seed is None else seed))
        self._speakers: dict[Target, dict[str, Value]] = {}
        self._lag_ns = span_ns(scenario.lag)
        if scenario.job.instance not in MACHINES:
            raise BadScript(
                f"no instance {scenario.job.instance!r}: one of {', '.join(MACHINES)}", "$.job.instance"
            )
        self._endless: list[tuple[int, Step, Repetition]] = []
        acts: list[Act] = []
        for place, step in enumerate(scenario.steps):
            try:
                acts += self._begun(place, step)
            except BadScript as error:
                raise BadScript(str(error), f"$.steps[{place}]") from error
        self.acts: tuple[Act, ...] = tuple(sorted(acts, key=lambda act: act.offset_ns))
        _ends_once(scenario)

    @property
    def goes_on(self) -> bool:
        """Whether something in it goes on for ever."""
        return bool(self._endless)

    def minute(self, number: int, every_nth: int = 1) -> tuple[Act, ...]:
        """What goes on for ever, in that minute of the scenario, in order; of it each `every_nth` repetition."""
        return self._going_on(number * MINUTE_NS, (number + 1) * MINUTE_NS, every_nth)

    def loudness(self, span_ns: int) -> int:
        """How many acts of those that go on for ever fall into so much time of the scenario."""
        return sum(span_ns // times.every_ns * max(1, len(self._heard(step))) for _, step, times in self._endless)

    def nodes(self, step: Step) -> tuple[str, ...]:
        """The replicas that a step is about, all of them where it names none."""
        chosen = targets(step.on or "all nodes", self.scenario.job)
        return tuple(dict.fromkeys(target.replica for target in chosen if target.replica))

    def values(self, act: Act, start_ns: int, speed: float) -> dict[str, Value]:
        """What the act's texts may name when the job started at `start_ns`."""
        stamp_ns = start_ns + int(act.offset_ns / speed)
        who = self._speaker(act.target or Target(None))
        varying = {name: self._varied(act, name, recipe) for name, recipe in act.step.vary.items()}
        return {
            **COLOURS,
            **who,
            **time_values(stamp_ns, act.offset_ns),
            **self.scenario.values,
            **act.step.values,
            **varying,
        }

    def lines(self, act: Act, start_ns: int, speed: float) -> Iterator[Written]:
        """What the act's target prints."""
        text = self._text(act.step)
        if act.target is None or text is None:
            return
        values, step = self.values(act, start_ns, speed), act.step
        skew_ns, late_ns, prefix = duration_ns(step.skew), duration_ns(step.late), filled(step.prefix, values)
        for index, words in enumerate([text] if step.whole else text.split("\n")):
            message = prefix + filled(words, values)
            true_ns = act.offset_ns + index * _LINE_GAP_NS
            yield Written(
                offset_ns=true_ns + skew_ns,
                visible_offset_ns=true_ns + late_ns + int(self._lag(act.target, true_ns) * speed),
                message=message,
                replica=act.target.replica,
                level=_level(step, message),
            )

    def _speaker(self, target: Target) -> dict[str, Value]:
        if target not in self._speakers:
            self._speakers[target] = speaker_values(self.scenario.job, target, self._dice)
        return self._speakers[target]

    def _varied(self, act: Act, name: str, recipe: str) -> Value:
        return varied(
            recipe, act.number, act.count, lambda: self._dice.roll(name, act.step.at, act.number, act.target)
        )

    def _begun(self, place: int, step: Step) -> Iterator[Act]:
        """The acts of a step; of one that goes on for ever none, it is noted."""
        times = repetition(step)
        for recipe in step.vary.values():
            varied(recipe, 0, times.count, lambda: 0.0)
        self._heard(step)
        if times.count is None:
            self._endless.append((place, step, times))
            return iter(())
        return self._laid_out(place, step, times, range(times.count))

    def _going_on(self, start_ns: int, stop_ns: int, every_nth: int) -> tuple[Act, ...]:
        acts: list[Act] = []
        for place, step, times in self._endless:
            due = times.numbers(start_ns, stop_ns)
            first = -(-due.start // every_nth) * every_nth
            acts += self._laid_out(place, step, times, range(first, due.stop, every_nth))
        return tuple(sorted(acts, key=lambda act: act.offset_ns))

    def _laid_out(self, place: int, step: Step, times: Repetition, numbers: Iterable[int]) -> Iterator[Act]:
        jitter_ns, spread_ns, heard = duration_ns(step.jitter), duration_ns(step.spread), self._heard(step)
        for number in numbers:
            late_ns = int(jitter_ns * self._dice.roll("jitter", place, number)) if jitter_ns else 0
            at_ns = times.at_ns + number * times.every_ns + late_ns
            if step.changes_job:
                yield Act(offset_ns=at_ns, step=step, number=number, count=times.count, target=None)
            for target in heard:
                apart_ns = int(spread_ns * self._dice.roll("spread", place, number, target)) if spread_ns else 0
                yield Act(offset_ns=at_ns + apart_ns, step=step, number=number, count=times.count, target=target)

    def _heard(self, step: Step) -> tuple[Target, ...]:
        """Those who print the step's text; nobody where it has none."""
        if self._text(step) is None:
            return ()
        return targets(step.on or "rank 0", self.scenario.job)

    def _text(self, step: Step) -> str | None:
        if step.text is None:
            return step.say.rstrip("\n") if step.say is not None else None
        if step.text not in self._texts:
            raise BadScript(f"no text is called {step.text!r}: one of {', '.join(sorted(self._texts))}")
        return self._texts[step.text].rstrip("\n")

    def _lag(self, target: Target, offset_ns: int) -> int:
        """Each node ships what it collected in one second together: lines of a second appear at once, in order."""
        low, high = self._lag_ns
        return low + int((high - low) * self._dice.roll("lag", target.node, offset_ns // NS_PER_S))


def _level(step: Step, message: str) -> str | None:
    match step.level:
        case None:
            return detected_level(message)
        case "none":
            return None
        case level:
            return level


def _ends_once(scenario: Scenario) -> None:
    """Nothing follows on a final status: the platform knows no second one."""
    steps = sorted(enumerate(scenario.steps), key=lambda step: duration_ns(step[1].at))
    last: str | None = None
    for place, step in steps:
        if step.status is None:
            continue
        if last is not None:
            raise BadScript(
                f"the job becomes {step.status} at {step.at}, but it has been {last} for good by then",
                f"$.steps[{place}].status",
            )
        if PREFIX + step.status in FINAL:
            last = step.status
            if repetition(step).count != 1:
                raise BadScript(f"a job becomes {last} only once: leave out `every`", f"$.steps[{place}].every")
