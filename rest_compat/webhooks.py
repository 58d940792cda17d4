"""Webhooks of other services: verified over their bytes, stored, answered."""

from typing import Annotated, Literal

from fastapi import Path, Request

from core.actor import Actor
from core.web import allow_body
from resolvers import webhooks
from resolvers.webhook_signatures import SignedRequest
from rest_compat.edge import AppId, CurrentActor, Wire

InboundProvider = Annotated[str, Path(alias="provider")]


class ResendReceivedWire(Wire):
    """`processed` is false for what was received before."""

    success: Literal[True] = True
    processed: bool
    event_id: str


class ReceivedMessageWire(Wire):
    success: Literal[True] = True
    message: str


async def receive_resend_webhook(actor: CurrentActor, request: Request) -> ResendReceivedWire:
    """Take what Resend tells of mail."""
    receipt = await webhooks.receive_resend_webhook(actor, await _signed(request))
    return ResendReceivedWire(processed=receipt.is_new, event_id=receipt.event_id)


async def receive_cold_provider_webhook(actor: CurrentActor, request: Request) -> ReceivedMessageWire:
    """Take what the provider of cold mail tells of mail."""
    receipt = await webhooks.receive_cold_provider_webhook(actor, await _signed(request))
    return _received(receipt)


async def receive_shopify_webhook(actor: CurrentActor, app_id: AppId, request: Request) -> ReceivedMessageWire:
    """Shopify webhook receiver: uninstalls and requests about personal data."""
    receipt = await webhooks.receive_shopify_webhook(actor, app_id, await _signed(request))
    return _received(receipt)


async def receive_inbound_webhook(
    actor: CurrentActor, provider: InboundProvider, request: Request
) -> ReceivedMessageWire:
    """Take a mail that a service received."""
    receipt = await webhooks.receive_inbound_webhook(actor, provider, await _signed(request))
    return _received(receipt)


async def admit_inbound_webhook(request: Request) -> None:
    """Before a mail is read: how large it may be."""
    provider = request.path_params["provider"]
    allow_body(request.scope, await webhooks.check_inbound_webhook(Actor.anonymous(), provider))


async def _signed(request: Request) -> SignedRequest:
    return SignedRequest(await request.body(), request.headers)


def _received(receipt: webhooks.WebhookReceipt) -> ReceivedMessageWire:
    return ReceivedMessageWire(message="Received" if receipt.is_new else "Received before")
