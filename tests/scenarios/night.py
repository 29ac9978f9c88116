"""The cast of an on-call night, and what its people do: clicks and words, as in Slack's client."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.flows.keeping import AuditEntry
from bot.sandbox.baseten.job import SimJob
from bot.sandbox.slack.outcome import Outcome
from bot.slack import ids
from tests.scenarios.plots import window
from tests.stage import CHANNEL, Stage, shown

BERLIN = ZoneInfo("Europe/Berlin")
STEP_S = 300.0
"""A job that writes nothing for longer is called silent."""
OOM = "ERROR torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
DISK = "ERROR OSError: [Errno 28] No space left on device: '/ckpt/step_4000'"
HUB = "ERROR huggingface_hub.errors.GatedRepoError: 401 Client Error. Access to model meta-llama/Llama-3.1-8B is restricted"

Message = dict[str, Any]


@dataclass
class Night:
    """One channel, its people and its jobs, which write on while time passes until they end."""

    stage: Stage
    jobs: dict[str, SimJob] = field(default_factory=dict)

    # --- time ------------------------------------------------------------------------------------

    async def until_hour(self, hour: int) -> None:
        """It becomes that hour in Berlin; what trains writes on, and every beat has its turn meanwhile."""
        await self.passes(self.seconds_until(hour))

    def seconds_until(self, hour: int) -> float:
        now = datetime.fromtimestamp(self.stage.clock.now_ns() / 1e9, BERLIN)
        then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        return ((then if then > now else then + timedelta(days=1)) - now).total_seconds() + 5

    async def passes(self, seconds: float) -> None:
        while seconds > 0:
            await self.settles(1, min(seconds, STEP_S))
            seconds -= STEP_S

    async def settles(self, times: int = 6, seconds: float = 2.0) -> None:
        """So many beats of everything that beats."""
        for _ in range(times):
            for job in self.jobs.values():
                if not job.has_ended:
                    job.write("INFO loss 2.31", level="INFO")
            await self.stage.tick(seconds)
            await self.stage.bot.summarise.tick()
        await self.stage.deliver()

    # --- what is there ---------------------------------------------------------------------------

    def starts(self, name: str) -> SimJob:
        self.jobs[name] = self.stage.job(name, node_count=4)
        return self.jobs[name]

    def job(self, name: str) -> SimJob:
        return self.jobs[name]

    def ends(self, name: str, status: str) -> None:
        self.jobs[name].set_status(f"TRAINING_JOB_{status}")

    def id(self, name: str) -> str:
        return self.stage.workspace.roster.user(name).id

    def group(self, handle: str) -> str:
        groups = self.stage.workspace.roster.usergroups.values()
        return next(f"<!subteam^{group.id}>" for group in groups if group.handle == handle)

    def card(self, words: str) -> Message:
        """The newest card that says so, as it is now."""
        return next(card for card in reversed(self.stage.cards()) if words in shown(card))

    def thread(self, card: Message) -> list[str]:
        """What the bot said there, as a notification tells it."""
        bot = self.stage.workspace.bot_user_id
        return [reply["text"] for reply in self.stage.thread(card) if reply["user"] == bot]

    def whispers(self, user: str) -> list[str]:
        return [shown(one) for one in self.stage.ephemerals(user)]

    def said(self) -> list[str]:
        """Every message of the bot, in channels, threads and direct messages, as it reads now."""
        return [f"{message['text']} {shown(message)}" for message in self._posts()]

    def marks(self) -> list[str]:
        """What tells one delivery from another, of every message that has it."""
        payloads = [(message.get("metadata") or {}).get("event_payload") or {} for message in self._posts()]
        return [payload["delivery_id"] for payload in payloads if "delivery_id" in payload]

    def _posts(self) -> Iterator[Message]:
        space = self.stage.workspace
        for channel in space.channels.values():
            yield from (one for one in channel.messages.values() if one.get("user") == space.bot_user_id)

    async def audit(self) -> list[AuditEntry]:
        """The oldest first."""
        return list(reversed(await self.stage.bot.db.run(lambda tx: tx.audit.recent(100))))

    # --- what people do --------------------------------------------------------------------------

    async def press(self, user: str, card: Message, action_id: str) -> None:
        assert (await self.stage.press(card, action_id, user=user)).acked

    async def pick(self, user: str, card: Message, label: str) -> None:
        """Chooses from the menu of a card."""
        elements = [one for block in card["blocks"] for one in block.get("elements", ()) if "action_id" in one]
        [menu] = [one for one in elements if one["action_id"] == ids.MENU]
        [value] = [one["value"] for one in menu["options"] if one["text"]["text"] == label]
        person = self.stage.workspace.person(user)
        assert (await person.press(CHANNEL, card["ts"], ids.MENU, value)).acked

    async def fills(self, user: str, values: dict[str, Any]) -> str:
        """Sends the window that is in front of somebody; what had stood in it."""
        text = shown(await window(self.stage, user))
        done: Outcome = await self.stage.workspace.person(user).submit(values=values)
        assert done.ok, done
        return text

    async def says(self, user: str, card: Message, words: str) -> str:
        """`@joblogs words` in the card's thread, and the newest message that this brings there."""
        before = len(self.thread(card))
        await self.mentions(user, card, words)
        await self.stage.until(lambda: len(self.thread(card)) > before)
        return shown(self.stage.thread(card)[-1])

    async def mentions(self, user: str, card: Message, words: str) -> None:
        bot = self.stage.workspace.bot_user_id
        await self.stage.workspace.person(user).say(CHANNEL, f"<@{bot}> {words}", card["ts"])

    async def asks(self, user: str, text: str) -> str:
        """`/joblogs text` in the channel, and what is answered."""
        return shown(await self.stage.command(text, user=user))

    async def hears(self, user: str, words: str) -> None:
        """Is told so alone, and nothing after it."""
        await self.stage.until(lambda: any(words in whisper for whisper in self.whispers(user)[-1:]))

    async def acts_at_home(self, user: str, action_id: str) -> None:
        """Presses the first such button of the Home that is open."""
        person = self.stage.workspace.person(user)
        assert person.home is not None
        rows = [block for block in person.home["blocks"] if block["type"] == "actions"]
        row = next(row for row in rows if action_id in [one["action_id"] for one in row["elements"]])
        assert (await person.act(person.home["id"], action_id, block_id=row["block_id"])).acked

    async def home(self, user: str) -> str:
        person = self.stage.workspace.person(user)
        before = (person.home or {}).get("hash")
        await person.open_home()
        await self.stage.until(lambda: (person.home or {}).get("hash") != before)
        return shown(person.home or {})
