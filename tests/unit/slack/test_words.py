"""Help, refusals and lists stay within Slack's limits and say what they should."""

from dataclasses import replace
from datetime import UTC

import pytest

from bot.errors import ApiForbidden
from bot.flows.answered import Refusal
from bot.flows.catalog import Listing
from bot.flows.subscribe import Declined, Unwatched, Watching
from bot.jobs.job import Instance, Job, Project, Status
from bot.jobs.watch import Watch
from bot.jobs.wish import Wish, parse_wish
from bot.logs.line import Level
from bot.logs.query import KEYS, BadQuery, LogQuery, parse_query
from bot.slack import ids
from bot.slack.render import words
from bot.slack.render.helptexts import MODIFIERS, TOPICS
from bot.times import Ms
from tests.slack_limits import problems_of_message

NOW_MS = 1_795_000_000_000
HOSTILE = ["<!channel> `x` *b* &lt;", "x" * 5_000, "\x1b[31m\u202e\x00", "🔥" * 3_000, "a\nb"]


def job(number: int = 1, **changes) -> Job:
    base = Job(
        account="default",
        id=f"id{number}",
        project_id="p1",
        project_name="llama",
        name=f"run-{number}",
        status=Status("TRAINING_JOB_RUNNING"),
        created_ms=Ms(NOW_MS - number * 60_000),
        updated_ms=Ms(NOW_MS - 1_000),
        instance=Instance(id="H100:8", name="H100", gpu_count=8, gpu_type="H100"),
        node_count=4,
    )
    return replace(base, **changes)


def watch(number: int = 1, **changes) -> Watch:
    base = Watch(
        id=number,
        account="default",
        project_id="p1",
        job_id=None,
        title="llama",
        channel="C123",
        created_by="U123",
        created_ms=Ms(NOW_MS),
    )
    return replace(base, **changes)


def everything_said(node) -> str:
    if isinstance(node, str):
        return node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list | tuple) else ()
    return " ".join(everything_said(child) for child in children)


def action_values(message: dict) -> list[tuple[str, str | None]]:
    found = [element for block in message["blocks"] if block["type"] == "actions" for element in block["elements"]]
    found += [block["accessory"] for block in message["blocks"] if "accessory" in block]
    return [(element["action_id"], element.get("value")) for element in found]


@pytest.mark.parametrize("topic", ["", "nonsense", "<!channel>", *TOPICS])
def test_every_help_text_fits(topic):
    assert problems_of_message(words.help_message(topic)) == []


def test_help_names_every_command_and_help_for_logs_every_modifier():
    assert all(topic.usage in everything_said(words.help_message()) for topic in TOPICS.values())
    assert set(MODIFIERS) == set(KEYS)
    assert all(MODIFIERS[key][0] in everything_said(words.help_message("logs")) for key in KEYS)


def test_every_example_in_the_help_is_understood():
    logs = [*TOPICS["logs"].examples, *(f"/joblogs j {written}" for written, _ in MODIFIERS.values())]
    for example in logs:
        read = parse_query(example.removeprefix("/joblogs "), now_ns=NOW_MS * 10**6, tz=UTC)
        assert isinstance(read, LogQuery), read
    for example in TOPICS["watch"].examples:
        sent = example.replace("#ml-alerts", "<#C12345678|ml-alerts>").replace("@oncall", "<!subteam^S12345678>")
        assert isinstance(parse_wish(sent.removeprefix("/joblogs watch ")), Wish), example


def test_unknown_help_says_so():
    assert "no help for frobnicate" in words.help_message("frobnicate")["text"]


def test_a_bad_query_names_the_word_and_the_example():
    message = words.bad_query(BadQuery("levl:x", "there is no levl, did you mean level", "level:error"))
    assert problems_of_message(message) == []
    assert "levl:x" in message["text"]
    assert "level:error" in everything_said(message["blocks"])


@pytest.mark.parametrize("text", HOSTILE)
def test_refusals_survive_hostile_names(text):
    choices = tuple(job(n, name=text, project_name=text) for n in range(30))
    for message in (
        words.refusal(Refusal(sentence=f"No {text}", choices=choices)),
        words.declined(Declined(f"No {text}", (*choices[:3], Project(id="p", name=text)))),
        words.bad_query(BadQuery(text, text, text[:100])),
        words.status_message(job(name=text, project_name=text, error_message=text, user_email=text), note=text),
        words.jobs_message(Listing(jobs=choices, projects=()), NOW_MS * 10**6),
        words.watches_message([watch(n, title=text, pattern=text) for n in range(60)]),
        words.watching_message(Watching(watch=watch(title=text, pattern=text), job=None, is_new=True, note=text)),
        words.unwatched_message(Unwatched(watch(title=text))),
    ):
        assert problems_of_message(message) == []


def test_jobs_lists_those_that_run_first_and_says_what_is_missing():
    done = replace(job(1), id="done", name="old", status=Status("TRAINING_JOB_FAILED"))
    listing = Listing(jobs=(done, job(2)), projects=(), problems={"team-b": ApiForbidden("no", status=403)})
    message = words.jobs_message(listing, NOW_MS * 10**6)
    said = everything_said(message["blocks"])
    assert said.index("run-2") < said.index("old")
    assert "created 2 min ago" in said
    assert "ended 1 s ago" in said
    assert "team-b: The bot's API key may not read this" in said
    assert "2 training jobs, 1 running" in message["text"]


def test_a_thousand_jobs_are_cut_and_counted():
    message = words.jobs_message(Listing(jobs=tuple(job(n) for n in range(1_000)), projects=()), NOW_MS * 10**6)
    assert problems_of_message(message) == []
    assert "960 older jobs are not shown" in everything_said(message["blocks"])


def test_no_jobs_is_said_and_an_api_that_is_away_is_not_no_jobs():
    away = Listing(jobs=(), projects=(), problems={"a": ApiForbidden("no", status=403)})
    assert words.jobs_message(Listing(jobs=(), projects=()), 0)["text"] == "There are no training jobs yet."
    assert words.jobs_message(away, 0)["text"] == "No training jobs could be read."


def test_status_offers_the_log_the_errors_and_a_watch():
    message = words.status_message(job())
    assert problems_of_message(message) == []
    found = dict(action_values(message))
    assert ids.query_of_value(found[ids.SHOW_LOGS]) == LogQuery(job="id1")
    assert ids.query_of_value(found[ids.ERRORS_ONLY]) == LogQuery(job="id1", min_level=Level.ERROR)
    assert ids.TargetRef.decode(found[ids.WATCH]) == ids.TargetRef("default", "p1", "id1")
    assert "4 × H100 (8 H100)" in everything_said(message["blocks"])


def test_an_ended_job_tells_why_without_its_secrets():
    failed = job(status=Status("TRAINING_JOB_FAILED"), error_message="login with password=hunter2hunter2 failed")
    message = words.status_message(failed)
    assert ids.WATCH not in dict(action_values(message))
    said = everything_said(message["blocks"])
    assert "login with password" in said
    assert "hunter2" not in said


def test_each_watch_has_its_remove_button():
    message = words.watches_message(
        [watch(7), watch(9, job_id="j", title="run-9", min_level=Level.WARNING, silence_s=900)]
    )
    assert action_values(message) == [(ids.UNWATCH, "7"), (ids.UNWATCH, "9")]
    said = everything_said(message["blocks"])
    assert "all jobs of *llama*: errors" in said
    assert "*run-9*: warnings and worse, silence of 15 min" in said


def test_a_mention_of_everybody_is_only_named():
    message = words.watches_message([watch(mention="<!here>"), watch(2, mention="<!subteam^S123>")])
    assert problems_of_message(message) == []
    assert "mentions @here" in everything_said(message["blocks"])


def test_no_watches_says_how_to_begin():
    assert "/joblogs watch JOB" in words.watches_message([])["text"]


@pytest.mark.parametrize(
    ("ms", "said"), [(0, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (7_200_000, "2 h"), (10**9, "11 d")]
)
def test_an_age_is_told_in_its_largest_unit(ms, said):
    assert words.age(ms) == said
