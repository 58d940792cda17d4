"""App events, over REST."""

from typing import Annotated, Final, Literal

from fastapi import Path

from resolvers import app_events
from resolvers.app_events import AppEventCreate
from rest_compat.edge import AppId, CurrentActor, Data, Wire

EventName = Annotated[str, Path(alias="eventName")]


class ReceivedWire(Wire):
    received: Literal[True] = True


RECEIVED: Final = Data[ReceivedWire](data=ReceivedWire())


async def app_installed(actor: CurrentActor, app_id: AppId, body: AppEventCreate) -> Data[ReceivedWire]:
    """Report that a shop installed the app; what is known of the shop comes in `data`."""
    await app_events.create_app_event(actor, app_id, "app-installed", body)
    return RECEIVED


async def create_app_event(
    actor: CurrentActor, app_id: AppId, event_name: EventName, body: AppEventCreate
) -> Data[ReceivedWire]:
    """Report any event of the app."""
    await app_events.create_app_event(actor, app_id, event_name, body)
    return RECEIVED
