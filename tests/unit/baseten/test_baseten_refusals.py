"""What a reply that is no success is turned into."""

import json

import pytest

from bot.baseten.refusals import failure, retry_after_s
from bot.baseten.transport import Reply
from bot.errors import ApiForbidden, ApiNotFound, ApiRateLimited, ApiRefused, ApiUnauthorized, ApiUnavailable
from bot.times import NS_PER_S, Ns, parse_rfc3339

NOW = Ns(parse_rfc3339("2026-11-23T12:00:00Z"))


def reply(status=400, body=b"", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=raw
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ApiUnavailable),
        (304, ApiUnavailable),
        (400, ApiRefused),
        (401, ApiUnauthorized),
        (403, ApiForbidden),
        (404, ApiNotFound),
        (405, ApiRefused),
        (408, ApiUnavailable),
        (422, ApiRefused),
        (425, ApiUnavailable),
        (429, ApiRateLimited),
        (500, ApiUnavailable),
        (502, ApiUnavailable),
        (503, ApiUnavailable),
        (599, ApiUnavailable),
    ],
)
def test_each_status_has_its_failure(status, kind):
    error = failure(reply(status), "job abc", NOW)
    assert type(error) is kind
    assert "job abc" in str(error)
    assert not isinstance(error, ApiRefused) or error.status == status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "no such window"}, "no such window"),
        ({"error": "slow down"}, "slow down"),
        ({"error": {"code": 7, "message": "nested words"}}, "nested words"),
        ({"detail": "plain detail"}, "plain detail"),
        ({"detail": [{"loc": ["limit"], "msg": "too big"}, {"msg": "too small"}]}, "too big; too small"),
        ({"message": "", "error": "the second is meant"}, "the second is meant"),
        (b"just\n  words", "just words"),
        (b"caf\xc3", "caf\ufffd"),
    ],
)
def test_the_message_is_found_wherever_it_stands(body, said):
    assert str(failure(reply(400, body), "job abc", NOW)) == f"Baseten refused job abc (400): {said}"


@pytest.mark.parametrize(
    "body", [b"", b"<html><h1>502</h1></html>", {"code": 7}, b"[1, 2]", {"message": {"a": 1}}]
)
def test_what_has_no_words_for_people_adds_none(body):
    assert str(failure(reply(502, body), "job abc", NOW)) == "Baseten could not answer for job abc (502)"


def test_a_long_message_is_cut():
    text = str(failure(reply(400, {"message": "x" * 5000}), "job abc", NOW))
    assert len(text) < 340
    assert text.endswith("…")


def test_a_redirect_is_told_with_its_place_and_without_its_query():
    error = failure(reply(302, location="https://sso.example.com/login?token=abc"), "job abc", NOW)
    assert "https://sso.example.com/login;" in str(error)
    assert "token" not in str(error)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"error": "x", "retry_after": 37}, {}, 37),
        ({"retry_after": 0.5}, {}, 0.5),
        ({"retry_after": "12"}, {}, 12),
        ({"retry_after": 37}, {"retry_after": "5"}, 37),
        ({}, {"retry_after": "5"}, 5),
        (b"not json", {"retry_after": " 5 "}, 5),
        (b"", {"retry_after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30),
        (b"", {"retry_after": "Mon, 23 Nov 2026 13:00:30 +0100"}, 30),
        (b"", {"retry_after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
        (b"", {"retry_after": "soon"}, None),
        (b"", {"retry_after": ""}, None),
        ({"retry_after": None}, {}, None),
        ({"retry_after": True}, {}, None),
        ({"retry_after": -1}, {"retry_after": "3"}, 3),
        ({"retry_after": "NaN"}, {}, None),
        ({"retry_after": "1e999"}, {}, None),
        ([37], {}, None),
        (b"", {}, None),
    ],
)
def test_when_to_come_back(body, headers, seconds):
    assert retry_after_s(reply(429, body, **headers), NOW) == seconds


def test_the_time_until_a_date_is_never_below_zero():
    late = Ns(NOW + 3600 * NS_PER_S)
    assert retry_after_s(reply(503, b"", retry_after="Mon, 23 Nov 2026 12:00:30 GMT"), late) == 0
