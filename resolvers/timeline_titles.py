"""What a timeline says of its entries, in a sentence each. What several of them need is read at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from models.app_events import AppEvent
from models.campaigns import Campaign
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState
from models.data_exports import DataExport
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.end_users import EndUser
from models.feedback import Feedback
from models.log_tallies import ErrorGroup, ErrorGroupShop
from models.shops import Change, ChangeKind
from models.subscribers import Subscriber
from models.tickets import Ticket
from models.want_votes import WantVote
from models.wants import Want
from resolvers.merchants import MerchantChange
from resolvers.timeline_sources import Titles

LONGEST: Final = 100
"""Characters of a text that are quoted."""

SHOP_DID: Final = {
    ChangeKind.INSTALLED: "Installed the app",
    ChangeKind.REINSTALLED: "Installed the app again",
    ChangeKind.UNINSTALLED: "Uninstalled the app",
    ChangeKind.REDACTED: "Was redacted, as Shopify asked",
}
CONSENT: Final = {
    ConsentState.OPTED_IN: "Opted in to",
    ConsentState.OPTED_OUT: "Opted out of",
    ConsentState.PENDING: "Was asked to confirm",
    ConsentState.NOT_SPECIFIED: "Left open whether they want",
}
MAIL_IS: Final = {
    DeliveryStatus.QUEUED: "waits to be sent",
    DeliveryStatus.SENDING: "is being sent",
    DeliveryStatus.SENT: "was sent",
    DeliveryStatus.FAILED: "could not be sent",
    DeliveryStatus.SUPPRESSED: "was held back",
    DeliveryStatus.UNCERTAIN: "may have been sent",
    DeliveryStatus.CANCELLED: "was cancelled",
}
MAIL_DID: Final = {
    EmailEventType.OPENED: "was opened",
    EmailEventType.CLICKED: "was clicked",
    EmailEventType.REPLIED: "was answered",
    EmailEventType.BOUNCED: "bounced",
    EmailEventType.COMPLAINED: "was reported as spam",
    EmailEventType.UNSUBSCRIBED: "was unsubscribed from",
}


def each(say: Callable[[Any], str]) -> Titles:
    """For subjects that say it themselves."""

    async def titles(subjects: Sequence[Any]) -> Sequence[str]:
        return [say(subject) for subject in subjects]

    return titles


def of_change(told: MerchantChange) -> str:
    change = told.change
    if change.kind is ChangeKind.PLAN_CHANGED:
        title = _of_plan(change)
    elif change.kind is ChangeKind.STATUS_CHANGED:
        title = f"Became {change.after}"
    else:
        title = SHOP_DID[change.kind]
    return title + (f": {quoted(change.reason)}" if change.reason else "")


def _of_plan(change: Change) -> str:
    terms = change.subscription
    plan = terms.plan_name if terms else change.after or "no plan"
    if terms is not None and change.before == change.after:
        return f"The plan {plan} is {terms.status.value.lower()}"
    return f"Changed from {change.before or 'no plan'} to {plan}"


def of_app_event(event: AppEvent) -> str:
    return f"The app reported {event.name}"


async def of_errors(met: Sequence[ErrorGroupShop]) -> Sequence[str]:
    groups = await ErrorGroup.find({"_id": {"$in": sorted({one.group_id for one in met})}}).to_list()
    known = {group.id: group.title for group in groups}
    return [f"Met an error for the first time: {quoted(known.get(one.group_id, 'unknown'))}" for one in met]


def of_new_ticket(ticket: Ticket) -> str:
    return f"Opened ticket {ticket.reference}: {ticket.subject}"


def of_resolved_ticket(ticket: Ticket) -> str:
    return f"Ticket {ticket.reference} was resolved: {ticket.subject}"


def of_feedback(feedback: Feedback) -> str:
    rating = f", {feedback.rating} of 5" if feedback.rating else ""
    said = f": {quoted(feedback.message)}" if feedback.message else ""
    return f"Gave feedback ({feedback.type.value}{rating}){said}"


def of_want(want: Want) -> str:
    return f"Asked for {want.title}"


async def of_votes(votes: Sequence[WantVote]) -> Sequence[str]:
    wants = await Want.find({"_id": {"$in": list({vote.want_id for vote in votes})}}).to_list()
    titles = {want.id: want.title for want in wants}
    return [f"Voted for {titles.get(vote.want_id, 'something that was deleted')}" for vote in votes]


async def of_mail(deliveries: Sequence[Delivery]) -> Sequence[str]:
    campaigns = await _campaigns(one.campaign_id for one in deliveries)
    return [f"{_mail_of(one, campaigns)} {MAIL_IS[one.status]}{_refusal(one)}" for one in deliveries]


async def of_mail_events(events: Sequence[EmailEvent]) -> Sequence[str]:
    ids = list({event.delivery_id for event in events if event.delivery_id})
    deliveries: dict[Any, Delivery] = {one.id: one for one in await Delivery.find({"_id": {"$in": ids}}).to_list()}
    campaigns = await _campaigns(delivery.campaign_id for delivery in deliveries.values())
    return [f"{_mail_of(deliveries.get(event.delivery_id), campaigns)} {_event(event)}" for event in events]


def of_consent(entry: ConsentEntry) -> str:
    what = "all but transactional mail" if entry.category is None else _about(entry.category)
    return f"{CONSENT[entry.state]} {what}, by {entry.source}"


def of_subscription(subscriber: Subscriber) -> str:
    return f"Subscribed to the newsletter, by {subscriber.source}"


def of_unsubscription(subscriber: Subscriber) -> str:
    return "Left the newsletter"


def of_first_login(user: EndUser) -> str:
    return "Signed in for the first time"


def of_data_export(export: DataExport) -> str:
    return "Was given a link to their data"


def quoted(text: str) -> str:
    """Of a long text its beginning, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


def _mail_of(delivery: Delivery | None, campaigns: Mapping[Any, str]) -> str:
    if delivery is None:
        return "A mail that is not kept any more"
    if delivery.campaign_id is not None:
        return f"The campaign {campaigns.get(delivery.campaign_id, 'that was deleted')}"
    kind, _, name = delivery.content.partition(":")
    called = f" {name}" if kind == "template" and name else ""
    return f"The {'trial' if delivery.kind is DeliveryKind.TEST else 'mail'}{called}"


def _refusal(delivery: Delivery) -> str:
    return f": {delivery.refusal.value.replace('_', ' ')}" if delivery.refusal else ""


def _event(event: EmailEvent) -> str:
    said = event.url or event.detail
    return MAIL_DID.get(event.type, event.type.value) + (f": {quoted(said)}" if said else "")


def _about(category: ConsentCategory) -> str:
    return f"{category.value} mail" if category is not ConsentCategory.NEWSLETTER else "newsletters"


async def _campaigns(ids: Iterable[Any]) -> Mapping[Any, str]:
    """Their names."""
    named = list({one for one in ids if one is not None})
    found = await Campaign.find({"_id": {"$in": named}}).to_list() if named else []
    return {campaign.id: campaign.name for campaign in found}
