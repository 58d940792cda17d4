"""The demonstration company: `allover seed`, and what `serve --demo` does with an empty database."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.progress import Progress as ProgressBar

from commands.console import MESSAGES, OUTPUT
from commands.database import database, platform
from commands.errors import CommandError
from core.settings import Settings
from models import DOCUMENTS
from models.apps import App
from models.users import User
from seed.company import Progress, Secrets, found_company


def seed(settings: Settings, *, reset: bool) -> None:
    """Refuses in production, and where there is something already that nobody said may be deleted."""
    if settings.is_production:
        raise CommandError("The demonstration company is for development: ENVIRONMENT is production.")
    with database(settings) as url:
        if reset:
            typer.confirm(f"Delete everything in the database {settings.mongodb_database}?", abort=True)
        made = asyncio.run(_seed(settings, url, reset=reset))
    OUTPUT.print(f"{made.owner} can log in. Password (shown this once): {made.owner_password}", highlight=False)
    for app_id, key in made.api_keys.items():
        OUTPUT.print(f"API key of {app_id} (shown this once): {key}", highlight=False, soft_wrap=True)


async def seed_when_empty() -> Secrets | None:
    """None where somebody can log in already."""
    if await _is_used():
        return None
    with _progress() as progress:
        return await found_company(progress)


async def _seed(settings: Settings, url: str, *, reset: bool) -> Secrets:
    async with platform(settings, url):
        if reset:
            for document in DOCUMENTS:
                await document.delete_all()
        made = await seed_when_empty()
    if made is None:
        raise CommandError("The database is not empty: `allover seed --reset` deletes what is there.")
    return made


async def _is_used() -> bool:
    return await User.find_one() is not None or await App.find_one() is not None


@contextmanager
def _progress() -> Iterator[Progress]:
    with ProgressBar(console=MESSAGES, transient=True) as bar:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield show
