"""Mail that answers what somebody did: planned once, and given to a worker whatever happens in between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import bson
from beanie import PydanticObjectId
from bson.errors import BSONError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import allow
from core.actor import Actor
from core.addresses import digest_of_email
from core.errors import InvalidInput
from core.inputs import JsonObject, invalid_input, key_of_email
from core.mongo import Filter, insert_new
from core.runtime import runtime
from mail.builtin import built_in
from models.apps import App
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus, DeliveryThread
from models.email_events import EmailEventType
from models.email_jobs import EmailJob
from resolvers.email_events import event_about, record_event
from resolvers.job_leases import enqueue, enqueue_many
from resolvers.mail_secrets import sealed_values

DELIVER: Final = "mail.deliver"
"""The type of the jobs that send one delivery, which `deliveryId` in their payload names."""
PRIORITY: Final = 10
"""Somebody waits for such mail: it goes before campaigns, whose jobs have none."""
FORGOTTEN_AFTER: Final = timedelta(minutes=1)
"""A queued delivery that old has a job, or whoever planned it died in between."""
ATTEMPTS: Final = 50
"""Of a job: it has to outlast the attempts of its message."""
CHUNK: Final = 500
LARGEST_VALUES: Final = 64_000
"""Bytes of the values of one mail, as they are stored."""

_OBJECT: Final = TypeAdapter[dict[str, Any]](JsonObject)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who need not be a contact. `email` is a valid address, as a person writes it."""

    email: str
    name: str = ""


@allow()
async def queue_mail(
    actor: Actor,
    app: App,
    key: str,
    to: Contact | Recipient,
    *,
    values: Mapping[str, Any] = MappingProxyType({}),
    secret_values: Mapping[str, Any] = MappingProxyType({}),
    language: str | None = None,
    source: str,
    category: ConsentCategory = ConsentCategory.TRANSACTIONAL,
    kind: DeliveryKind = DeliveryKind.TRANSACTIONAL,
    thread: DeliveryThread | None = None,
) -> Delivery:
    """Plans a mail from the app's template of that key, and leaves it to the workers. Whether it may be sent is asked
    when it is.

    `source` names the occasion (`confirmation:<subscriber id>:<number>`): there is one mail of each source to
    each person, so whoever is not sure whether it was planned plans it again. `values` are texts, numbers, booleans,
    moments, lists and objects of those. `secret_values` are what its reader alone may know, such as a link to sign in:
    they are kept encrypted, and only until the mail is sent. `language` is the person's, else the app's, where it is
    left out. `thread` is the conversation that it belongs to.

    Raises `InvalidInput` for values that are none, and for a secret one (as the built-in mail says) among `values`.
    """
    _refuse_open_secrets(key, values)
    return await plan_mail(
        actor,
        app,
        f"template:{key}",
        to,
        values=checked_values(values),
        secret_values=checked_values(secret_values),
        language=language,
        source=source,
        category=category,
        kind=kind,
        thread=thread,
    )


@allow()
async def plan_mail(
    actor: Actor,
    app: App,
    content: str,
    to: Contact | Recipient,
    *,
    values: Mapping[str, Any],
    secret_values: Mapping[str, Any] = MappingProxyType({}),
    language: str | None,
    source: str,
    category: ConsentCategory,
    kind: DeliveryKind,
    thread: DeliveryThread | None = None,
) -> Delivery:
    """As `queue_mail`, from any content that `Delivery.content` can name."""
    contact = to if isinstance(to, Contact) else await Contact.find_one({"emailKey": key_of_email(to.email)})
    delivery_id = PydanticObjectId()
    planned = await _inserted(
        Delivery(
            id=delivery_id,
            app_id=app.id,
            source=source,
            kind=kind,
            category=category,
            contact_id=contact.id if contact else None,
            content=content,
            email=to.email,
            address_digest=None if contact else digest_of_email(runtime().settings, to.email),
            name=to.name,
            language=language or (contact.language if contact else None) or app.mail.default_language,
            values=dict(values),
            thread=thread,
            sealed_values=sealed_values(delivery_id, secret_values),
        )
    )
    if planned.status is DeliveryStatus.QUEUED:
        await _leave_to_workers(actor, planned)
    return planned


@allow()
async def queue_mail_to_contacts(
    actor: Actor,
    app: App,
    key: str,
    contacts: Sequence[Contact],
    *,
    values: Mapping[str, Any],
    source: str,
    category: ConsentCategory,
) -> None:
    """As `queue_mail`, of the same to some hundred contacts, with three round trips. It goes after what somebody waits
    for."""
    checked = checked_values(values)
    deliveries = [
        Delivery(
            app_id=app.id,
            source=source,
            kind=DeliveryKind.TRANSACTIONAL,
            category=category,
            contact_id=contact.id,
            content=f"template:{key}",
            email=contact.email,
            name=contact.name,
            language=contact.language or app.mail.default_language,
            values=checked,
        )
        for contact in contacts
    ]
    if deliveries:
        await insert_new(Delivery, deliveries)
    of_these = {"source": source, "contactId": {"$in": [contact.id for contact in contacts]}}
    waiting = {**of_these, "status": DeliveryStatus.QUEUED.value}
    planned = await Delivery.find(waiting, projection_model=_Waiting).to_list()
    jobs = {_job_key(one.id): {"deliveryId": str(one.id)} for one in planned}
    await enqueue_many(actor, DELIVER, jobs, max_attempts=ATTEMPTS)


@allow()
async def enqueue_forgotten_mail(actor: Actor) -> int:
    """Gives a job to each mail that was planned by somebody who died before the next line, and returns how many there
    were."""
    forgotten, last = 0, None
    while True:
        found = await Delivery.find(_waiting(after=last), projection_model=_Waiting).sort("_id").limit(CHUNK).to_list()
        if not found:
            return forgotten
        last = found[-1].id
        ids = await _without_a_job([delivery.id for delivery in found])
        for delivery in await Delivery.find({"_id": {"$in": ids}}).to_list() if ids else []:
            await _leave_to_workers(actor, delivery)
            forgotten += 1


def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a template can be given. Raises `InvalidInput` naming `values`, or the one that is wrong."""
    try:
        checked = _OBJECT.validate_python(dict(values))
        _check_kinds(checked, "values")
        size = len(bson.encode(checked))
    except ValidationError as error:
        raise InvalidInput(f"values: {invalid_input(error).message}", "values") from None
    except (BSONError, UnicodeError):
        raise InvalidInput("values: texts in it must be valid Unicode", "values") from None
    if size > LARGEST_VALUES:
        raise InvalidInput(f"values: must have at most {LARGEST_VALUES:,} bytes", "values")
    return checked


def _refuse_open_secrets(key: str, values: Mapping[str, Any]) -> None:
    mail = built_in(key)
    for name in [variable.name for variable in mail.variables if variable.secret] if mail else ():
        if name in values:
            raise InvalidInput(f"values.{name}: is secret: it belongs in secret_values", f"values.{name}")


class _Waiting(BaseModel):
    id: PydanticObjectId = Field(alias="_id")


def _waiting(*, after: PydanticObjectId | None) -> Filter:
    """Mail of no campaign, and no sequence, that should have a job by now; what is held had one."""
    query = {
        "campaignId": None,
        "outreach": None,
        "status": DeliveryStatus.QUEUED.value,
        "heldSince": None,
        "chunk": 0,
        "createdAt": {"$lte": clock.now() - FORGOTTEN_AFTER},
    }
    return query if after is None else {**query, "_id": {"$gt": after}}


async def _without_a_job(delivery_ids: Sequence[PydanticObjectId]) -> list[PydanticObjectId]:
    by_key = {_job_key(delivery_id): delivery_id for delivery_id in delivery_ids}
    jobs = await EmailJob.find({"dedupeKey": {"$in": list(by_key)}}, projection_model=_DedupeKey).to_list()
    known = {job.dedupe_key for job in jobs}
    return [delivery_id for key, delivery_id in by_key.items() if key not in known]


class _DedupeKey(BaseModel):
    dedupe_key: str = Field(alias="dedupeKey")


async def _inserted(planned: Delivery) -> Delivery:
    """The delivery; the first of its source to that person where there is one."""
    try:
        return await planned.insert()
    except DuplicateKeyError:
        to_whom = {"contactId": planned.contact_id, "addressDigest": planned.address_digest}
        first = await Delivery.find_one({"source": planned.source, **to_whom})
        if first is None:
            raise
        return first


async def _leave_to_workers(actor: Actor, delivery: Delivery) -> None:
    """However often it is called, there is one event, and one job: the event first, because a mail that has a job is
    not looked at again."""
    queued = event_about(delivery, EmailEventType.QUEUED, source=delivery.kind.value, at=delivery.created_at)
    await record_event(queued)
    payload, key = {"deliveryId": str(delivery.id)}, _job_key(delivery.id)
    await enqueue(actor, DELIVER, payload, priority=PRIORITY, dedupe_key=key, max_attempts=ATTEMPTS)


def _job_key(delivery_id: PydanticObjectId) -> str:
    return f"deliver:{delivery_id}"


def _check_kinds(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_kinds(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_kinds(item, f"{where}.{index}")
    elif not isinstance(value, str | int | float | datetime | None):
        raise InvalidInput(f"{where}: is not a text, a number, a boolean, a moment, a list or an object", where)
