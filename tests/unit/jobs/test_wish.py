"""What may be written after `watch`."""

import pytest

from bot.jobs.wish import BadWish, Wish, parse_wish
from bot.logs.line import Level


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("llama-ft", Wish(target="llama-ft")),
        ("llama-ft level:warning", Wish(target="llama-ft", level=Level.WARNING)),
        ("--level warning llama-ft".replace("--level ", "--level="), Wish(target="llama-ft", level=Level.WARNING)),
        ("llama-ft in:<#C0MLALERTS|ml-alerts>", Wish(target="llama-ft", channel="C0MLALERTS")),
        ("llama-ft mention:<!subteam^S123|@oncall>", Wish(target="llama-ft", mention="<!subteam^S123>")),
        ("llama-ft mention:<@U123|ada>", Wish(target="llama-ft", mention="<@U123>")),
        ("llama-ft mention:@here", Wish(target="llama-ft", mention="<!here>")),
        ("llama-ft silence:15m", Wish(target="llama-ft", silence_s=900)),
        ("llama-ft /CUDA|NCCL/", Wish(target="llama-ft", pattern="CUDA|NCCL")),
        ("llama-ft /cuda/i", Wish(target="llama-ft", pattern="(?i)cuda")),
        (
            "<https://app.baseten.co/training/p1/logs/j1>",
            Wish(target="https://app.baseten.co/training/p1/logs/j1"),
        ),
    ],
)
def test_a_wish_is_read(text, wish):
    assert parse_wish(text) == wish


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Which job or project?"),
        ("level:error", "Which job or project?"),
        ("llama-ft level:loud", "level:loud"),
        ("llama-ft in:nowhere", "in:nowhere"),
        ("llama-ft mention:nobody", "mention:nobody"),
        ("llama-ft silence:5", "silence:15m"),
        ("llama-ft silence:30s", "a minute or more"),
        ("llama-ft lvel:error", "Did you mean `level:`?"),
        ("llama-ft other", "one word too many"),
        ("llama-ft /(/", "cannot be used"),
        ('llama-ft "open', "has no end"),
    ],
)
def test_a_bad_wish_is_answered_by_one_sentence_that_names_it(text, says):
    bad = parse_wish(text)
    assert isinstance(bad, BadWish)
    assert says in bad.sentence
    assert "\n" not in bad.sentence
