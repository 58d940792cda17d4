"""A delivery's message: what its content says to one person, with links of their own."""

from core import clock
from core.runtime import runtime
from mail.content import PersonalLinks
from mail.links import UnsubscribeTokens
from mail.message import Outgoing
from models.deliveries import Delivery, DeliveryKind
from resolvers.mail_contents import prepared
from resolvers.tracking import links_for


async def message_of(delivery: Delivery) -> Outgoing:
    """Raises `NotFound` where its content is gone, `InvalidInput` where it can't be rendered, or the address can't be
    written to."""
    mail = await prepared(delivery)
    return mail.message(delivery, personal_links(delivery, len(mail.content.links)), date=clock.now())


def personal_links(delivery: Delivery, count: int) -> PersonalLinks:
    """Trials and transactional mail are not tracked."""
    settings = runtime().settings
    address = settings.public_url.rstrip("/")
    token = UnsubscribeTokens(settings.keys("unsubscribe")).issue(delivery.id)
    unsubscribe_url = f"{address}/{delivery.app_id}/newsletter/unsubscribe/{token}"
    if delivery.kind is not DeliveryKind.CAMPAIGN:
        return PersonalLinks(unsubscribe_url)
    links, pixel_url = links_for(delivery.id, count)
    return PersonalLinks(unsubscribe_url, links, pixel_url)
