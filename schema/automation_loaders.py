"""Batches of automations."""

from collections import defaultdict
from functools import cached_property

from beanie import PydanticObjectId
from strawberry.dataloader import DataLoader

from models.automation_backtests import AutomationBacktestRun
from models.automation_trackers import AutomationTracker
from models.automations import AutomationConfig
from models.email_jobs import EmailJob
from resolvers.automation_backtests import jobs_of_backtest_runs, latest_backtest_runs
from resolvers.automation_stats import TrackerCounts, counts_of


class AutomationLoaders:
    @cached_property
    def automations(self) -> DataLoader[PydanticObjectId, AutomationConfig | None]:
        return DataLoader(_automations)

    @cached_property
    def automation_counts(self) -> DataLoader[tuple[str, PydanticObjectId], TrackerCounts]:
        """By app and automation."""
        return DataLoader(counts_of)

    @cached_property
    def latest_backtest_runs(self) -> DataLoader[tuple[str, PydanticObjectId], AutomationBacktestRun | None]:
        """By app and automation."""
        return DataLoader(latest_backtest_runs)

    @cached_property
    def backtest_jobs(self) -> DataLoader[PydanticObjectId, EmailJob | None]:
        """By run."""
        return DataLoader(jobs_of_backtest_runs)

    @cached_property
    def automation_trackers(self) -> DataLoader[tuple[str, str], list[AutomationTracker]]:
        """Those of each shop, by app and domain."""
        return DataLoader(_trackers)


async def _automations(config_ids: list[PydanticObjectId]) -> list[AutomationConfig | None]:
    found = {one.id: one for one in await AutomationConfig.find({"_id": {"$in": config_ids}}).to_list()}
    return [found.get(config_id) for config_id in config_ids]


async def _trackers(shops: list[tuple[str, str]]) -> list[list[AutomationTracker]]:
    apps, domains = {app_id for app_id, _ in shops}, {domain for _, domain in shops}
    of_shops = {"appId": {"$in": [*apps]}, "shopDomain": {"$in": [*domains]}}
    by_shop: defaultdict[tuple[str, str], list[AutomationTracker]] = defaultdict(list)
    for tracker in await AutomationTracker.find(of_shops).sort("-updatedAt").to_list():
        by_shop[tracker.app_id, tracker.shop_domain].append(tracker)
    return [by_shop[shop] for shop in shops]
