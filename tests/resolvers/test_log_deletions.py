"""Deleting logs: what matches and nothing else, and the counts follow."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from core import clock
from core.access import ADMINS
from core.actor import Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.inputs import iso
from models.log_tallies import ErrorGroup, ErrorGroupShop, LogHour
from models.logs import LogEntry
from models.shops import ShopStatus
from resolvers import log_deletions
from resolvers.log_deletions import RECOUNT_AFTER, delete_log, delete_logs, forget_old_logs
from resolvers.log_recounts import rebuild_log_counts, settle_log_counts
from resolvers.logs import LogFilter
from resolvers.shops import ShopStatusChange, change_shop_status
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.logs import BACKEND, SHOP, Entry, an_entry, an_error, assert_counts_are_right, logged, the_log
from tests.factories.people import an_actor
from tests.factories.shops import a_shop

pytestmark = pytest.mark.usefixtures("platform")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def deleted(app_id: str, **filters: object) -> int:
    return await delete_logs(BACKEND, app_id, LogFilter.model_validate(filters))


async def test_what_matches_and_nothing_else() -> None:
    app, other, now = await an_app(), await an_app(), clock.now()
    for app_id in (app.id, other.id):
        await logged(app_id, an_entry("debug"), an_entry(timestamp=iso(now - 2 * DAY)), an_error(shopDomain=SHOP))
    assert await deleted(app.id, level="debug") == 1
    assert await deleted(app.id, createdTo=iso(now - DAY)) == 1
    await assert_counts_are_right()
    assert await deleted(app.id, shopDomain=SHOP) == 1
    await assert_counts_are_right()
    assert await LogEntry.find({"appId": app.id}).count() == 0
    assert await LogEntry.find({"appId": other.id}).count() == 3


async def test_an_error_of_which_nothing_is_left_is_gone_unless_something_was_decided() -> None:
    app = await an_app()
    await logged(app.id, an_error(shopDomain=SHOP), an_error("another"))
    await ErrorGroup.change({"title": "TypeError: another"}, {"$set": {"status": "ignored"}})
    await deleted(app.id, level="error")
    (left,) = await ErrorGroup.find_all().to_list()
    assert (left.title, left.total, await ErrorGroupShop.count()) == ("TypeError: another", 0, 0)


async def test_more_than_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_deletions, "CHUNK", 3)
    app = await an_app()
    await logged(app.id, *(an_entry("debug" if number % 2 else "info") for number in range(15)))
    assert await deleted(app.id, level="debug") == 7
    await assert_counts_are_right()


async def test_not_without_a_filter() -> None:
    app = await an_app()
    await logged(app.id, an_entry())
    for filters in ({}, {"level": None}):
        with pytest.raises(InvalidInput, match="At least one filter is needed"):
            await deleted(app.id, **filters)
    assert await LogEntry.count() == 1


async def test_one_by_its_id_and_twice_is_not_found() -> None:
    app, other = await an_app(), await an_app()
    await logged(app.id, an_error())
    entry = await the_log(app.id)
    with pytest.raises(NotFound):
        await delete_log(BACKEND, other.id, str(entry.id))
    await delete_log(BACKEND, app.id, str(entry.id))
    await assert_counts_are_right()
    with pytest.raises(NotFound):
        await delete_log(BACKEND, app.id, str(entry.id))


@pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
async def test_by_admins_alone(role: Role) -> None:
    app = await an_app()
    with pytest.raises(Forbidden):
        await delete_logs(await an_actor(role), app.id, LogFilter(search="x"))
    with pytest.raises(Forbidden):
        await delete_log(await an_actor(role), app.id, "0" * 24)
    with pytest.raises(Forbidden):
        await rebuild_log_counts(await an_actor(role), app.id)


async def test_what_is_older_than_the_app_keeps_it_goes_within_the_hour() -> None:
    app, now = await an_app(), clock.now()
    await logged(app.id, an_error(timestamp=iso(now - 9 * DAY)), an_error(timestamp=iso(now - DAY)), an_entry())
    await app.set({"logDays": 7})
    await forget_old_logs(BACKEND)
    assert await LogEntry.count() == 2
    await assert_counts_are_right()


async def test_days_that_are_over_count_no_more() -> None:
    """The database takes entries away by itself; nobody is told of that."""
    app, now = await an_app(), clock.now()
    await logged(app.id, an_error(timestamp=iso(now - 29 * DAY)), an_error(timestamp=iso(now - DAY)))
    with clock.shifted(2 * DAY):
        await LogEntry.find({"expiresAt": {"$lte": clock.now()}}).delete()
        await forget_old_logs(BACKEND)
    (group,) = await ErrorGroup.find_all().to_list()
    assert (group.total, len(group.days)) == (1, 1)


async def test_what_was_logged_about_a_shop_goes_when_it_is_redacted() -> None:
    app, other = await an_app(), await an_app()
    await a_shop(app.id, SHOP)
    for app_id in (app.id, other.id):
        await logged(app_id, an_error(shopDomain=SHOP), an_entry())
    await change_shop_status(BACKEND, app.id, SHOP, ShopStatusChange(status=ShopStatus.REDACTED))
    assert await LogEntry.find({"appId": app.id, "shopDomain": SHOP}).count() == 0
    assert (await LogEntry.count(), await ErrorGroupShop.count()) == (3, 1)
    await assert_counts_are_right()


async def test_a_rebuild_makes_right_what_was_wrong() -> None:
    app = await an_app()
    await logged(app.id, an_error(shopDomain=SHOP), an_entry())
    await ErrorGroup.change({}, {"$set": {"total": 7, "days": {"2026-01-31": {"error": 7}}}})
    assert await rebuild_log_counts(BACKEND, app.id) == 2
    await assert_counts_are_right()
    await ErrorGroup.delete_all()
    await LogHour.delete_all()
    await rebuild_log_counts(BACKEND, app.id)
    await assert_counts_are_right()


@pytest.mark.parametrize("last_arrives", [False, True])
@pytest.mark.parametrize("writes", range(8))
async def test_whoever_dies_in_between_the_counts_are_made_right(writes: int, last_arrives: bool) -> None:
    app, now = await an_app(), clock.now()
    await logged(app.id, an_error(shopDomain=SHOP), an_entry("debug"), an_error("another", timestamp=iso(now - HOUR)))
    with dying(writes, last_arrives=last_arrives), pytest.raises(Killed):
        await deleted(app.id, module="orders")
        raise Killed
    with clock.shifted(2 * RECOUNT_AFTER):
        await settle_log_counts(BACKEND)
        await assert_counts_are_right()


@pytest.mark.parametrize("seed", range(5))
async def test_in_any_order_with_anybody_dying_the_counts_are_right_in_the_end(seed: int) -> None:
    """A random walk: batches come in, several at a time, entries are deleted, and processes die."""
    chance, app = Random(seed), await an_app()

    async def step() -> None:
        match chance.choice(["log", "log", "log", "delete", "die", "settle"]):
            case "delete":
                await deleted(app.id, **chance.choice([{"level": "error"}, {"module": "m1"}, {"shopDomain": SHOP}]))
            case "die":
                with dying(chance.randrange(8), last_arrives=chance.random() < 0.5), pytest.raises(Killed):
                    await logged(app.id, *some_entries(chance))
                    raise Killed
            case "settle":
                await settle_log_counts(BACKEND)
            case _:
                several = [logged(app.id, *some_entries(chance)) for _ in range(chance.randint(1, 4))]
                await asyncio.gather(*several, *([deleted(app.id, level="warn")] if chance.random() < 0.3 else []))

    for number in range(14):
        with clock.shifted(number * timedelta(seconds=40)):
            await step()
    with clock.shifted(HOUR):
        await settle_log_counts(BACKEND)
        await settle_log_counts(BACKEND)
        await assert_counts_are_right()


def some_entries(chance: Random) -> list[Entry]:
    def one() -> Entry:
        shop, at = chance.choice([SHOP, "books.myshopify.com"]), clock.now() - chance.randrange(3) * HOUR
        made = (an_error if chance.random() < 0.5 else an_entry)(shopDomain=shop, timestamp=iso(at))
        return made | {"module": chance.choice(["m1", "m2"]), "level": chance.choice(["debug", "warn", "error"])}

    return [one() for _ in range(chance.randint(1, 6))]
