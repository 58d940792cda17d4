"""Batches: what many objects of one answer need is read with one query. A new set for each request."""

from functools import cached_property

from strawberry.dataloader import DataLoader

from models.apps import App


class Loaders:
    @cached_property
    def apps(self) -> DataLoader[str, App | None]:
        return DataLoader(_apps)


async def _apps(app_ids: list[str]) -> list[App | None]:
    found = {app.id: app for app in await App.find({"_id": {"$in": app_ids}}).to_list()}
    return [found.get(app_id) for app_id in app_ids]
