"""The Shopify apps that the company publishes."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from core import clock
from models.base import Part, Record


class AppMail(Part):
    """How the app writes: from whom, and what its mail says of its sender. Without `sender_email` it is the platform's
    own. `postal_address` stands below newsletters, where laws ask for it; `double_opt_in` asks newcomers to confirm.
    With `holds_on_errors` marketing mail waits while the app reports far more errors than usual."""

    sender_name: str = ""
    sender_email: str | None = None
    reply_to: str | None = None
    postal_address: str = ""
    default_language: str = "en"
    double_opt_in: bool = True
    holds_on_errors: bool = True


class MailHold(Part):
    """Why the app's marketing mail waits. With `ended_by`, somebody let it go on although it is not over yet."""

    since: datetime
    reason: str
    ended_by: str | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        return f"The app's mail waits until its errors are over: {self.reason}"


class TicketTargets(Part):
    """How long customers wait at most, in minutes in which it is staff's turn; None for as long as it takes."""

    first_response_minutes: int | None = None
    resolution_minutes: int | None = None


def _within_hours(first_response: int, resolution: int) -> Any:
    """The default of a priority."""
    return Field(
        default_factory=lambda: TicketTargets(
            first_response_minutes=60 * first_response, resolution_minutes=60 * resolution
        )
    )


class TicketTargetsByPriority(Part):
    low: TicketTargets = _within_hours(48, 240)
    medium: TicketTargets = _within_hours(24, 120)
    high: TicketTargets = _within_hours(8, 48)
    urgent: TicketTargets = _within_hours(2, 24)

    def of(self, priority: str) -> TicketTargets:
        targets: TicketTargets = getattr(self, priority)
        return targets


class AppSupport(Part):
    """How the app's tickets are handled. `acknowledges` tells customers by mail that a ticket arrived, `asks_rating`
    asks them how content they were when it is resolved. Resolved tickets are closed after `auto_close_days`, None for
    never. `email` is where customers write to: with `begins_tickets_by_mail`, received mail to it, or to the app's own
    address for received mail, begins a ticket where it answers nothing."""

    targets: TicketTargetsByPriority = Field(default_factory=TicketTargetsByPriority)
    acknowledges: bool = True
    asks_rating: bool = True
    auto_close_days: int | None = 14
    email: str | None = None
    begins_tickets_by_mail: bool = True


class WantBoard(Part):
    """How the app takes wishes. With `auto_publish` everybody sees them at once, else only what staff have looked at.
    Without `categories` any slug is one. `page_url` is where people read them: `{id}` in it stands for the want's."""

    auto_publish: bool = False
    categories: list[str] = Field(default_factory=list)
    page_url: str | None = None


class App(Record):
    """`id` is a slug, such as `banners-all-over`, and never changes. `shopify_secrets` are the app's client secrets at
    Shopify, encrypted, the newest first: the one before it counts while Shopify still signs with it. `log_days` is how
    long its logs are kept."""

    id: str = Field(alias="_id")  # type: ignore[assignment]  # Beanie allows any type of id
    name: str
    name_key: str
    description: str = ""
    allowed_origins: list[str] = Field(default_factory=list)
    is_active: bool = True
    mail: AppMail = Field(default_factory=AppMail)
    support: AppSupport = Field(default_factory=AppSupport)
    want_board: WantBoard = Field(default_factory=WantBoard)
    log_days: int = 30
    shopify_secrets: list[bytes] = Field(default_factory=list, repr=False)
    mail_hold: MailHold | None = None
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)

    @property
    def holding(self) -> MailHold | None:
        """What its marketing mail waits for."""
        return self.mail_hold if self.mail_hold is not None and self.mail_hold.ended_by is None else None

    @property
    def has_shopify_secret(self) -> bool:
        return bool(self.shopify_secrets)

    class Settings:
        name = "apps"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("nameKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("createdAt", ASCENDING), ("_id", ASCENDING)]),
        ]
