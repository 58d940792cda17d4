"""What people say about the apps: taken from them, read and sorted out by staff."""

from typing import Annotated, Any, Final

import bson
from limits import RateLimitItemPerMinute
from pydantic import AfterValidator, Field, model_validator

from core import clock
from core.access import STAFF, SUPPORT, allow
from core.actor import Actor, Kind
from core.errors import InvalidInput, NotFound, found
from core.ids import object_id
from core.inputs import (
    OMITTED,
    Email,
    Input,
    JsonObject,
    LongText,
    Moment,
    Search,
    ShopDomain,
    ShortText,
    Text,
    key_of_email,
)
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.scopes import Scope
from models.base import touched
from models.feedback import Feedback, FeedbackStatus, FeedbackType
from models.priorities import Priority
from models.slack_routing import SlackTopic
from resolvers.apps import visible_app
from resolvers.automation_news import Happening, announce
from resolvers.slack_messages import tell_slack
from resolvers.want_identities import WantVoter, identity_of

SUBMISSIONS: Final = RateLimitItemPerMinute(10, namespace="feedback_submissions")
LARGEST_CONTEXT: Final = 16_000
"""Bytes, as they are stored."""
LOW_RATING: Final = 2
"""Who rates an app so low, or lower, is worth a call."""
NEWS: Final = 300
"""Of what somebody says, so many characters are news."""
TELLER: Final = Actor.system("feedback")


def _bounded(context: dict[str, Any]) -> dict[str, Any]:
    if len(bson.encode(context)) > LARGEST_CONTEXT:
        raise ValueError(f"must take at most {LARGEST_CONTEXT:,} bytes in all")
    return context


Rating = Annotated[int, Field(ge=1, le=5, strict=True)]
Context = Annotated[JsonObject, AfterValidator(_bounded)]
Page = Annotated[Text, Field(max_length=2000)]


class FeedbackCreate(Input):
    """`email` and `shopDomain` say for whom an app's backend, or staff, speak; end users speak for themselves. `page`
    and `context` (an object of at most 16 kB) say where in the app they were."""

    type: FeedbackType = FeedbackType.OTHER
    rating: Rating | None = None
    priority: Priority = Priority.MEDIUM
    message: LongText = ""
    email: Email | None = None
    name: ShortText = ""
    shop_domain: ShopDomain | None = None
    page: Page | None = None
    app_version: ShortText | None = None
    context: Context = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> "FeedbackCreate":
        if not self.message and self.rating is None:
            raise ValueError("message or rating is required")
        return self


class FeedbackUpdate(Input):
    """What people said stays. `note` is for staff."""

    type: FeedbackType = OMITTED
    status: FeedbackStatus = OMITTED
    priority: Priority = OMITTED
    note: LongText | None = OMITTED


class FeedbackStatusChange(Input):
    status: FeedbackStatus


class FeedbackFilter(Input):
    app_id: str | None = Field(None, max_length=64)
    type: FeedbackType | None = None
    status: FeedbackStatus | None = None
    priority: Priority | None = None
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    email: Email | None = None
    shop_domain: ShopDomain | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None
    search: Search | None = None


class FeedbackSortKey(SortKey):
    """Those without a rating are below those with the lowest."""

    CREATED_AT = "createdAt"
    RATING = "rating", "ratingKey"


@allow(STAFF)
async def list_feedback(actor: Actor, window: Window, filters: FeedbackFilter, sort: Sort) -> Slice[Feedback]:
    """What people said about all apps, or one."""
    if filters.app_id is not None:
        await visible_app(actor, filters.app_id)
    query: dict[str, Any] = {} if filters.app_id is None else {"appId": filters.app_id}
    equal = {
        "type": filters.type,
        "status": filters.status,
        "priority": filters.priority,
        "rating": filters.rating,
        "emailKey": key_of_email(filters.email) if filters.email else None,
        "shopDomain": filters.shop_domain,
    }
    query |= {field: value for field, value in equal.items() if value is not None}
    created = {"$gte": filters.created_from, "$lt": filters.created_to}
    if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
        query["createdAt"] = bounds
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(Feedback, query, sort, window)


@allow(STAFF)
async def get_feedback(actor: Actor, feedback_id: str) -> Feedback:
    """One thing that somebody said about an app."""
    identity = object_id(feedback_id)
    return found(await Feedback.get(identity) if identity else None, "Feedback")


@allow(SUPPORT, api_key=Scope.FEEDBACK_WRITE, end_user=True)
async def create_feedback(actor: Actor, app_id: str, data: FeedbackCreate) -> Feedback:
    """Says something about an app.

    Raises `RateLimited` beyond ten a minute of one person.
    """
    app = await visible_app(actor, app_id)
    if actor.kind is Kind.END_USER and "priority" in data.model_fields_set:
        raise InvalidInput("priority is for staff to set", "priority")
    who = WantVoter.model_construct(voter_email=data.email, shop_domain=data.shop_domain)
    # Staff who name nobody write down what they heard: it is not they who say it.
    speaks = not actor.is_staff or data.email or data.shop_domain
    identity = await identity_of(app, actor, who, field="email") if speaks else None
    await runtime().limits.attempt(SUBMISSIONS, app_id, identity.key if identity else actor.label)
    said = data.model_dump(exclude={"email", "shop_domain"})
    person = identity.fields if identity else {}
    feedback = feedback_of(app_id, created_by=actor.label, **said, **person)
    await feedback.insert()
    await tell_of_feedback(feedback)
    await _tell_automations(feedback)
    return feedback


@allow(SUPPORT)
async def update_feedback(actor: Actor, feedback_id: str, data: FeedbackUpdate) -> Feedback:
    """Sorts out what somebody said."""
    feedback, changes = await get_feedback(actor, feedback_id), data.assignments()
    if "status" in changes:
        changes["resolvedAt"] = clock.now() if data.status is FeedbackStatus.RESOLVED else None
    return found(await Feedback.change({"_id": feedback.id}, touched(changes)), "Feedback")


@allow(SUPPORT)
async def change_feedback_status(actor: Actor, feedback_id: str, data: FeedbackStatusChange) -> Feedback:
    """Says how far staff are with it."""
    return await update_feedback(actor, feedback_id, FeedbackUpdate(status=data.status))


@allow(SUPPORT)
async def delete_feedback(actor: Actor, feedback_id: str) -> Feedback:
    """Deletes what somebody said. Returns it as it was."""
    feedback = await get_feedback(actor, feedback_id)
    deleted = await Feedback.find_one({"_id": feedback.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Feedback not found")
    return feedback


def feedback_of(app_id: str, **fields: Any) -> Feedback:
    """With what lists sort and search by."""
    feedback = Feedback(app_id=app_id, **fields)
    feedback.rating_key = feedback.rating or 0
    words = (feedback.message, feedback.name, feedback.email or "", feedback.shop_domain or "", feedback.page or "")
    feedback.search_text = " ".join(filter(None, words)).casefold()
    return feedback


async def tell_of_feedback(feedback: Feedback) -> None:
    """Staff hear at once of bugs and of those who are not content."""
    is_low = feedback.rating is not None and feedback.rating <= LOW_RATING
    if not is_low and feedback.type is not FeedbackType.BUG:
        return
    stars = f" {feedback.rating} of 5" if feedback.rating else ""
    who = feedback.shop_domain or feedback.email or "somebody"
    said = f": {feedback.message[:NEWS]}" if feedback.message else ""
    text = f"{feedback.type.value.capitalize()}{stars} from {who}{said}"
    await tell_slack(TELLER, SlackTopic.FEEDBACK, feedback.app_id, text, key=f"feedback:{feedback.id}")


async def _tell_automations(feedback: Feedback) -> None:
    if feedback.shop_domain is not None:
        data = {"type": feedback.type.value, "rating": feedback.rating}
        key, at = f"feedback:{feedback.id}", feedback.created_at
        await announce([Happening(key, feedback.app_id, feedback.shop_domain, "feedback.received", at, data)])
