"""What people say in a thread: one sentence for each way of saying it, and for each that is not understood."""

from zoneinfo import ZoneInfo

import pytest

from bot.incidents.order_words import WORDS, Name
from bot.incidents.orders import (
    Do,
    HandTo,
    Order,
    ShowAround,
    ShowHelp,
    ShowHistory,
    ShowJobs,
    ShowLogs,
    ShowReplicas,
    ShowStatus,
    Unclear,
    addressed,
    is_order,
    parse_order,
)
from bot.incidents.reasons import MOST_REASON
from bot.incidents.steps import Acknowledge, Dismiss, Mute, Reopen, Resolve, Unmute
from bot.times import Ms, Ns

BERLIN = ZoneInfo("Europe/Berlin")
NOW = Ns(1_764_000_000_000_000_000)
"""Monday 2025-11-24, 17:00 in Berlin."""
HOUR = 3_600_000
NOW_MS = 1_764_000_000_000


def read(text: str) -> Order | None:
    return parse_order(text, now_ns=NOW, tz=BERLIN)


ACK = Do(Acknowledge(), "ack")
DISMISS = Do(Dismiss(), "not an error")
REOPEN = Do(Reopen(), "reopen")


def resolved(reason: str = "") -> Do:
    return Do(Resolve(reason), "resolve")


def muted(hours: float) -> Do:
    return Do(Mute(Ms(NOW_MS + int(hours * HOUR))), "mute")


UNDERSTOOD: tuple[tuple[str, str, Order | None], ...] = (
    ("the word itself", "ack", ACK),
    ("with a capital and a mark, as phones write", "Ack!", ACK),
    ("shouted", "ACKNOWLEDGE.", ACK),
    ("politely", "please ack this, thanks", ACK),
    ("in bold", "*ack*", ACK),
    ("as code, like in the help", "`ack`", ACK),
    ("with talk behind it, which is for the others", "ack looking into it now", ACK),
    ("in other words", "on it", ACK),
    ("in other words, with a phone's apostrophe", "I’m on it", ACK),
    ("nothing at all", "", ShowHelp()),
    ("taking it", "take", HandTo(None)),
    ("taking it from somebody", "take over!", HandTo(None)),
    ("giving it to oneself", "assign me", HandTo(None)),
    ("giving it to oneself, politely", "assign to me please", HandTo(None)),
    ("giving it to a person", "assign <@U0GRACE001>", HandTo("U0GRACE001")),
    ("giving it to a person whose name Slack adds", "assign this to <@U0GRACE001|grace>, please", HandTo("U0GRACE001")),
    ("in other words", "hand it to <@W0GRACE001>", HandTo("W0GRACE001")),
    ("naming the same one twice", "assign <@U0GRACE001> yes <@U0GRACE001>", HandTo("U0GRACE001")),
    ("some hours", "mute 4h", muted(4)),
    ("some minutes", "mute for 90m", muted(1.5)),
    ("some days", "Mute 2 days", muted(48)),
    ("composed", "snooze 1h 30m please", muted(1.5)),
    ("with a colon", "mute: 4h", muted(4)),
    ("with a colon and no blank", "mute:4h", muted(4)),
    ("until a time of tomorrow", "mute until 14:30", muted(21.5)),
    ("until a time of today", "silence till 6pm", muted(1)),
    ("until the job ends", "mute until the job ends", Do(Mute(None), "mute")),
    ("until the job ends, as a phone writes it", "mute until the job’s end", Do(Mute(None), "mute")),
    ("until the job ends, in short", "mute until end of job", Do(Mute(None), "mute")),
    ("ending the mute", "unmute", Do(Unmute(), "unmute")),
    ("without a reason", "resolve", resolved()),
    ("without a reason, politely", "resolve this please", resolved()),
    ("with a reason", "resolve bad driver, pinned 550", resolved("bad driver, pinned 550")),
    ("with a reason behind a dash", "resolve — bad driver", resolved("bad driver")),
    ("with a reason behind a colon", "Resolved: bad “driver”", resolved("bad “driver”")),
    ("with a reason of several lines", "resolve bad driver\n\n• pinned 550\n• rebooted", resolved("bad driver\n\n• pinned 550\n• rebooted")),
    ("with a reason on the next line", "fixed\nbad driver", resolved("bad driver")),
    ("with Slack's markup in the reason", "close &lt;b&gt; &amp; <https://a.b/c|doc> by <@U1|ada> in <#C1|ops>", resolved("<b> & doc (https://a.b/c) by @ada in #ops")),
    ("no error", "not an error", DISMISS),
    ("no error, and why", "Not an error: that is the evaluation", DISMISS),
    ("in other words, alone", "false alarm!", DISMISS),
    ("opening it again", "reopen", REOPEN),
    ("giving it back", "release", REOPEN),
    ("logs", "logs", ShowLogs("")),
    ("logs with modifiers", "logs replica:r3 last:100", ShowLogs("replica:r3 last:100")),
    ("logs with a phone's dash, which belongs to the modifier", "logs —level error -warmup", ShowLogs("—level error -warmup")),
    ("in a sentence", "show me the logs level:error", ShowLogs("level:error")),
    ("around", "around", ShowAround()),
    ("so many lines", "around 50", ShowAround(50)),
    ("so many lines, in a sentence", "show lines around 50", ShowAround(50)),
    ("of one replica", "around 50 r3", ShowAround(50, "r3")),
    ("of one replica, first", "around replica:g02* 20 lines", ShowAround(20, "g02*")),
    ("of one replica, in a sentence", "context 20 lines on g02r0", ShowAround(20, "g02r0")),
    ("of all", "around 7 of all replicas", ShowAround(7)),
    ("replicas", "replicas?", ShowReplicas()),
    ("who", "who has this?", ShowHistory()),
    ("history", "history", ShowHistory()),
    ("jobs", "jobs", ShowJobs()),
    ("a job's state", "status llama/run-7", ShowStatus("llama/run-7")),
    ("this job's state", "status?", ShowStatus("")),
    ("help", "help", ShowHelp()),
    ("thanks need no answer", "thanks!", None),
)  # fmt: skip


@pytest.mark.parametrize(("how", "text", "order"), UNDERSTOOD, ids=[how for how, _, _ in UNDERSTOOD])
def test_it_is_understood(how: str, text: str, order: Order | None):
    assert read(text) == order, how


NOT_UNDERSTOOD: tuple[tuple[str, str, str], ...] = (
    ("a misspelt word gets the nearest one", "resolv", "Did you mean `resolve`?"),
    ("letters in the wrong order", "akc", "Did you mean `ack`?"),
    ("a misspelt synonym", "snoze 4h", "Did you mean `snooze`?"),
    ("a word that is like none", "xyzzy", "`help` lists what I understand"),
    ("marks alone", "?!", "I did not understand that"),
    ("a person alone", "<@U77> can you look", "write `assign` before the name"),
    ("a command of the channel", "watch run-1", "type `/joblogs watch`"),
    ("a word that begins any sentence", "expected behaviour is that it stops", "Did you mean `not an error`?"),
    ("a verb that begins any sentence", "take a look at this", "Did you mean `take`?"),
    ("opening something else", "open the dashboard", "Did you mean `reopen`?"),
    ("nobody to assign it to", "assign", "To whom?"),
    ("a name that is no mention", "assign grace", "becomes a mention"),
    ("a name that is no mention, beside me", "assign me and grace", "becomes a mention"),
    ("two people", "assign <@U1> and <@U2>", "one person only"),
    ("a group", "assign <!subteam^S0ONCALL01|@oncall>", "not to a group"),
    ("everybody", "assign <!here>", "not to a group"),
    ("no time", "mute", "For how long?"),
    ("no unit", "mute 4", "4 of what?"),
    ("no time that is known", "mute until pigs fly", "no time that I know"),
    ("a time that is over", "mute until 2020-01-01", "over already"),
    ("a time that was", "mute yesterday", "over already"),
    ("no time at all", "mute 5s", "a minute or more"),
    ("beyond all reason", "mute 99999d", "30 days at most"),
    ("beyond all reason, in weeks", "mute 999999w", "30 days at most"),
    ("too many lines", "around 501", "1 to 500 lines"),
    ("no lines", "around 0", "1 to 500 lines"),
    ("two numbers", "around 5 6", "`6`"),
    ("two replicas that are not joined", "around r1 r2", "`r2`"),
    ("a replica that is none", "around <script>", "`<script>`"),
    ("a reason that is a book", "resolve " + "x" * 40_000, f"at most {MOST_REASON:,} characters"),
)  # fmt: skip


@pytest.mark.parametrize(("why", "text", "part"), NOT_UNDERSTOOD, ids=[why for why, _, _ in NOT_UNDERSTOOD])
def test_it_is_not_understood_and_the_answer_says_what_to_write(why: str, text: str, part: str):
    order = read(text)
    assert isinstance(order, Unclear), why
    assert part in order.sentence
    assert len(order.sentence) < 250


def test_every_word_is_understood_alone_or_asks_for_what_is_missing():
    for word, name in WORDS.items():
        order = read(word)
        assert not (isinstance(order, Unclear) and "I do not know" in order.sentence), (word, name)


def test_words_that_only_the_help_lists_are_the_first_of_their_kind():
    assert {WORDS[name] for name in Name} == set(Name)


BOT = "U0BOT"
TO_THE_BOT = (
    ("the bot first", "<@U0BOT> ack", "ack"),
    ("with its name", "<@U0BOT|joblogs> ack", "ack"),
    ("with a colon", "<@U0BOT>: ack", "ack"),
    ("behind blanks and a phone's blank", " \xa0<@U0BOT>\xa0ack", "ack"),
    ("greeted", "Hey <@U0BOT>, ack", "ack"),
    ("beside a person", "<@U0ADA> <@U0BOT> ack", "ack"),
    ("beside a group", "<!subteam^S1|@oncall> <@U0BOT> ack", "ack"),
    ("named twice", "<@U0BOT> <@U0BOT> ack", "ack"),
    ("in bold", "*<@U0BOT>* ack", "ack"),
    ("in a quote", "&gt; <@U0BOT> ack", None),
    ("alone", "<@U0BOT>", ""),
    ("with lines behind it", "<@U0BOT> resolve a\nb", "resolve a\nb"),
    ("spoken of", "I wonder what <@U0BOT> does with resolve", None),
    ("behind the order", "ack <@U0BOT>", None),
    ("another bot whose name begins alike", "<@U0BOTX> ack", None),
    ("nobody", "ack", None),
    ("far behind", " " * 300 + "<@U0BOT> ack", None),
)


@pytest.mark.parametrize(("how", "text", "rest"), TO_THE_BOT, ids=[how for how, _, _ in TO_THE_BOT])
def test_only_what_begins_with_the_bots_name_is_said_to_it(how: str, text: str, rest: str | None):
    assert addressed(text, BOT) == rest, how


def test_an_order_before_the_bots_name_is_known_for_one():
    assert is_order("ack <@U0BOT>")
    assert not is_order("what <@U0BOT> says is right")
    assert not is_order("")


HOSTILE = (
    "<@U0BOT>" * 5_000, "<@U0BOT|" * 5_000, "<" * 40_000, "<!" * 20_000 + "<@U0BOT> ack", "a" * 40_000, "\n" * 40_000 + "x",
    "ack " * 10_000, "resolve " + "<https://a|" * 4_000, "resolve " + "<@U" * 13_000, "resolve " + "\ud800\x00" * 900,
    "mute " + "9" * 40_000, "mute " + "9h " * 13_000, "mute until " + "the " * 10_000, "around " + "1 " * 20_000,
    "assign " + "<@U" * 13_000, "assign " + "<@U1>" * 8_000, 'logs "' * 6_000, "not an " * 6_000, "`" * 40_000, "\u202e" * 9_000,
    "mute ٣h", "mute ²h", "around ٣", "mute until 99:99", "mute until 0000-00-00", "mute until 9999-12-31",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{text[:12]!r}" for text in HOSTILE])
def test_hostile_text_is_read_and_answered(text: str):
    addressed(text, BOT)
    order = read(text.strip())
    assert not isinstance(order, Unclear) or len(order.sentence) < 250
    if isinstance(order, Do) and isinstance(order.step, Resolve):
        assert "\x00" not in order.step.reason
        order.step.reason.encode()
