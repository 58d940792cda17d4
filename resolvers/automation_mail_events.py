"""What people do with mail, for the automations of their shops."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bson import ObjectId

from models.automation_trackers import AutomationTracker
from models.contacts import Contact, ContactShop
from models.email_events import EmailEventType
from resolvers.automation_mail import SOURCE
from resolvers.automation_news import Happening, announce
from resolvers.pending_events import Mails, PendingEvent

NAMES: Final[Mapping[EmailEventType, str]] = {
    EmailEventType.OPENED: "email.opened",
    EmailEventType.CLICKED: "email.clicked",
    EmailEventType.BOUNCED: "email.bounced",
    EmailEventType.COMPLAINED: "email.complained",
    EmailEventType.UNSUBSCRIBED: "email.unsubscribed",
    EmailEventType.REPLIED: "email.replied",
}


async def announce_mail(events: Sequence[PendingEvent], mails: Mails) -> None:
    """Of the shops, in the mail's app, of the person whom it was for. What scanners do is nobody's doing."""
    told = [one for one in events if one.type in NAMES and not one.is_machine and one.app_id and one.contact_id]
    if not told:
        return
    people = {"_id": {"$in": [*{event.contact_id for event in told}]}, "apps": {"$ne": []}}
    rows = Contact.get_pymongo_collection().find(people, {"shops": 1})
    shops = {row["_id"]: [ContactShop.model_validate(shop) for shop in row["shops"]] for row in await rows.to_list()}
    sources = {event.id: mail.source if (mail := mails.get(event.delivery_id)) else "" for event in told}
    chains = await _chains(sources.values())
    await announce(
        [
            Happening(
                f"email:{event.id}:{shop.domain}",
                shop.app_id,
                shop.domain,
                NAMES[event.type],
                event.at,
                {"source": sources[event.id].partition(":")[0]},
                chains.get(_tracker_of(sources[event.id]), []),
            )
            for event in told
            for shop in shops.get(event.contact_id, [])
            if shop.app_id == event.app_id
        ]
    )


async def _chains(sources: Iterable[str]) -> dict[str, list[ObjectId]]:
    """Of the mails that automations sent, which automations led to them: by tracker."""
    ids = {_tracker_of(source) for source in sources} - {""}
    if not ids:
        return {}
    named = {"_id": {"$in": [ObjectId(one) for one in ids]}}
    rows = await AutomationTracker.get_pymongo_collection().find(named, {"chain": 1}).to_list()
    return {str(row["_id"]): row["chain"] for row in rows}


def _tracker_of(source: str) -> str:
    return source.removeprefix(SOURCE).partition(":")[0] if source.startswith(SOURCE) else ""
