"""The apps' client secrets at Shopify, which sign its webhooks: kept encrypted, shown to nobody."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from core.runtime import runtime
from core.sealing import opened, sealed
from models.apps import App

PURPOSE: Final = "shopify-secrets"
MOST: Final = 2
"""While a secret is replaced, Shopify signs with the old one until it is revoked there."""

ShopifySecret = Annotated[str, Field(min_length=16, max_length=200, pattern=r"^[!-~]+$")]


def shopify_secrets_of(app: App) -> list[str]:
    """The newest first; without those that can't be read any more."""
    boxes = (opened(runtime().settings, PURPOSE, box, app.id) for box in app.shopify_secrets)
    return [secret.decode() for secret in boxes if secret is not None]


async def secret_update(app_id: str, secret: str | None) -> Mapping[str, Any]:
    """The part of an update that puts the secret before the others; None takes all away. Sent twice, it is there
    once."""
    if secret is None:
        return {"$unset": {"shopifySecrets": ""}}
    app = await App.get(app_id)
    if app is not None and shopify_secrets_of(app)[:1] == [secret]:
        return {}
    box = sealed(runtime().settings, PURPOSE, secret.encode(), app_id)
    return {"$push": {"shopifySecrets": {"$each": [box], "$position": 0, "$slice": MOST}}}
