"""An app's subscribers, as staff see and keep them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from core import clock
from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import (
    OMITTED,
    Email,
    Input,
    Locale,
    LongText,
    Moment,
    Search,
    ShortText,
    Text,
    WebAddress,
    each_once,
    key_of_email,
)
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.base import touched
from models.contacts import Contact
from models.subscribers import Subscriber, SubscriberStatus
from resolvers.apps import visible_app
from resolvers.consent import FAST_CLOCK, Evidence
from resolvers.contact_writes import with_fields, write_contact
from resolvers.subscriber_writes import (
    ask_to_confirm,
    contact_at,
    let_in,
    member_of,
    search_text_of,
    speaks_against_evidence,
)

MOST_TAGGED: Final = 1000


Tag = Annotated[Text, Field(min_length=1, max_length=60)]
Tags = Annotated[list[Tag], Field(max_length=50), AfterValidator(each_once)]
Source = Annotated[ShortText, Field(min_length=1)]


class SubscriberCreate(Input):
    """With `consent` the subscriber is active at once, and `consentText` (what the person agreed to) and
    `consentSource` (where and how) have to say how we know. Without it a mail asks the person to confirm."""

    email: Email
    name: ShortText = ""
    language: Locale | None = None
    referral_url: WebAddress | None = None
    source: Source = "staff"
    tags: Tags = Field(default_factory=list)
    consent: bool = False
    consent_text: Annotated[LongText, Field(min_length=1)] | None = None
    consent_source: Source | None = None
    consented_at: Moment | None = None

    @model_validator(mode="after")
    def _has_evidence(self) -> "SubscriberCreate":
        if self.consent and (self.consent_text is None or self.consent_source is None):
            raise ValueError("consentText and consentSource are required with consent: they are how we know of it")
        return self


class SubscriberUpdate(Input):
    """The address stays, and so does what was agreed to."""

    name: ShortText = OMITTED
    language: Locale | None = OMITTED
    tags: Tags = OMITTED


class SubscriberTagging(Input):
    """`remove` comes first: what is in both is added."""

    ids: Annotated[list[Annotated[str, Field(max_length=24)]], Field(min_length=1, max_length=MOST_TAGGED)]
    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)


class SubscriberFilter(Input):
    status: SubscriberStatus | None = None
    source: ShortText | None = None
    language: Locale | None = None
    tag: Tag | None = None
    search: Search | None = None


class SubscriberSortKey(SortKey):
    CREATED_AT = "createdAt"
    EMAIL = "email", "emailKey"


@dataclass(frozen=True, slots=True)
class SubscriberStats:
    total: int
    active: int
    pending: int
    unsubscribed: int
    bounced: int
    complained: int
    by_source: Mapping[str, int]


@allow(STAFF)
async def list_subscribers(
    actor: Actor, app_id: str, window: Window, filters: SubscriberFilter, sort: Sort
) -> Slice[Subscriber]:
    """Who gets an app's newsletter, or once did."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.status is not None:
        query["status"] = filters.status.value
    if filters.source is not None:
        query["source"] = filters.source
    if filters.language is not None:
        query["language"] = filters.language
    if filters.tag is not None:
        query["tags"] = filters.tag
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(Subscriber, query, sort, window)


@allow(STAFF)
async def subscriber_stats(actor: Actor, app_id: str) -> SubscriberStats:
    """How many subscribers an app has, by status and by where they signed up."""
    await visible_app(actor, app_id)
    group = {"$group": {"_id": {"status": "$status", "source": "$source"}, "subscribers": {"$sum": 1}}}
    by_status: Counter[str] = Counter()
    by_source: Counter[str] = Counter()
    for row in await Subscriber.aggregate([{"$match": {"appId": app_id}}, group]).to_list():
        by_status[row["_id"]["status"]] += row["subscribers"]
        by_source[row["_id"]["source"]] += row["subscribers"]
    counts = {status.value: by_status[status.value] for status in SubscriberStatus}
    return SubscriberStats(by_status.total(), **counts, by_source=dict(by_source.most_common()))


@allow(STAFF)
async def get_subscriber(actor: Actor, app_id: str, subscriber_id: str) -> Subscriber:
    """One subscriber of an app."""
    await visible_app(actor, app_id)
    identity = object_id(subscriber_id)
    return found(await Subscriber.find_one({"_id": identity, "appId": app_id}) if identity else None, "Subscriber")


@allow(MARKETING)
async def create_subscriber(actor: Actor, app_id: str, data: SubscriberCreate) -> Subscriber:
    """Adds a subscriber: active with evidence of their consent, else asked by mail to confirm. Who left may come back;
    who opted out of all mail, or whose address bounced or complained, is asked in any case.

    Raises `Conflict` for somebody who is subscribed already.
    """
    app = await visible_app(actor, app_id)
    at = data.consented_at or clock.now()
    if at > clock.now() + FAST_CLOCK:
        raise InvalidInput("consentedAt must not be in the future", "consentedAt")
    await _refuse_subscribed(app_id, data)
    contact = await learn_contact(await contact_at(data.email, name=data.name, language=data.language), data)
    details = data.model_dump(include={"name", "language", "referral_url", "source", "tags", "consent_text"})
    subscriber = await member_of(app, contact, details)
    evidence = Evidence(data.consent_source or data.source, text=data.consent_text)
    if data.consent and not await speaks_against_evidence(contact):
        return await let_in(contact, subscriber, evidence, at, actor)
    await ask_to_confirm(app, contact, subscriber, evidence, actor)
    return found(await Subscriber.find_one({"_id": subscriber.id}), "Subscriber")


@allow(MARKETING)
async def update_subscriber(actor: Actor, app_id: str, subscriber_id: str, data: SubscriberUpdate) -> Subscriber:
    """Changes what is sent of a subscriber, leaves the rest."""
    subscriber = await get_subscriber(actor, app_id, subscriber_id)
    changes = data.assignments()
    if "name" in changes:
        changes["searchText"] = search_text_of(subscriber.email, data.name)
    return found(await Subscriber.change({"_id": subscriber.id, "appId": app_id}, touched(changes)), "Subscriber")


@allow(MARKETING)
async def tag_subscribers(actor: Actor, app_id: str, data: SubscriberTagging) -> int:
    """Adds tags to many subscribers of an app, and takes others away. Returns how many of them there are; ids of nobody
    count for nothing."""
    await visible_app(actor, app_id)
    identities = [identity for identity in map(object_id, data.ids) if identity]
    named = {"_id": {"$in": identities}, "appId": app_id}
    if data.remove:
        await Subscriber.find(named).update(touched({}) | {"$pullAll": {"tags": data.remove}})
    if data.add:
        await Subscriber.find(named).update(touched({}) | {"$addToSet": {"tags": {"$each": data.add}}})
    return await Subscriber.find(named).count()


@allow(MARKETING)
async def delete_subscriber(actor: Actor, app_id: str, subscriber_id: str) -> Subscriber:
    """Deletes a subscriber. Their contact stays, and what they agreed to or withdrew."""
    subscriber = await get_subscriber(actor, app_id, subscriber_id)
    deleted = await Subscriber.find_one({"_id": subscriber.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Subscriber not found")
    return subscriber


async def learn_contact(contact: Contact, data: SubscriberCreate) -> Contact:
    """What is not known of the contact yet is filled in."""

    def decide(current: Contact | None) -> Contact | None:
        if current is None:
            return None
        learnt = {name: getattr(current, name) or getattr(data, name) for name in ("name", "language")}
        return with_fields(current, learnt)

    return found(await write_contact({"_id": contact.id, "erasedAt": None}, decide), "Contact")


async def _refuse_subscribed(app_id: str, data: SubscriberCreate) -> None:
    known = await Subscriber.find_one({"appId": app_id, "emailKey": key_of_email(data.email)})
    if known is None:
        return
    if known.status is SubscriberStatus.ACTIVE:
        raise Conflict("This address is subscribed already", "email")
    if known.status is SubscriberStatus.PENDING and not data.consent:
        raise Conflict("This address was asked to confirm already", "email")
