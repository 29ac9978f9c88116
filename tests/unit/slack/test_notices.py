"""What the bot says of a job by itself: within Slack's limits whatever the job is called, and in words that help."""

from typing import Any

import pytest

from bot.flows.contents import NoticeContent, ReplyContent
from bot.incidents.delivery import Topic
from bot.incidents.steps import Action
from bot.jobs.balance import Balance
from bot.jobs.job import Checkpoint, Status
from bot.slack.render.notices import notice_message, reply_message
from tests.slack_limits import problems_of_message
from tests.unit.slack.card_values import HOSTILE, LINK, NOW, a_hostile_incident, a_job, an_incident, text_of

ENDINGS = ("COMPLETED", "FAILED", "DEPLOY_FAILED", "STOPPED", "PREEMPTED", "SOMETHING_NEW")
SHOUT = "<!channel>"


def hostile_job(status: str = "FAILED") -> Any:
    """Names are as long as any web form lets them be; the error has no limit."""
    return a_job(
        name=HOSTILE[:255],
        project_name=HOSTILE[-255:],
        error_message=HOSTILE * 20,
        user_email=HOSTILE,
        status=Status(f"TRAINING_JOB_{status}"),
        updated_ms=NOW + 3_723_000,
    )


def ended(status: str = "FAILED", **fields: Any) -> NoticeContent:
    job = a_job(status=Status(f"TRAINING_JOB_{status}"), updated_ms=NOW + 3_723_000, error_message="exit code 137")
    return NoticeContent(job=job, payload={"topic": "ended"}, **fields)


@pytest.mark.parametrize("topic", [topic for topic in Topic if topic is not Topic.ENDED])
@pytest.mark.parametrize("detail", ["", HOSTILE[:500]])
def test_slack_takes_every_notice_whatever_the_job_is_called(topic: Topic, detail: str):
    payload = {"topic": topic.value, "detail": detail, "since_ms": NOW, "jobs": 3}
    message = notice_message(NoticeContent(job=hostile_job(), payload=payload))
    assert problems_of_message(message) == []
    assert SHOUT not in message["text"]


@pytest.mark.parametrize("status", ENDINGS)
def test_slack_takes_the_end_of_any_job_with_any_incidents(status: str):
    checkpoint = Checkpoint(id=HOSTILE[:255], created_ms=NOW, size_bytes=10**12, type="full")
    content = NoticeContent(
        job=hostile_job(status),
        payload={"topic": "ended"},
        open_incidents=tuple((a_hostile_incident(id=number), None) for number in range(60)),
        balance=Balance(ran_ms=10**9, cost_usd=10**7, checkpoints=9, saved=checkpoint, lost_ms=10**8),
        links=dict.fromkeys(range(5), LINK),
    )
    message = notice_message(content)
    assert problems_of_message(message) == []
    assert SHOUT not in message["text"]


@pytest.mark.parametrize("what", list(Action))
@pytest.mark.parametrize("detail", ["", HOSTILE, HOSTILE * 10])
def test_slack_takes_what_a_person_did_with_any_words(what: str, detail: str):
    names = {"actor_name": detail, "to_name": detail}
    payload = {"what": what, "actor": "U1", "to": "U2", "until_ms": 10**12, "detail": detail, **names}
    message = reply_message(ReplyContent(incident=a_hostile_incident(), payload=payload))
    assert problems_of_message(message) == []
    assert "<@" not in message["text"], "who acts is not woken by it"
    assert SHOUT not in message["text"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("COMPLETED", "run-7 in llama-ft completed after 1 h 2 min."),
        ("FAILED", "run-7 in llama-ft failed after 1 h 2 min. exit code 137."),
        ("DEPLOY_FAILED", "run-7 in llama-ft could not be deployed after 1 h 2 min. exit code 137."),
        ("STOPPED", "run-7 in llama-ft was stopped after 1 h 2 min."),
        ("PREEMPTED", "run-7 in llama-ft was preempted after 1 h 2 min."),
        ("SOMETHING_NEW", "run-7 in llama-ft ended as"),
    ],
)
def test_the_end_of_a_job_is_told_by_its_kind(status: str, words: str):
    message = notice_message(ended(status))
    assert message["text"].startswith(words)
    assert words.partition(" in ")[0] in text_of(message["blocks"])


def test_the_end_names_what_is_still_open_and_links_its_cards():
    found = tuple((an_incident(id=number, title=f"error {number}"), None) for number in range(1, 9))
    message = notice_message(ended(open_incidents=found, links={2: LINK}))
    words = text_of(message["blocks"])
    assert "8 incidents unresolved by then:" in words
    assert "error 1" in words
    assert "and 3 more" in words
    assert LINK in str(message["blocks"])


def test_a_secret_in_the_jobs_error_is_masked():
    job = a_job(
        status=Status("TRAINING_JOB_FAILED"),
        error_message="cannot pull: token hf_abcdefghijklmnopqrstuvwxyzABCDEFGH was refused",
    )
    message = notice_message(NoticeContent(job=job, payload={"topic": "ended"}))
    assert "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH" not in str(message)
    assert "was refused" in message["text"]
