"""What happens with a merchant and its person: one document of each kind that a timeline has, at a given time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any, Final

from beanie import PydanticObjectId

from models.agent_actions import AgentAction, AgentActionType
from models.app_events import KEPT, AppEvent
from models.automation_trackers import AutomationTracker, TrackerStatus
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact, ContactShop
from models.data_exports import DataExport
from models.email_events import EmailEventType
from models.end_users import EndUser
from models.enrollments import Enrollment, EnrollmentStatus
from models.inbound_messages import InboundMessage, InboundProvider
from models.log_tallies import ErrorGroupShop
from models.prospects import Prospect, ProspectChange, ProspectNote, ProspectStatus
from models.shops import Change, ChangeKind, Shop
from models.tickets import Ticket, TicketSource
from models.want_votes import WantVote
from models.wants import WantAuthor
from resolvers.timeline_sources import TimelineKind
from tests.factories.feedback import a_feedback
from tests.factories.mail import a_delivery, a_subscriber, an_email_event
from tests.factories.wants import a_want

DOMAIN: Final = "tea.myshopify.com"
EMAIL: Final = "ada@example.com"

_numbers = count(1)


async def a_person_with_a_shop(app_id: str, at: datetime, email: str = EMAIL, domain: str = DOMAIN) -> Contact:
    """The shop has no history yet."""
    await Shop(app_id=app_id, domain=domain, email=email, email_key=email, installed_at=at).insert()
    shops = [ContactShop(app_id=app_id, domain=domain)]
    return await Contact(email=email, email_key=email, name="Ada", shops=shops, apps=[app_id]).insert()


async def it_happened(kind: TimelineKind, contact: Contact, at: datetime) -> Any:
    """To the contact, or to their first shop. Returns what was stored."""
    return await HAPPENING[kind](contact, at)


def _where(contact: Contact) -> dict[str, str]:
    link = contact.shops[0]
    return {"app_id": link.app_id, "shop_domain": link.domain}


async def _shop_change(contact: Contact, at: datetime) -> Any:
    shop = await Shop.find_one({"domain": contact.shops[0].domain})
    assert shop is not None
    change = Change(kind=ChangeKind.STATUS_CHANGED, at=at, by="tests", after="inactive")
    history = sorted([*shop.history, change], key=lambda one: one.at)
    await shop.set({"history": history})
    return change


async def _app_event(contact: Contact, at: datetime) -> Any:
    known = {**_where(contact), "name": "banner-published", "sent_by": "tests"}
    return await AppEvent(**known, occurred_at=at, expires_at=at + KEPT).insert()


async def _error(contact: Contact, at: datetime) -> Any:
    number = next(_numbers)
    known = {**_where(contact), "id": f"group-{number}:{contact.shops[0].domain}", "group_id": f"group-{number}"}
    return await ErrorGroupShop(**known, first_seen=at, last_seen=at, expires_at=at + KEPT).insert()


async def _ticket(contact: Contact, at: datetime, **fields: Any) -> Any:
    number = next(_numbers)
    known = {
        **_where(contact),
        "number": number,
        "subject": f"Question {number}",
        "message": "How?",
        "email": contact.email,
        "email_key": contact.email_key,
        "contact_id": contact.id,
        "people_keys": [contact.email_key],
        "source": TicketSource.WEB,
        "last_message_at": at,
        "created_by": "tests",
    }
    return await Ticket(**{**known, "created_at": at, **fields}).insert()


async def _resolved_ticket(contact: Contact, at: datetime) -> Any:
    """It is told of twice: it began at the same time."""
    return await _ticket(contact, at, resolved_at=at)


async def _feedback(contact: Contact, at: datetime) -> Any:
    known = {"email": contact.email, "email_key": contact.email_key, "shop_domain": contact.shops[0].domain}
    return await a_feedback(contact.shops[0].app_id, **known, created_at=at)


async def _want(contact: Contact, at: datetime) -> Any:
    author = WantAuthor(
        key=f"email:{contact.email_key}",
        email=contact.email,
        email_key=contact.email_key,
        shop_domain=contact.shops[0].domain,
    )
    return await a_want(contact.shops[0].app_id, author=author, created_at=at)


async def _vote(contact: Contact, at: datetime) -> Any:
    want = await a_want(contact.shops[0].app_id)
    person = {"identity": f"email:{contact.email_key}", "email": contact.email, "email_key": contact.email_key}
    return await WantVote(**_where(contact), **person, want_id=want.id, cast_by="tests", created_at=at).insert()


async def _mail(contact: Contact, at: datetime) -> Any:
    return await a_delivery(contact, app_id=contact.shops[0].app_id, created_at=at)


async def _mail_event(contact: Contact, at: datetime) -> Any:
    """Of a mail that is not kept any more."""
    delivery = await a_delivery(contact)
    await delivery.delete()
    return await an_email_event(delivery, EmailEventType.OPENED, at=at)


async def _consent(contact: Contact, at: datetime) -> Any:
    known = {"category": ConsentCategory.NEWSLETTER, "state": ConsentState.OPTED_IN, "source": "form"}
    return await ConsentEntry(contact_id=contact.id, at=at, recorded_by="tests", **known).insert()


async def _subscriber(contact: Contact, at: datetime) -> Any:
    return await a_subscriber(f"app-of-{next(_numbers)}", contact, subscribed_at=at)


async def _former_subscriber(contact: Contact, at: datetime) -> Any:
    return await a_subscriber(f"app-of-{next(_numbers)}", contact, subscribed_at=None, unsubscribed_at=at)


async def _end_user(contact: Contact, at: datetime) -> Any:
    known = {"app_id": f"app-of-{next(_numbers)}", "email": contact.email, "email_key": contact.email_key}
    return await EndUser(contact_id=contact.id, created_at=at, **known).insert()


async def _data_export(contact: Contact, at: datetime) -> Any:
    known = {"digest": f"digest-{next(_numbers)}", "language": None, "created_by": "tests", "expires_at": at + KEPT}
    return await DataExport(contact_id=contact.id, created_at=at, **known).insert()


async def _received_mail(contact: Contact, at: datetime) -> Any:
    known = {"provider": InboundProvider.RAW, "message_id": f"<{next(_numbers)}@example.com>", "recipient": "us@x.com"}
    unkept = {"size": 1, "raw_id": None, "raw_expires_at": None, "expires_at": at + KEPT}
    return await InboundMessage(contact_id=contact.id, subject="Re: hello", created_at=at, **known, **unkept).insert()


async def _enrollment(contact: Contact, at: datetime, **fields: Any) -> Any:
    known = {"sequence_id": PydanticObjectId(), "version": 1, "current_step": 1, "next_at": None, "started_at": at}
    return await Enrollment(
        contact_id=contact.id, enrolled_by="tests", **{**known, "created_at": at, **fields}
    ).insert()


async def _ended_enrollment(contact: Contact, at: datetime) -> Any:
    """It is told of twice: it began at the same time."""
    return await _enrollment(contact, at, ended_at=at, live=False, open=False, status=EnrollmentStatus.COMPLETED)


async def _prospect_change(contact: Contact, at: datetime) -> Any:
    change = ProspectChange(at=at, by="tests", before=ProspectStatus.NEW, after=ProspectStatus.CONTACTED)
    prospect = await Prospect.find_one({"emailKey": contact.email_key})
    if prospect is None:
        known = {"email": contact.email, "email_key": contact.email_key, "status_changed_at": at, "created_by": "tests"}
        prospect = await Prospect(**known).insert()
    return await prospect.set({"history": [*prospect.history, change]})


async def _prospect_note(contact: Contact, at: datetime) -> Any:
    known = {"prospect_id": PydanticObjectId(), "email_key": contact.email_key, "written_by": "tests"}
    return await ProspectNote(note="Met at a fair", created_at=at, **known).insert()


async def _agent_action(contact: Contact, at: datetime) -> Any:
    known = {"app_id": contact.shops[0].app_id, "email": contact.email, "email_key": contact.email_key}
    written = {"type": AgentActionType.DRAFT, "writer": "templates", "created_by": "tests", "expires_at": at + KEPT}
    return await AgentAction(created_at=at, **known, **written).insert()


async def _automation(contact: Contact, at: datetime, **fields: Any) -> Any:
    known = {"config_id": PydanticObjectId(), "shop_id": PydanticObjectId(), "version": 1, "entered_at": at}
    return await AutomationTracker(**_where(contact), **{**known, **fields}).insert()


async def _ended_automation(contact: Contact, at: datetime) -> Any:
    """It is told of twice: it began at the same time."""
    return await _automation(contact, at, ended_at=at, status=TrackerStatus.COMPLETED)


HAPPENING: Final[Mapping[TimelineKind, Callable[[Contact, datetime], Awaitable[Any]]]] = {
    TimelineKind.SHOP_CHANGED: _shop_change,
    TimelineKind.APP_EVENT: _app_event,
    TimelineKind.ERROR_MET: _error,
    TimelineKind.TICKET_CREATED: _ticket,
    TimelineKind.TICKET_RESOLVED: _resolved_ticket,
    TimelineKind.FEEDBACK_GIVEN: _feedback,
    TimelineKind.WANT_ASKED: _want,
    TimelineKind.WANT_VOTED: _vote,
    TimelineKind.MAIL: _mail,
    TimelineKind.MAIL_EVENT: _mail_event,
    TimelineKind.CONSENT_CHANGED: _consent,
    TimelineKind.SUBSCRIBED: _subscriber,
    TimelineKind.UNSUBSCRIBED: _former_subscriber,
    TimelineKind.FIRST_SIGNED_IN: _end_user,
    TimelineKind.DATA_EXPORTED: _data_export,
    TimelineKind.MAIL_RECEIVED: _received_mail,
    TimelineKind.ENROLLED: _enrollment,
    TimelineKind.SEQUENCE_ENDED: _ended_enrollment,
    TimelineKind.PROSPECT_CHANGED: _prospect_change,
    TimelineKind.PROSPECT_NOTED: _prospect_note,
    TimelineKind.AGENT_ACTED: _agent_action,
    TimelineKind.AUTOMATION_ENTERED: _automation,
    TimelineKind.AUTOMATION_ENDED: _ended_automation,
}
