"""What calling an operation does to the world: so much an assistant's owner wants to know before it is called."""

from enum import StrEnum
from typing import Any, Final

from core.assistant_settings import Reach


class Effect(StrEnum):
    """`SAFE` changes one thing, or answers one person. `GRAVE` is everything else that writes: deleting, sending to
    many, changing many at once, giving and ending access."""

    READ = "read"
    SAFE = "safe"
    GRAVE = "grave"


SAFE_VERBS: Final = frozenset(
    {
        "add", "app", "assign", "change", "classify", "complete", "convert", "create", "deactivate", "disable", "draft",
        "duplicate", "edit", "ignore", "link", "note", "pause", "rate", "reject", "rename", "reopen", "resolve", "skip",
        "subscribe", "submit", "tag", "toggle", "unlink", "unschedule", "untag", "unvote", "update", "validate", "vote",
    }
)  # fmt: skip
"""How the names of operations begin that change one thing. What begins otherwise is grave: a verb that nobody thought
of is refused rather than let through."""

GRAVE_ALL_THE_SAME: Final = frozenset(
    {"change_shop_status", "deactivate_user", "update_api_key", "update_end_user", "update_user"}
)
"""Somebody gains or loses access; a shop that is redacted loses its people."""

WITHIN_REACH: Final = {
    Reach.READ: frozenset({Effect.READ}),
    Reach.SAFE: frozenset({Effect.READ, Effect.SAFE}),
    Reach.ALL: frozenset(Effect),
}


def effect_of(name: str, *, reads: bool, schema: dict[str, Any]) -> Effect:
    """By the verb that the operation's name begins with, and by whether it takes many ids at once."""
    if reads:
        return Effect.READ
    is_known = name.partition("_")[0] in SAFE_VERBS and name not in GRAVE_ALL_THE_SAME
    return Effect.SAFE if is_known and not takes_many(schema) else Effect.GRAVE


def takes_many(schema: dict[str, Any]) -> bool:
    """Whether the objects that it changes are named by a list, among the arguments or in an object among them."""
    objects = [schema, *schema.get("$defs", {}).values()]
    return any("ids" in found.get("properties", {}) for found in objects)
