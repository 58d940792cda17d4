"""Texts that people write into steps, with what is known of the shop."""

import re
from typing import Final

from models.shops import Shop
from resolvers.automation_facts import shop_values
from resolvers.automation_fields import CATALOGUE

PLACEHOLDER: Final = re.compile(r"\{([a-zA-Z][a-zA-Z0-9._-]{0,80})\}")


def filled(text: str, shop: Shop) -> str:
    """With what is known of the shop in place of `{shop.name}` and the like; people's own data stays out."""
    values = shop_values(shop)

    def value(found: re.Match[str]) -> str:
        field = CATALOGUE.find(found[1])
        if field is None or field.is_personal:
            return found[0]
        known = values.get(found[1])
        return "?" if known is None else str(known)

    return PLACEHOLDER.sub(value, text)
