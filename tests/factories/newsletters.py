"""People who sign up for newsletters, and the links that they get."""

from typing import Any

from core.actor import Actor
from core.runtime import runtime
from mail.links import UnsubscribeTokens
from models.apps import App
from models.contacts import Contact
from models.deliveries import Delivery
from models.subscribers import Subscriber
from resolvers.contacts import get_contact
from resolvers.data_exports import Visitor
from resolvers.mail_secrets import secret_values_of
from resolvers.subscribing import Confirming, SubscriptionRequest, confirm_newsletter, subscribe
from resolvers.unsubscribing import Unsubscribing, unsubscribe
from tests.factories.api_keys import backend_of

READER = "ada@example.com"
VISITOR = Visitor("203.0.113.7", "Firefox")


async def signed_up(app: App, email: str = READER, **fields: Any) -> Subscriber:
    """Somebody who was signed up by the app's backend."""
    data = SubscriptionRequest.model_validate({"email": email, **fields})
    await subscribe(backend_of(app.id), app.id, data)
    return await subscriber_at(app, email)


async def subscriber_at(app: App, email: str = READER) -> Subscriber:
    found = await Subscriber.find_one({"appId": app.id, "emailKey": email})
    assert found is not None
    return found


async def contact_of(email: str = READER) -> Contact:
    return await get_contact(Actor.system("tests"), email)


async def confirmation_tokens(subscriber: Subscriber) -> list[str]:
    """Of the mails that ask the person to confirm and are not sent yet, the first first."""
    mails = await Delivery.find({"contactId": subscriber.contact_id, "appId": subscriber.app_id}).sort("_id").to_list()
    values = [secret_values_of(mail) for mail in mails]
    return [secret["confirm_url"].rsplit("/", 1)[-1] for secret in values if "confirm_url" in secret]


async def confirmed(app: App, email: str = READER) -> Confirming:
    """What follows when the person presses the button of the last mail."""
    token = (await confirmation_tokens(await subscriber_at(app, email)))[-1]
    return await confirm_newsletter(Actor.anonymous(), app.id, token, VISITOR)


def unsubscribe_token(delivery: Delivery) -> str:
    return UnsubscribeTokens(runtime().settings.keys("unsubscribe")).issue(delivery.id)


async def unsubscribed_by(delivery: Delivery) -> Unsubscribing:
    """What follows when the person presses the button behind the link in a mail."""
    assert delivery.app_id is not None
    return await unsubscribe(Actor.anonymous(), delivery.app_id, unsubscribe_token(delivery), VISITOR)
