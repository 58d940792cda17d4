"""The inbox of the demonstration company."""

from collections import Counter

import pytest

from models.deliveries import Delivery
from models.email_events import EmailEvent, EmailEventType
from models.inbound_messages import InboundClassification, InboundMessage, InboundStatus
from resolvers.inbound_messages import get_inbound_content
from resolvers.inbound_reading import reading_of
from resolvers.inbound_receiving import requeue_inbound_messages
from seed.histories import ACTOR

pytestmark = pytest.mark.usefixtures("demonstration")


async def test_it_is_believable_and_reads_as_it_shows() -> None:
    messages = await InboundMessage.find_all().to_list()
    assert 50 <= len(messages) <= 80
    kinds = Counter(message.classification for message in messages)
    assert set(kinds) >= set(InboundClassification) - {InboundClassification.AUTO_REPLY}
    assert {message.status for message in messages} == {InboundStatus.PROCESSED, InboundStatus.UNMATCHED}
    for message in messages:
        read = await reading_of(message)
        assert (message.new_text, message.classification) == (
            read.fields["newText"],
            read.classified.classification.value,
        )
    assert await get_inbound_content(ACTOR, str(messages[0].id)) is not None
    replied = await EmailEvent.find({"type": EmailEventType.REPLIED.value}).to_list()
    assert len(replied) > 20
    for event in replied:
        delivery = await Delivery.get(event.delivery_id)
        assert delivery is not None
        assert delivery.replied_at == event.at
    assert await requeue_inbound_messages(ACTOR) == 0
