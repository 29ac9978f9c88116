"""The door through which foreign text gets into Slack's markup."""

import pytest

from bot.slack.mrkdwn import (
    button,
    clean,
    date,
    escape,
    link,
    plain,
    section,
    shorten,
    shorten_middle,
    size,
)
from tests.slack_limits import problems_of_message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("tab\there\nnext", "tab\there\nnext"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07label\x1b]8;;\x07", "label"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\x1bMup", "up"),
        ("nul\x00bell\x07", "nulbell"),
        ("\u202eevil\u202c", "evil"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041s", "tags"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("naïve 🔥 日本", "naïve 🔥 日本"),
    ],
)
def test_what_garbles_or_forges_is_taken_out_and_the_rest_stays(text, expected):
    assert clean(text) == expected


def test_no_markup_survives_escaping():
    assert escape("<!channel> a & b <@U1>") == "&lt;!channel&gt; a &amp; b &lt;@U1&gt;"


@pytest.mark.parametrize("limit", range(3, 30))
def test_escaped_text_is_never_cut_inside_an_entity(limit):
    cut = escape("a&b<c>" * 20, limit)
    assert size(cut) <= limit
    assert cut.endswith("…")
    body = cut.removesuffix("…")
    assert "&" not in body.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_a_cut_never_halves_a_character_outside_the_basic_plane(limit):
    cut = shorten("🔥" * 10, limit)
    assert size(cut) <= limit
    assert set(cut) <= {"🔥", "…"}
    cut.encode()


def test_text_that_fits_is_not_changed():
    assert shorten("abc", 3) == shorten_middle("abc", 3) == escape("abc", 3) == "abc"


def test_a_cut_in_the_middle_keeps_both_ends_and_counts_what_is_gone():
    cut = shorten_middle("A" * 500 + "B" * 500, 100)
    assert size(cut) <= 100
    assert cut.startswith("AAA")
    assert cut.endswith("BBB")
    kept = cut.count("A") + cut.count("B")
    assert f"+{1000 - kept:,} chars" in cut


def test_a_date_is_a_token_with_a_fallback_in_utc():
    assert date(1_733_000_000_999) == "<!date^1733000000^{date_short_pretty} {time_secs}|2024-11-30 20:53:20 UTC>"


def test_a_link_cannot_be_closed_by_its_label():
    assert link("https://x.example/a|b", "a>b|c") == "<https://x.example/a%7Cb|a&gt;b|c>"


def test_plain_text_is_never_empty_and_never_turns_into_emoji():
    assert plain("") == {"type": "plain_text", "text": " ", "emoji": False}


def test_a_button_has_only_what_was_given():
    assert set(button("Go", "a")) == {"type", "text", "action_id"}
    assert button("Go", "a", "v", hint="h" * 100)["accessibility_label"].endswith("…")


BROKEN = [
    ({"text": ""}, "nothing is said"),
    ({"text": "<!channel>"}, "wakes everybody"),
    ({"text": "a < b"}, "not escaped"),
    ({"text": "a & b"}, "not escaped"),
    ({"text": "x" * 4_001}, "less than 4001"),
    ({"text": "a\x00"}, "control characters"),
    ({"text": "x", "blocks": [section("x")] * 51}, "at most 50"),
    ({"text": "x", "blocks": [section("x" * 3_001)]}, "less than 3001"),
    ({"text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]}, "more than 0"),
    ({"text": "x", "blocks": [{"type": "alert"}]}, "not for this surface"),
    ({"text": "x", "blocks": [{"type": "section", "text": None}]}, "text object"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": []}]}, "1 to 25"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button("a", "i", "v" * 2_001)]}]}, "1 to 2000"),
    ({"text": "x", "blocks": [{"type": "actions", "elements": [button("a", "i"), button("b", "i")]}]}, "twice"),
    (
        {
            "text": "x",
            "blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}],
        },
        "none",
    ),
    ({"text": "x", "blocks": [section("x" * 2_900)] * 4}, "msg_blocks_too_long"),
]


@pytest.mark.parametrize(("message", "problem"), BROKEN, ids=[problem for _, problem in BROKEN])
def test_the_check_of_slacks_limits_finds_what_slack_would_refuse(message, problem):
    assert problem in " ".join(problems_of_message(message))
