"""Merchants of the demonstration do not leave out of the blue."""

from datetime import timedelta
from random import Random

from models.app_events import AppEvent
from models.shops import Shop
from resolvers.event_effects import KNOWN
from seed.departures import FADES_FOR, complaints, without_faded

History = tuple[list[Shop], list[AppEvent]]


def last_weeks(history: History, events: list[AppEvent]) -> int:
    """How many events those that left reported of their last weeks."""
    left = {(shop.app_id, shop.domain): shop.uninstalled_at for shop in history[0]}
    used = [event for event in events if event.name not in KNOWN]
    moments = [(left[event.app_id, event.shop_domain or ""], event.occurred_at) for event in used]
    return sum(gone is not None and at > gone - FADES_FOR for gone, at in moments)


async def test_most_are_not_seen_any_more_before(history: History) -> None:
    shops, events = history
    kept = without_faded(Random(7), shops, events)
    assert 0 < last_weeks(history, kept) < last_weeks(history, events) / 3
    there = {(shop.app_id, shop.domain) for shop in shops if shop.uninstalled_at is None}
    assert [one for one in kept if (one.app_id, one.shop_domain) in there] == [
        one for one in events if (one.app_id, one.shop_domain) in there
    ]


async def test_some_complain_before(history: History) -> None:
    shops = {(shop.app_id, shop.domain): shop for shop in history[0]}
    said = list(complaints(Random(7), history[0]))
    assert len(said) > 10
    for one in said:
        shop = shops[one.app_id, one.shop_domain or ""]
        assert shop.uninstalled_at is not None
        assert timedelta(0) <= shop.uninstalled_at - one.created_at <= timedelta(days=25)
        assert one.created_at >= shop.installed_at - timedelta(milliseconds=1)
