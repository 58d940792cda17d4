"""How shops are written: read, decide, and write if nobody wrote meanwhile, else again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from core.inputs import key_of_email
from core.runtime import runtime
from core.words import words_of
from models.base import touched
from models.shops import Change, ChangeKind, Shop, ShopStatus
from resolvers.shop_changes import Standing, happened
from resolvers.want_counts import mark_wants_of_shop

Decide = Callable[[Shop | None], Shop | None]
"""What a shop is to become, from what it is; None leaves it as it is. It may be called several times."""

FACTS: Final = ("name", "email", "owner", "country", "currency", "locale", "shopify_plan", "is_test")
"""What an app's backend knows of a shop."""


async def write_shop(app_id: str, domain: str, decide: Decide) -> Shop | None:
    """The shop as it is afterwards. Whoever listens to the app's shops is told of what changed."""
    while True:
        current = await Shop.find_one({"appId": app_id, "domain": domain})
        wanted = decide(current)
        if wanted is None:
            return current
        wanted = with_search(wanted)
        changes = _differences(current, wanted) if current else {}
        if current and not changes:
            return current
        written = await _replaced(current, changes) if current else await _inserted(wanted)
        if written is not None:
            await mark_wants_of_shop(current, written)
            await runtime().topics.publish(topic_of(app_id), {"shopId": str(written.id)})
            return written


def topic_of(app_id: str) -> str:
    """Where changes of an app's shops are told."""
    return f"shops:{app_id}"


def with_changes(shop: Shop | None, app_id: str, domain: str, changes: Sequence[Change]) -> Shop | None:
    """The shop after the changes; None where they are all known already."""
    before, told = (Standing.of(shop), shop.history) if shop else (None, [])
    standing, history = happened(before, told, changes)
    if standing is None or history == told:
        return None
    state = standing.fields() | {"history": history}
    return changed(shop, state) if shop else Shop(app_id=app_id, domain=domain, **state)


def changed(shop: Shop, fields: Mapping[str, Any]) -> Shop:
    """A copy with other values in some fields, by attribute name."""
    copy: Shop = shop.model_copy(update=dict(fields))
    return copy


def with_facts(shop: Shop, facts: Mapping[str, Any], *, are_newest: bool) -> Shop:
    """The newest facts count; older ones fill what is not known yet. A redacted shop has none."""
    if shop.status is ShopStatus.REDACTED:
        return shop
    known = {name: value for name, value in facts.items() if name in FACTS and value is not None}
    if not are_newest:
        known = {name: value for name, value in known.items() if getattr(shop, name) in ("", None)}
    return changed(shop, known)


def with_search(shop: Shop) -> Shop:
    """What lists sort and search by, and what an address is found by, follows from the rest."""
    words = (shop.domain, shop.name, shop.email or "", shop.owner or "")
    return changed(
        shop,
        {
            "name_key": (shop.name or shop.domain).casefold(),
            "email_key": key_of_email(shop.email) if shop.email else None,
            "search_text": " ".join(words).strip().casefold(),
            "search_words": words_of(*words),
        },
    )


def newest_install(shop: Shop) -> Change | None:
    installs = (ChangeKind.INSTALLED, ChangeKind.REINSTALLED)
    return next((change for change in reversed(shop.history) if change.kind in installs), None)


def _differences(current: Shop, wanted: Shop) -> dict[str, Any]:
    """What is to be set, by stored names."""
    return {
        info.alias or name: getattr(wanted, name)
        for name, info in Shop.model_fields.items()
        if getattr(current, name) != getattr(wanted, name)
    }


async def _inserted(shop: Shop) -> Shop | None:
    try:
        return await shop.insert()
    except DuplicateKeyError:
        return None


async def _replaced(current: Shop, changes: dict[str, Any]) -> Shop | None:
    seen = {"_id": current.id, "version": current.version}
    return await Shop.change(seen, touched(changes | {"uncounted": True}) | {"$inc": {"version": 1}})
