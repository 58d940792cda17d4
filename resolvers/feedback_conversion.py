"""What somebody said becomes something to be done: a want, with their vote, or a ticket that they get an answer to.

Which want or ticket it becomes is noted before it is there. So doing it again leads to the same one, whoever died in
between.
"""

from dataclasses import dataclass
from typing import Any, Final

from beanie import PydanticObjectId
from pymongo.errors import DuplicateKeyError

from core import clock
from core.access import SUPPORT, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, found
from core.ids import Handle, ObjectIdText
from core.inputs import Input, LongText
from models.apps import App
from models.base import touched
from models.feedback import Feedback, FeedbackStatus
from models.tickets import Ticket, TicketPriority, TicketSource, TicketTopic
from models.wants import Want, WantAuthor, WantStatus
from resolvers.apps import visible_app
from resolvers.feedback import get_feedback
from resolvers.ticket_authors import author_by
from resolvers.ticket_inputs import Subject
from resolvers.ticket_opening import open_ticket
from resolvers.ticket_people import requester, shop_of
from resolvers.want_board import Board
from resolvers.want_counts import announce_want
from resolvers.want_identities import Identity, WantVoter, identity_of
from resolvers.want_submitting import want_of
from resolvers.want_votes import cast_own_vote
from resolvers.wants import WantTitle, get_want

SYSTEM: Final = Actor.system("feedback")


class FeedbackConvertToWant(Input):
    """A new want of that `title`, or `wantId`, one that there is already. Where they are left out, the description is
    what was said, and the category the app's first."""

    want_id: ObjectIdText | None = None
    title: WantTitle | None = None
    description: LongText | None = None
    category: Handle | None = None


class FeedbackConvertToTicket(Input):
    subject: Subject
    topic: TicketTopic = TicketTopic.OTHER
    priority: TicketPriority = TicketPriority.MEDIUM


@dataclass(frozen=True, slots=True)
class BecameWant:
    feedback: Feedback
    want: Want


@dataclass(frozen=True, slots=True)
class BecameTicket:
    feedback: Feedback
    ticket: Ticket


@allow(SUPPORT)
async def convert_feedback_to_want(actor: Actor, feedback_id: str, data: FeedbackConvertToWant) -> BecameWant:
    """Turns what somebody said into a want, or a vote for one. Doing it again leads to the same want.

    Raises `Conflict` where it became another want.
    """
    feedback = await get_feedback(actor, feedback_id)
    if (data.want_id is None) == (data.title is None):
        raise InvalidInput("Give either the title of a new want or wantId", "title")
    app = await visible_app(actor, feedback.app_id)
    known = await get_want(actor, app.id, data.want_id) if data.want_id else None
    noted = await _noted(feedback, "wantId", known.id if known else PydanticObjectId())
    if known is not None and noted.want_id != known.id:
        raise Conflict(f"It became another want, {noted.want_id}, already", "wantId")
    identity = await _speaker(app, noted)
    want = known or await _want(app, noted, identity, data)
    if identity is not None and want.is_open_to_votes:
        want = (await cast_own_vote(Board(app, actor, identity), identity, want, actor.label)).want
    return BecameWant(noted, want)


@allow(SUPPORT)
async def convert_feedback_to_ticket(actor: Actor, feedback_id: str, data: FeedbackConvertToTicket) -> BecameTicket:
    """Turns what somebody said into a ticket, so that they get an answer. Doing it again leads to the same ticket."""
    feedback = await get_feedback(actor, feedback_id)
    if not feedback.email:
        raise InvalidInput("Nobody can be answered: no address is known", "id")
    app = await visible_app(actor, feedback.app_id)
    noted = await _noted(feedback, "ticketId", PydanticObjectId())
    known = await Ticket.get(noted.ticket_id)
    return BecameTicket(noted, known or await _ticket(actor, app, noted, feedback.email, data))


async def _noted(feedback: Feedback, field: str, identity: PydanticObjectId) -> Feedback:
    """With what it becomes; what was noted before stays."""
    became: dict[str, Any] = {field: identity}
    if feedback.status is FeedbackStatus.NEW:
        became["status"] = FeedbackStatus.REVIEWED.value
    noted = await Feedback.change({"_id": feedback.id, field: None}, touched(became))
    return noted or found(await Feedback.get(feedback.id), "Feedback")


async def _speaker(app: App, feedback: Feedback) -> Identity | None:
    said_by = WantVoter.model_construct(voter_email=feedback.email, shop_domain=feedback.shop_domain)
    return await identity_of(app, SYSTEM, said_by)


async def _want(app: App, feedback: Feedback, identity: Identity | None, data: FeedbackConvertToWant) -> Want:
    """Staff have looked at it: everybody may see it."""
    if known := await Want.get(feedback.want_id):
        return known
    description = feedback.message if data.description is None else data.description
    want = want_of(app, data.title or "", description, data.category)
    want.id, want.status = found(feedback.want_id, "Want"), WantStatus.UNDER_REVIEW
    want.author = WantAuthor(key=identity.key, **identity.fields) if identity else None
    try:
        await want.insert()
    except DuplicateKeyError:
        return found(await Want.get(feedback.want_id), "Want")
    await announce_want(want)
    return want


async def _ticket(actor: Actor, app: App, feedback: Feedback, email: str, data: FeedbackConvertToTicket) -> Ticket:
    person = await requester(email, feedback.name, None)
    fields = {
        **person,
        **await shop_of(app.id, person["contact_id"], None, feedback.shop_domain, actor),
        "subject": data.subject,
        "message": feedback.message or data.subject,
        "topic": data.topic,
        "priority": data.priority,
        "tags": [],
        "source": TicketSource.STAFF,
        "assignee_id": None,
    }
    author = await author_by(actor, (email, person["name"]), is_customer=True, email=None, name=None)
    opened = await open_ticket(app, author, clock.now(), fields, id=feedback.ticket_id)
    return opened or found(await Ticket.get(feedback.ticket_id), "Ticket")
