"""Jobs and projects over several accounts, remembered for a while."""

import asyncio

import pytest

from bot.errors import ApiUnauthorized, ApiUnavailable
from bot.flows.catalog import FRESH_S, Catalog, Unreadable
from bot.jobs.job import Project
from bot.jobs.reference import Found, FoundProject, Unknown
from tests.unit.flows.answer_world import Account, HandClock, job


class World:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.one = Account(self.clock, account="one", jobs=[job(account="one")])
        self.two = Account(
            self.clock,
            account="two",
            jobs=[job("run-2", job_id="j2", account="two")],
            known=[Project(id="p2", name="mistral")],
        )
        self.catalog = Catalog({"one": self.one, "two": self.two}, self.clock)


async def test_jobs_of_all_accounts_are_found():
    world = World()
    for name, job_id in (("run-1", "j1"), ("run-2", "j2")):
        found = await world.catalog.find_job(name)
        assert isinstance(found, Found)
        assert found.job.id == job_id


async def test_a_projects_account_is_known():
    found = await World().catalog.find_target("mistral")
    assert found == FoundProject(Project(id="p2", name="mistral", account="two"))


async def test_what_two_keys_see_is_one_thing_read_through_the_first():
    clock = HandClock()
    accounts = {
        name: Account(clock, account=name, jobs=[job(account=name)], known=[Project(id="p9", name="shared")])
        for name in ("one", "two")
    }
    catalog = Catalog(accounts, clock)
    assert await catalog.find_target("shared") == FoundProject(Project(id="p9", name="shared", account="one"))
    assert [seen.account for seen in (await catalog.listing()).jobs] == ["one"]


async def test_a_list_is_used_while_it_is_fresh_and_read_again_after():
    world = World()
    for turn, lists in ((0, 1), (FRESH_S - 1, 1), (2, 2)):
        world.clock.turn(turn)
        await world.catalog.find_job("run-1")
        assert world.one.lists == lists


async def test_a_name_that_is_missing_is_looked_for_again_at_once():
    world = World()
    await world.catalog.listing()
    world.one.jobs.append(job("brand-new", job_id="j9", account="one"))
    world.clock.turn(5)
    found = await world.catalog.find_job("brand-new")
    assert isinstance(found, Found)


async def test_a_wrong_name_typed_often_does_not_read_the_lists_each_time():
    world = World()
    for _ in range(5):
        assert isinstance(await world.catalog.find_job("nothing"), Unknown)
    assert world.one.lists == 1


async def test_a_job_that_no_list_has_is_found_by_its_id():
    world = World()
    world.two.hidden.append(job("old", job_id="hidden1", account="two"))
    found = await world.catalog.find_job("hidden1")
    assert isinstance(found, Found)
    page = await world.catalog.find_job("https://app.baseten.co/training/p2/logs/hidden1")
    assert isinstance(page, Found)


async def test_an_account_that_fails_does_not_hide_the_others():
    world = World()
    world.one.down = ApiUnavailable("away")
    assert isinstance(await world.catalog.find_job("run-2"), Found)
    listing = await world.catalog.listing()
    assert [one.id for one in listing.jobs] == ["j2"]
    assert listing.sentence == "one: Baseten does not answer right now; try again in a minute."


async def test_a_failure_is_told_only_where_nothing_was_found():
    world = World()
    world.one.down = ApiUnauthorized("no", status=401)
    assert await world.catalog.find_job("run-1") == Unreadable(
        "one: Baseten does not accept the bot's API key any more. Whoever runs the bot has to renew it."
    )


async def test_what_was_known_is_kept_while_the_api_is_away():
    world = World()
    await world.catalog.listing()
    world.one.down = ApiUnavailable("away")
    world.clock.turn(100)
    assert isinstance(await world.catalog.find_job("run-1"), Found)


@pytest.mark.parametrize("askers", [8])
async def test_many_who_ask_at_once_share_one_read(askers):
    world = World()
    await asyncio.gather(*(world.catalog.find_job("run-1") for _ in range(askers)))
    assert world.one.lists == 1
