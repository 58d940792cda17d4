"""How long a back-test of very many events takes, and how much memory: `python -m benchmarks.backtests`.

100,000 events of 20,000 shops, of which every other one is let in and gets two mails. The floor is reading the same
events in the same batches, and nothing else. All of it on the embedded database.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from itertools import islice
from resource import RUSAGE_SELF, getrusage
from typing import Any, Final

from pydantic import SecretStr

from core import clock, logs
from core.actor import Actor
from core.errors import found
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.app_events import AppEvent
from models.apps import App
from models.automations import AutomationConfig
from models.email_jobs import Progress
from models.shops import Change, ChangeKind, Shop
from resolvers.automation_backtests import (
    AutomationBacktestPeriod,
    create_automation_backtest_run,
    do_backtest_run,
)
from resolvers.automation_history import History
from resolvers.automations import AutomationCreate, create_automation

EVENTS: Final = 100_000
SHOPS: Final = 20_000
INSERTED: Final = 5_000
ACTOR: Final = Actor.system("benchmark")
CONDITION: Final = {"field": "shop.country", "op": "eq", "value": "GB"}
MAIL: Final = {"type": "send_email", "templateKey": "welcome"}
STEPS: Final = [MAIL, {"type": "wait", "duration": "3d"}, MAIL]


def main() -> None:
    """Another process fills the database, so that this one's memory is that of the back-test."""
    if len(sys.argv) > 1:
        asyncio.run(_with_database(sys.argv[1], _fill))
        return
    with EmbeddedMongo() as database:
        subprocess.run([sys.executable, "-m", "benchmarks.backtests", database.url], check=True)
        asyncio.run(_with_database(database.url, _measure))


async def _with_database(url: str, work: Callable[[], Awaitable[None]]) -> None:
    settings = Settings(mongodb_url=SecretStr(url), log_level="ERROR")
    logs.configure(settings)
    async with running(settings, url, DOCUMENTS):
        await work()


async def _fill() -> None:
    app = await App(id="banners", name="Banners", name_key="banners").insert()
    sent = {"slug": "a", "trigger": "published", "condition": CONDITION, "reentry": "always", "steps": STEPS}
    await create_automation(ACTOR, app.id, AutomationCreate.model_validate(sent))
    for kind in (_shops(app), _events(app)):
        while documents := [*islice(kind, INSERTED)]:
            stored = [one.model_dump(by_alias=True, exclude={"revision_id"}) for one in documents]
            await type(documents[0]).get_pymongo_collection().insert_many(stored, ordered=False)


async def _measure() -> None:
    config = found(await AutomationConfig.find_one({}), "Automation")
    run = await create_automation_backtest_run(ACTOR, str(config.id), AutomationBacktestPeriod())
    history = History.of(config.app_id, config.trigger, run.created_at - timedelta(days=90), run.created_at)
    began = time.perf_counter()
    read = sum([len(past) async for past in history.newest(EVENTS, are_more=False)])
    least, before = time.perf_counter() - began, _most_memory()
    began = time.perf_counter()
    result = (await do_backtest_run(ACTOR, run.id, Progress())).result
    took = time.perf_counter() - began
    sys.stdout.write(f"{read:,} events of {SHOPS:,} shops, {result.entered if result else 0:,} entered\n")
    sys.stdout.write(f"{'reading them':34}{least:8.1f} s\n")
    sys.stdout.write(f"{'the back-test':34}{took:8.1f} s {took / least:8.1f} times the floor\n")
    sys.stdout.write(f"{'memory':34}{_most_memory() - before:8.0f} MB {before:8.0f} MB before\n")


def _shops(app: App) -> Iterator[Shop]:
    begun = clock.now() - timedelta(days=100)
    for number in range(SHOPS):
        installed = Change(at=begun, kind=ChangeKind.INSTALLED, by="benchmark")
        known: dict[str, Any] = {"email": f"shop-{number}@tea.example", "email_key": f"shop-{number}@tea.example"}
        yield Shop(
            app_id=app.id, domain=f"shop-{number}.myshopify.com", country="GB" if number % 2 else "FR",
            installed_at=begun, history=[installed], uncounted=None, **known,
        )  # fmt: skip


def _events(app: App) -> Iterator[AppEvent]:
    now = clock.now()
    for number in range(EVENTS):
        at = now - timedelta(days=89 * (1 - number / EVENTS))
        domain = f"shop-{number * 7919 % SHOPS}.myshopify.com"
        yield AppEvent(
            app_id=app.id, name="published", shop_domain=domain, occurred_at=at, sent_by="benchmark",
            expires_at=now + timedelta(days=90), uncounted=None,
        )  # fmt: skip


def _most_memory() -> float:
    """That this process has had so far, in MB."""
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
