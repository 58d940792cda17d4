"""Campaigns to exactly those whom something concerns: the shops that an error happened to, or those who wanted what is
there now. They are drafted here, as mail about the product; a person reads, changes and sends them like any other.
"""

import html
from collections.abc import AsyncIterator, Sequence
from typing import Final

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Input, Name
from core.mongo import insert_new
from models.apps import App
from models.campaigns import Audience, Campaign
from models.contact_lists import ContactList, ContactListReason
from models.contacts import ConsentCategory, Contact
from models.log_tallies import ErrorGroup, ErrorGroupShop
from models.wants import Want, WantChange, WantStatus
from resolvers.apps import visible_app
from resolvers.campaigns import Source, Subject, insert_campaign
from resolvers.contact_lists import draw_up, remove_list
from resolvers.error_groups import get_error_group
from resolvers.want_people import people_of
from resolvers.wants import get_want

SYSTEM: Final = Actor.system("wants")
CHUNK: Final = 500
LONGEST_NAME: Final = 120
MOST_SHOWN: Final = 20
GREETING: Final = "Hello{% if first_name %} {{ first_name }}{% endif %},"
WENT_WRONG: Final = "something went wrong in {{ app_name }} at your shop lately. We know what it was, and are sorry."
IS_THERE: Final = "you asked for this, and it is there now in {{ app_name }}:"


class TargetedCampaign(Input):
    """What is left out is drafted: a name and a subject that say what it is about, and a short text."""

    name: Name | None = None
    subject: Subject | None = None
    html: Source | None = None
    text: Source | None = None


@allow(MARKETING)
async def draft_error_campaign(actor: Actor, app_id: str, fingerprint: str, data: TargetedCampaign) -> Campaign:
    """Drafts a campaign to the people of exactly the shops that an error happened to and that have the app now."""
    app, group = await visible_app(actor, app_id), await get_error_group(actor, app_id, fingerprint)
    drawn = ContactList(
        app_id=app_id,
        reason=ContactListReason.ERROR,
        subject=fingerprint,
        name=_cut(f"Shops with: {group.title}"),
        created_by=actor.label,
    )
    people = await draw_up(drawn, _people_of_error(group))
    drafted = _drafted(app, people, data, f"About a problem with {app.name}", (WENT_WRONG,))
    return await _inserted(app, drafted, actor)


@allow(MARKETING)
async def draft_want_campaign(actor: Actor, app_id: str, want_id: str, data: TargetedCampaign) -> Campaign:
    """Drafts a campaign to those who asked for something, or voted for it, as far as they are known by address."""
    app, want = await visible_app(actor, app_id), await get_want(actor, app_id, want_id)
    people = await draw_up(_list_of(want, actor), people_of(want))
    return await _inserted(app, _want_campaign(app, want, people, data, ""), actor)


@allow()
async def draft_shipped_campaign(actor: Actor, app: App, want: Want, change: WantChange) -> Campaign | None:
    """Drafts the campaign that goes with completing a want: one of each change, however often it is called. None where
    nobody can be written to, and for any other change."""
    if change.after is not WantStatus.COMPLETED:
        return None
    drawn = await draw_up(_list_of(want, actor, key=f"want:{want.id}:{change.id}"), people_of(want))
    if not drawn.size:
        await remove_list(drawn.id)
        return None
    drafted = _want_campaign(app, want, drawn, TargetedCampaign(), change.note or "")
    # Its id is the list's: whoever does this again finds it there.
    own = {"id": drawn.id, "created_by": actor.label, "name_key": drafted.name.casefold()}
    campaign: Campaign = drafted.model_copy(update=own)
    await insert_new(Campaign, [campaign])
    return campaign


@allow(STAFF)
async def list_targeted_campaigns(
    actor: Actor, app_id: str, reason: ContactListReason, subject: str
) -> Sequence[Campaign]:
    """The campaigns that were drafted about an error (by its fingerprint) or a want (by its id), the newest first."""
    await visible_app(actor, app_id)
    about = {"appId": app_id, "reason": reason.value, "subject": subject}
    lists = await ContactList.find(about).sort("-_id").limit(MOST_SHOWN).to_list()
    found = await Campaign.find({"audience.listId": {"$in": [one.id for one in lists]}}).to_list()
    return sorted(found, key=lambda campaign: campaign.id, reverse=True)


def _list_of(want: Want, actor: Actor, key: str | None = None) -> ContactList:
    return ContactList(
        app_id=want.app_id,
        reason=ContactListReason.WANT,
        subject=str(want.id),
        name=_cut(f"Wanted: {want.title}"),
        key=key,
        created_by=actor.label,
    )


def _want_campaign(app: App, want: Want, people: ContactList, data: TargetedCampaign, note: str) -> Campaign:
    said = [f"{IS_THERE} <b>{_as_html(want.title)}</b>", *([_as_html(note)] if note else [])]
    return _drafted(app, people, data, f"You asked for it: {want.title}", said)


def _drafted(
    app: App, people: ContactList, data: TargetedCampaign, subject: str, paragraphs: Sequence[str]
) -> Campaign:
    """In memory. Where a body is sent, it is the whole body."""
    drafted = "".join(f"<p>{paragraph}</p>" for paragraph in (GREETING, *paragraphs))
    is_own = data.html is not None or data.text is not None
    return Campaign(
        app_id=app.id,
        name=data.name or people.name,
        name_key="",
        subject=data.subject or _literal(subject),
        html=data.html if is_own else drafted,
        text=data.text,
        audience=Audience(list_id=people.id),
        category=ConsentCategory.PRODUCT,
        created_by="",
    )


async def _inserted(app: App, drafted: Campaign, actor: Actor) -> Campaign:
    """Takes the list away again where the campaign can't be, or would go to nobody."""
    drafted.created_by = actor.label
    list_id = drafted.audience.list_id
    try:
        if list_id is not None and not (await ContactList.find({"_id": list_id, "size": {"$gt": 0}}).count()):
            raise InvalidInput("Nobody whom it concerns is known by address", "id")
        return await insert_campaign(app, drafted)
    except InvalidInput:
        if list_id is not None:
            await remove_list(list_id)
        raise


async def _people_of_error(group: ErrorGroup) -> AsyncIterator[Sequence[Contact]]:
    """Whose address a shop's is that the error happened to and that has the app now."""
    domains: list[str] = []
    async for one in ErrorGroupShop.find({"groupId": group.id}):
        domains.append(one.shop_domain)
        if len(domains) == CHUNK:
            yield await _people_of_shops(group.app_id, domains)
            domains = []
    if domains:
        yield await _people_of_shops(group.app_id, domains)


async def _people_of_shops(app_id: str, domains: Sequence[str]) -> Sequence[Contact]:
    named = {(app_id, domain) for domain in domains}
    contacts = await Contact.find({"shops.domain": {"$in": list(domains)}, "erasedAt": None}).to_list()
    return [
        contact
        for contact in contacts
        if any(shop.has_app and (shop.app_id, shop.domain) in named for shop in contact.shops)
    ]


def _as_html(text: str) -> str:
    return html.escape(_literal(text), quote=False).replace("\n", "<br>")


def _literal(text: str) -> str:
    """For a template to print it as it is, because somebody else wrote it."""
    return text.replace("{", "{{ '{' }}")


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
