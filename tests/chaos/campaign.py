"""A company with a newsletter to send, made quickly: for the story of chaos and for benchmarks."""

from typing import Final

from bson import ObjectId

from core import clock
from core.actor import Actor
from models.apps import App, AppMail
from models.campaigns import Campaign
from models.contacts import Consent, ConsentCategory, Consents, ConsentState, Contact
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.campaign_life import Sending, send_campaign

SYSTEM: Final = Actor.system("chaos")
APP: Final = "banners-all-over"
CHUNK: Final = 1000
PARAGRAPH: Final = "<p>Your banners can now follow the weather, the stock and the hour of the day. </p>" * 20
HTML: Final = (
    "<html><head><style>p { color: #333; font-family: sans-serif } .button { padding: 8px }</style></head><body>"
    '<h1>Hello {{ name }}</h1><p><a class="button" href="https://banners.example.com/weather">Weather</a> '
    '<a class="button" href="https://banners.example.com/stock">Stock</a> '
    '<a class="button" href="https://banners.example.com/hours">Hours</a></p>'
    f"{PARAGRAPH}"
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>'
)


async def a_company(subscribers: int) -> None:
    """One app, and people who want its newsletter."""
    mail = AppMail(sender_name="Banners", sender_email="news@banners.example.com", postal_address="1 Tea Lane, London")
    await App(id=APP, name="Banners All Over", name_key="banners all over", mail=mail).insert()
    for start in range(0, subscribers, CHUNK):
        contacts = [_contact(number) for number in range(start, min(start + CHUNK, subscribers))]
        await Contact.insert_many(contacts)
        await Subscriber.insert_many([_subscriber(contact) for contact in contacts])


async def sent_campaign() -> Sending:
    """A campaign to all of them, whose jobs wait for workers."""
    name = "Spring"
    campaign = await Campaign(
        app_id=APP, name=name, name_key=name.casefold(), subject="News for {{ name }}", html=HTML, created_by="tests"
    ).insert()
    return await send_campaign(SYSTEM, str(campaign.id))


def _contact(number: int) -> Contact:
    address = f"person-{number}@example.com"
    agreed = Consent(state=ConsentState.OPTED_IN, at=clock.now(), source="tests", entry_id=ObjectId())
    return Contact(
        email=address,
        email_key=address,
        name=f"Person {number}",
        language="en",
        consents=Consents(**{ConsentCategory.NEWSLETTER.value: agreed}),
    )


def _subscriber(contact: Contact) -> Subscriber:
    return Subscriber(
        app_id=APP,
        contact_id=contact.id,
        email=contact.email,
        email_key=contact.email_key,
        name=contact.name,
        language="en",
        status=SubscriberStatus.ACTIVE,
        subscribed_at=clock.now(),
    )
