"""Mail, and those who get it: stored as they are, without the operations that make them."""

from itertools import count
from typing import Any, Final

from bson import ObjectId

from core import clock
from models.campaigns import Campaign, CampaignStatus
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.subscribers import Subscriber, SubscriberStatus

HTML: Final = (
    '<p>Hello {{ name }}, <a href="https://banners.example.com/news">read on</a>.</p>'
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
)

_numbers = count(1)


async def a_campaign(app_id: str, status: CampaignStatus = CampaignStatus.DRAFT, **fields: Any) -> Campaign:
    name = f"Spring news {next(_numbers)}"
    known = {"name": name, "name_key": name.casefold(), "subject": "News for {{ name }}", "html": HTML}
    return await Campaign(app_id=app_id, status=status, created_by="system:tests", **{**known, **fields}).insert()


async def a_subscriber(app_id: str, contact: Contact, **fields: Any) -> Subscriber:
    """Active where nothing else is said."""
    known = {
        "status": SubscriberStatus.ACTIVE,
        "name": contact.name,
        "language": contact.language,
        "subscribed_at": clock.now(),
    }
    return await Subscriber(
        app_id=app_id,
        contact_id=contact.id,
        email=contact.email,
        email_key=contact.email_key,
        search_text=contact.search_text,
        **{**known, **fields},
    ).insert()


async def a_delivery(contact: Contact, campaign: Campaign | None = None, **fields: Any) -> Delivery:
    """Of a campaign, or transactional."""
    known = {
        "source": f"campaign:{campaign.id}" if campaign else f"template:welcome:{ObjectId()}",
        "app_id": campaign.app_id if campaign else "banners-all-over",
        "kind": DeliveryKind.CAMPAIGN if campaign else DeliveryKind.TRANSACTIONAL,
        "category": ConsentCategory.NEWSLETTER if campaign else ConsentCategory.TRANSACTIONAL,
        "campaign_id": campaign.id if campaign else None,
        "content": f"campaign:{campaign.id}" if campaign else "template:welcome",
        "status": DeliveryStatus.SENT,
    }
    return await Delivery(contact_id=contact.id, email=contact.email, name=contact.name, **{**known, **fields}).insert()


async def an_email_event(delivery: Delivery, type: EmailEventType, **fields: Any) -> EmailEvent:
    """About a delivery; it happened now where nothing else is said."""
    return await EmailEvent(
        type=type,
        source="tests",
        app_id=delivery.app_id,
        delivery_id=delivery.id,
        campaign_id=delivery.campaign_id,
        contact_id=delivery.contact_id,
        **{"at": clock.now(), **fields},
    ).insert()
