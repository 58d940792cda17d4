"""The messages of deliveries: what a content says to each of many people, with links of their own."""

from core import clock
from core.runtime import runtime
from mail.content import PersonalLinks
from mail.links import UnsubscribeTokens
from mail.message import Outgoing
from models.deliveries import Delivery, DeliveryKind
from resolvers.mail_contents import PreparedMail, prepared
from resolvers.tracking import links_for


class Composer:
    """For deliveries that share their content: it is prepared with the first."""

    def __init__(self) -> None:
        settings = runtime().settings
        self._address = settings.public_url.rstrip("/")
        self._tokens = UnsubscribeTokens(settings.keys("unsubscribe"))
        self._mail: PreparedMail | None = None

    async def message_of(self, delivery: Delivery) -> Outgoing:
        """Raises `NotFound` where its content is gone, `InvalidInput` where it can't be rendered, or the address can't
        be written to."""
        mail = self._mail = self._mail or await prepared(delivery)
        return mail.message(delivery, self._personal(delivery, len(mail.content.links)), date=clock.now())

    def _personal(self, delivery: Delivery, count: int) -> PersonalLinks:
        """Of campaigns alone are readers tracked."""
        unsubscribe_url = f"{self._address}/{delivery.app_id}/newsletter/unsubscribe/{self._tokens.issue(delivery.id)}"
        if delivery.kind is not DeliveryKind.CAMPAIGN:
            return PersonalLinks(unsubscribe_url)
        links, pixel_url = links_for(delivery.id, count)
        return PersonalLinks(unsubscribe_url, links, pixel_url)
