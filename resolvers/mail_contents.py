"""What deliveries are rendered from: campaigns, the apps' templates and the built-in ones. Contents are prepared once
and kept; what is sent is always from the content as it is now."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import orjson
from bson import ObjectId

from core import clock
from core.errors import DomainError, NotFound, found
from core.ids import object_id
from core.runtime import runtime
from mail.builtin import BuiltIn, built_in
from mail.content import Content, PersonalLinks, Rendered, prepare
from mail.footer import LABEL, POSTAL_ADDRESS, label_in, prepare_with_footer
from mail.headers import address
from mail.links import UnsubscribeTokens
from mail.message import Outgoing, Skeleton, Thread
from mail.templates import TemplateProblem
from mail.writers.letters import LETTER
from models.apps import App
from models.campaigns import Campaign
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind
from models.templates import Template
from resolvers.mail_secrets import secret_values_of
from resolvers.mail_skeletons import campaign_skeleton, template_skeleton
from resolvers.reply_addresses import mail_reply_address, reply_address
from resolvers.template_links import numbers_of, template_of
from resolvers.tracking import numbered_links_for

STANDARD: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "app_name": "",
        "email": "",
        "first_name": "",
        "language": "",
        "name": "",
        POSTAL_ADDRESS: "",
        LABEL: label_in("en"),
    }
)
"""The variables that every campaign and every template may use without declaring them, besides `unsubscribe_url`. What
is not known is an empty text; `unsubscribe_label` are the words of a link to that address, in the reader's language."""
CONTENTS_KEPT: Final = 64

CAMPAIGNS_KEPT: Final = 16

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were asked for last, `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def keep(self, key: K, value: V) -> V:
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value


_contents: Final[Recent[bytes, Content]] = Recent(CONTENTS_KEPT)
_campaigns: Final[Recent[Hashable, "PreparedMail"]] = Recent(CAMPAIGNS_KEPT)


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """All that the messages of one content share. `one_click` says whether mail programs offer to unsubscribe by
    themselves (RFC 8058): from all that people may refuse, but not from trials."""

    app: App
    content: Content
    skeleton: Skeleton
    one_click: bool = False

    def values(self, delivery: Delivery) -> dict[str, Any]:
        """What the mail of one recipient is rendered with: what the delivery brings along counts most. Raises
        `InvalidInput` where it can't be read any more."""
        language = delivery.language or self.app.mail.default_language
        known = {
            "app_name": self.app.name,
            "email": delivery.email,
            "first_name": delivery.name.partition(" ")[0],
            "language": language,
            "name": delivery.name,
            POSTAL_ADDRESS: ", ".join(self.app.mail.postal_address.splitlines()),
            LABEL: label_in(language),
        }
        # An empty text is a value too: it would stand before a default that the template declares.
        return {name: value for name, value in known.items() if value} | delivery.values | secret_values_of(delivery)

    def render(self, delivery: Delivery, personal: PersonalLinks) -> Rendered:
        """What the recipient reads. Raises `TemplateProblem` where a value is missing."""
        return self.content.render(self.values(delivery), personal)

    def message(self, delivery: Delivery, personal: PersonalLinks, *, date: datetime) -> Outgoing:
        """Raises `InvalidInput` for an address that can't be written to, and `TemplateProblem` where a value is
        missing."""
        rendered = self.render(delivery, personal)
        if delivery.subject:
            rendered = replace(rendered, subject=delivery.subject)
        return self.skeleton.message(
            delivery.id,
            address(delivery.email, delivery.name),
            rendered,
            date=date,
            unsubscribe_url=personal.unsubscribe_url if self.one_click else None,
            thread=_thread_of(delivery),
        )


async def message_for(delivery: Delivery, app: App | None) -> Outgoing:
    """The message of a delivery of the app. Raises `TemplateProblem`, and nothing else that a person could correct."""
    try:
        mail = await prepared(delivery, app)
        links = personal_links(delivery, mail.app, await _link_numbers(delivery, mail.content))
        return mail.message(delivery, links, date=clock.now())
    except TemplateProblem:
        raise
    except DomainError as error:
        raise TemplateProblem(None, error.message, error.field) from None


def personal_links(delivery: Delivery, app: App, numbers: Iterable[int]) -> PersonalLinks:
    """The recipient's own addresses, for the tracked links of these numbers."""
    settings = runtime().settings
    token = _unsubscribing(settings.keys("unsubscribe")).issue(delivery.id)
    unsubscribe_url = f"{settings.public_url.rstrip('/')}/{app.id}/newsletter/unsubscribe/{token}"
    return PersonalLinks(unsubscribe_url, *numbered_links_for(delivery.id, numbers))


async def _link_numbers(delivery: Delivery, content: Content) -> Iterable[int]:
    """Those of a campaign are counted, since its content is frozen; a template may change."""
    template_id = template_of(delivery.content) if delivery.outreach else None
    return await numbers_of(template_id, content.links) if template_id else range(1, len(content.links) + 1)


async def prepared(delivery: Delivery, app: App | None) -> PreparedMail:
    """What the delivery's message is made from. Raises `NotFound` where there is no such content (any more), and
    `TemplateProblem` where it does not compile."""
    if app is None:
        raise NotFound("App not found")
    kind, _, name = delivery.content.partition(":")
    match kind:
        case "campaign":
            return await _prepared_campaign(delivery, app, object_id(name))
        case "template-id":
            named = {"_id": object_id(name), "appId": app.id}
            return await _prepared_template(delivery, app, await Template.find_one(named))
        case "template":
            return await _prepared_template(delivery, app, await template_for(app, name, delivery.language))
        case "letter":
            return await _prepared_template(delivery, app, LETTER)
    raise NotFound(f"Nothing can be made from {delivery.content}")


async def template_for(app: App, key: str, language: str | None) -> Template | BuiltIn | None:
    """The app's active template of that key in the language, else in the app's own, else the built-in one. `pt` does
    where there is no `pt-BR`."""
    default = app.mail.default_language
    wanted = [language or default, default]
    languages = tuple(dict.fromkeys(name for one in wanted for name in (one, one.partition("-")[0])))
    query = {"appId": app.id, "key": key, "language": {"$in": list(languages)}, "isActive": True}
    by_language = {template.language: template for template in await Template.find(query).to_list()}
    of_app = next((by_language[language] for language in languages if language in by_language), None)
    return of_app or built_in(key, languages)


async def campaign_content(campaign: Campaign, app: App, *, tracked: bool = True) -> Content:
    """A campaign's content, with a footer where not every reader finds the unsubscribe link in it, and the app's postal
    address. Its variables are the `STANDARD` ones. Raises `TemplateProblem`."""
    return await _content(
        subject=campaign.subject,
        html=campaign.html,
        text=campaign.text,
        variables=dict(STANDARD),
        postal_address=bool(app.mail.postal_address),
        track_clicks=campaign.track_clicks and tracked,
        track_opens=campaign.track_opens and tracked,
    )


async def template_content(
    template: Template | BuiltIn,
    app: App,
    category: ConsentCategory = ConsentCategory.TRANSACTIONAL,
    *,
    tracked: bool = False,
) -> Content:
    """A template's content. Mail of a category that people may refuse has a footer, as a campaign has. Raises
    `TemplateProblem`."""
    declared = {variable.name: variable.default for variable in template.variables}
    may_be_refused = category is not ConsentCategory.TRANSACTIONAL
    return await _content(
        subject=template.subject,
        html=template.html,
        text=template.text,
        variables={**STANDARD, **declared},
        **({"postal_address": bool(app.mail.postal_address)} if may_be_refused else {}),
        **({"track_clicks": True, "track_opens": True} if tracked else {}),
    )


async def _prepared_campaign(delivery: Delivery, app: App, campaign_id: ObjectId | None) -> PreparedMail:
    """What is sent to many is frozen by then: it is read once. A trial is of what the campaign is now: it is not
    tracked, and nobody unsubscribes from it by one click."""
    is_trial = delivery.kind is not DeliveryKind.CAMPAIGN
    key = (campaign_id, app.id, app.updated_at)
    if not is_trial and (known := _campaigns.get(key)):
        return known
    campaign = found(await Campaign.find_one({"_id": campaign_id, "appId": app.id}), "Campaign")
    content = await campaign_content(campaign, app, tracked=not is_trial)
    mail = PreparedMail(app, content, campaign_skeleton(app, campaign), one_click=not is_trial)
    return mail if is_trial else _campaigns.keep(key, mail)


async def _prepared_template(delivery: Delivery, app: App, template: Template | BuiltIn | None) -> PreparedMail:
    if template is None:
        raise NotFound(f"The app has no template for {delivery.content}, and none is built in")
    is_outreach = delivery.kind is DeliveryKind.OUTREACH
    content = await template_content(template, app, delivery.category, tracked=is_outreach)
    may_be_refused = delivery.category is not ConsentCategory.TRANSACTIONAL
    by_person = delivery.thread is not None and delivery.thread.by_person
    skeleton = template_skeleton(app, template.key, delivery.category, by_person=by_person)
    return PreparedMail(app, content, skeleton, one_click=may_be_refused and delivery.kind is not DeliveryKind.TEST)


def _thread_of(delivery: Delivery) -> Thread | None:
    if delivery.thread is None:
        return None
    mailbox = mail_reply_address(delivery.id) if delivery.outreach else None
    if delivery.thread.ticket_id:
        mailbox = reply_address(delivery.thread.ticket_id)
    return Thread(delivery.thread.references, address(mailbox, field="replyTo") if mailbox else None)


@lru_cache(maxsize=1)
def _unsubscribing(keys: tuple[bytes, ...]) -> UnsubscribeTokens:
    return UnsubscribeTokens(keys)


async def _content(**parts: Any) -> Content:
    """Prepared once, whatever it is that has these parts; beside the event loop, because large ones take a while."""
    key = blake2b(orjson.dumps(parts), digest_size=16).digest()
    if known := _contents.get(key):
        return known
    make = prepare_with_footer if "postal_address" in parts else prepare
    return _contents.keep(key, await asyncio.to_thread(partial(make, **parts)))
