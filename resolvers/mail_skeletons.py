"""What a message says of its sender: whom it is from, and what mail programs and filters are told."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from core.runtime import runtime
from core.settings import Settings
from mail.headers import Address, address
from mail.message import Skeleton
from mail.providers.opening import open_signer
from models.apps import App
from models.campaigns import Campaign
from models.contacts import ConsentCategory

FEEDBACK_SENDER: Final = "allover"
"""By which Gmail tells the platform's feedback ids from those of others."""
BULK: Final[Mapping[str, str]] = MappingProxyType({"Precedence": "bulk"})
UNFIT_FOR_A_DOMAIN: Final = re.compile(r"[^A-Za-z0-9.-]")


def campaign_skeleton(app: App, campaign: Campaign) -> Skeleton:
    """Mail to many: it names its list (RFC 2919), and vacation responders keep quiet."""
    settings = runtime().settings
    return Skeleton(
        sender_of(app, settings),
        reply_to=_reply_to(app),
        list_id=list_id_of(app, campaign.category, settings),
        feedback_id=f"{campaign.id}:{app.id}:{campaign.category.value}:{FEEDBACK_SENDER}",
        headers=BULK,
        sign=_signature(settings),
    )


def template_skeleton(app: App, key: str, category: ConsentCategory, *, by_person: bool = False) -> Skeleton:
    """Mail to one; what no person wrote says so (RFC 3834)."""
    settings = runtime().settings
    return Skeleton(
        sender_of(app, settings),
        reply_to=_reply_to(app),
        feedback_id=f"{key}:{app.id}:{category.value}:{FEEDBACK_SENDER}",
        automatic=not by_person,
        sign=_signature(settings),
    )


def sender_of(app: App, settings: Settings) -> Address:
    """The app's own address, else the platform's."""
    if app.mail.sender_email:
        return address(app.mail.sender_email, app.mail.sender_name or app.name, field="senderEmail")
    return address(settings.mail_from, app.mail.sender_name or settings.mail_from_name, field="mailFrom")


def list_id_of(app: App, category: ConsentCategory, settings: Settings) -> str:
    """`banners-all-over.newsletter.apps.example.com`"""
    host = UNFIT_FOR_A_DOMAIN.sub("-", urlsplit(settings.public_url).hostname or "").strip("-.") or "localhost"
    return f"{app.id}.{category.value}.{host}"


@lru_cache(maxsize=1)
def _signature(settings: Settings) -> Callable[[bytes], bytes] | None:
    """None where mail is not signed here. Raises `SettingsError` for a key that can't be read."""
    signer = open_signer(settings)
    return signer.sign if signer else None


def _reply_to(app: App) -> Address | None:
    return address(app.mail.reply_to, field="replyTo") if app.mail.reply_to else None
