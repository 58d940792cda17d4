"""An app's subscribers, as staff see and keep them."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from core.inputs import iso
from core.pages import Page
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState
from models.subscribers import Subscriber, SubscriberStatus
from resolvers import subscribers
from resolvers.consent import opt_out_contact
from resolvers.sending import can_send
from resolvers.subscribers import (
    SubscriberCreate,
    SubscriberFilter,
    SubscriberSortKey,
    SubscriberTagging,
    SubscriberUpdate,
)
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.mail import a_subscriber
from tests.factories.newsletters import READER, confirmation_tokens, confirmed, contact_of, signed_up
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

NEWSLETTER = ConsentCategory.NEWSLETTER
ACTIVE, PENDING = SubscriberStatus.ACTIVE, SubscriberStatus.PENDING
EVIDENCE: dict[str, Any] = {"consent": True, "consentText": "Yes, write to me", "consentSource": "paper form"}


async def added(app_id: str, email: str = READER, actor: Actor = SYSTEM, **fields: object) -> Subscriber:
    data = SubscriberCreate.model_validate({"email": email} | fields)
    return await subscribers.create_subscriber(actor, app_id, data)


async def listed(app_id: str, **filters: object) -> list[str]:
    given = SubscriberFilter.model_validate(filters)
    found = await subscribers.list_subscribers(SYSTEM, app_id, Page(), given, SubscriberSortKey.EMAIL.order())
    return [subscriber.email for subscriber in found.items]


class TestWorks:
    async def test_with_evidence_of_their_consent_they_are_active_at_once(self) -> None:
        app, marketing = await an_app(), await an_actor(Role.MARKETING)
        at = clock.now() - timedelta(days=3)
        subscriber = await added(app.id, actor=marketing, name="Ada", language="en", consentedAt=iso(at), **EVIDENCE)
        (entry,) = await ConsentEntry.find_all().to_list()
        assert (subscriber.status, subscriber.source) == (ACTIVE, "staff")
        assert (entry.state, entry.at, entry.source, entry.text, entry.recorded_by) == (
            ConsentState.OPTED_IN, at, "paper form", "Yes, write to me", marketing.label
        )  # fmt: skip
        assert (await can_send(READER, NEWSLETTER, app)).allowed

    async def test_without_it_a_mail_asks_them_whatever_the_app_does(self) -> None:
        app = await an_app(double_opt_in=False)
        subscriber = await added(app.id)
        assert subscriber.status is PENDING
        assert len(await confirmation_tokens(subscriber)) == 1
        assert (await confirmed(app)).subscriber.status is ACTIVE

    async def test_who_left_comes_back(self) -> None:
        app = await an_app()
        first = await added(app.id, **EVIDENCE)
        await with_consent(await contact_of(), NEWSLETTER, ConsentState.OPTED_OUT)
        again = await added(app.id, **EVIDENCE)
        assert (again.id, again.status, again.unsubscribed_at is not None) == (first.id, ACTIVE, True)

    async def test_who_opted_out_of_all_mail_is_asked_in_any_case(self) -> None:
        app = await an_app()
        await opt_out_contact(SYSTEM, str((await a_contact(READER)).id))
        assert (await added(app.id, **EVIDENCE)).status is PENDING
        assert (await contact_of()).global_opt_out

    async def test_what_is_known_of_the_person_stays_and_what_is_missing_is_learnt(self) -> None:
        app = await an_app()
        await a_contact(READER, name="Ada King")
        await added(app.id, name="Ada Lovelace", language="en", **EVIDENCE)
        contact = await contact_of()
        assert (contact.name, contact.language) == ("Ada King", "en")

    async def test_lists_filter_and_search(self) -> None:
        app, other = await an_app(), await an_app()
        await added(app.id, "ada@example.com", name="Ada", language="en", source="fair", tags=["vip"], **EVIDENCE)
        await added(app.id, "greta@example.com", language="de")
        await added(other.id, "other@example.com")
        assert await listed(app.id) == ["ada@example.com", "greta@example.com"]
        assert await listed(app.id, status="pending") == ["greta@example.com"]
        assert await listed(app.id, source="fair") == ["ada@example.com"]
        assert await listed(app.id, language="de") == ["greta@example.com"]
        assert await listed(app.id, tag="vip") == ["ada@example.com"]
        assert await listed(app.id, search="ADA") == ["ada@example.com"]
        assert await listed(app.id, search=".*") == []

    async def test_statistics_count_every_status_and_source(self) -> None:
        app = await an_app()
        for number, status in enumerate(SubscriberStatus):
            await a_subscriber(app.id, await a_contact(), status=status, source="api" if number else "import")
        await a_subscriber((await an_app()).id, await a_contact())
        stats = await subscribers.subscriber_stats(SYSTEM, app.id)
        assert stats.total == 5
        counted = stats.active, stats.pending, stats.unsubscribed, stats.bounced, stats.complained
        assert counted == (1, 1, 1, 1, 1)
        assert stats.by_source == {"api": 4, "import": 1}

    async def test_an_update_is_found_by_search_and_leaves_the_rest(self) -> None:
        app = await an_app()
        subscriber = await added(app.id, name="Ada", tags=["vip"], **EVIDENCE)
        data = SubscriberUpdate.model_validate({"name": "Grace"})
        changed = await subscribers.update_subscriber(SYSTEM, app.id, str(subscriber.id), data)
        assert (changed.name, changed.tags, changed.status) == ("Grace", ["vip"], ACTIVE)
        assert await listed(app.id, search="grace") == [READER]
        assert await listed(app.id, search="ada") == [READER]

    async def test_many_are_tagged_at_once(self) -> None:
        app, other = await an_app(), await an_app()
        here = [await a_subscriber(app.id, await a_contact(), tags=["old"]) for _ in range(3)]
        there = await a_subscriber(other.id, await a_contact())
        ids = [*(str(one.id) for one in (*here[:2], there)), "nobody"]
        data = SubscriberTagging.model_validate({"ids": ids, "add": ["new", "vip"], "remove": ["old", "vip"]})
        assert await subscribers.tag_subscribers(SYSTEM, app.id, data) == 2
        tags = [(await subscribers.get_subscriber(SYSTEM, app.id, str(one.id))).tags for one in here]
        assert tags == [["new", "vip"], ["new", "vip"], ["old"]]
        assert (await subscribers.get_subscriber(SYSTEM, other.id, str(there.id))).tags == []

    async def test_deleting_keeps_the_contact_and_what_they_agreed_to(self) -> None:
        app = await an_app()
        subscriber = await added(app.id, **EVIDENCE)
        await subscribers.delete_subscriber(SYSTEM, app.id, str(subscriber.id))
        assert await listed(app.id) == []
        assert (await contact_of()).consents.newsletter.state is ConsentState.OPTED_IN


class TestWhoMay:
    async def test_all_staff_see_and_marketing_writes(self) -> None:
        app = await an_app()
        subscriber = await added(app.id)
        viewer, identity = await an_actor(Role.VIEWER), str(subscriber.id)
        assert (await subscribers.get_subscriber(viewer, app.id, identity)).id == subscriber.id
        with pytest.raises(Forbidden):
            await added(app.id, "grace@example.com", await an_actor(Role.SUPPORT))
        with pytest.raises(Forbidden):
            await subscribers.update_subscriber(viewer, app.id, identity, SubscriberUpdate())
        with pytest.raises(Forbidden):
            await subscribers.delete_subscriber(viewer, app.id, identity)
        with pytest.raises(Unauthenticated):
            await subscribers.subscriber_stats(Actor.anonymous(), app.id)


class TestOwnership:
    async def test_another_app_s_subscriber_is_not_found(self) -> None:
        app, other = await an_app(), await an_app()
        identity = str((await added(app.id)).id)
        with pytest.raises(NotFound):
            await subscribers.get_subscriber(SYSTEM, other.id, identity)
        with pytest.raises(NotFound):
            await subscribers.update_subscriber(SYSTEM, other.id, identity, SubscriberUpdate())
        with pytest.raises(NotFound):
            await subscribers.delete_subscriber(SYSTEM, other.id, identity)


class TestValidation:
    async def test_who_is_subscribed_or_asked_already_is_a_conflict(self) -> None:
        app = await an_app()
        await signed_up(app)
        with pytest.raises(Conflict):
            await added(app.id)
        assert (await added(app.id, **EVIDENCE)).status is ACTIVE
        with pytest.raises(Conflict) as conflict:
            await added(app.id, "ADA@example.com", **EVIDENCE)
        assert conflict.value.field == "email"

    async def test_nobody_agrees_in_the_future(self) -> None:
        tomorrow = iso(clock.now() + timedelta(days=1))
        with pytest.raises(InvalidInput) as error:
            await added((await an_app()).id, consentedAt=tomorrow, **EVIDENCE)
        assert error.value.field == "consentedAt"

    @pytest.mark.parametrize("missing", ["consentText", "consentSource"])
    def test_consent_needs_evidence(self, missing: str) -> None:
        given = {name: value for name, value in EVIDENCE.items() if name != missing}
        with pytest.raises(ValidationError, match="are required with consent"):
            SubscriberCreate.model_validate({"email": READER} | given)

    @pytest.mark.parametrize("fields", [{"email": "other@example.com"}, {"status": "active"}, {"tags": ["a" * 61]}])
    def test_address_and_status_can_not_be_changed(self, fields: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            SubscriberUpdate.model_validate(fields)


class TestMissing:
    async def test_deleting_twice_and_unknown_ids_are_not_found(self) -> None:
        app = await an_app()
        identity = str((await added(app.id)).id)
        await subscribers.delete_subscriber(SYSTEM, app.id, identity)
        for unknown in (identity, "0" * 24, "nobody", '{"$ne": null}'):
            with pytest.raises(NotFound):
                await subscribers.delete_subscriber(SYSTEM, app.id, unknown)
