"""Writes the company: people, apps and keys by the operations themselves, shops by the functions that follow events."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from beanie import Document

from core import clock
from core.actor import Role
from core.runtime import runtime
from models.contacts import Contact
from models.data_exports import DataExportAccess
from models.plans import Plan
from models.users import User
from resolvers.api_keys import ApiKeyCreate, create_api_key
from resolvers.apps import AppCreate, create_app
from resolvers.data_exports import DataExportCreate, Visitor, create_data_export, open_data_export
from resolvers.metric_rebuilds import rebuild_metrics
from resolvers.plans import PlanCreate, create_plan
from resolvers.users import UserCreate, create_user
from seed.agent_actions import write_agent_actions
from seed.attachments import attach_files
from seed.automations import write_automations
from seed.campaigns import campaigns
from seed.catalog import APPS, OWNER, POSTAL_ADDRESS, STAFF, CatalogApp
from seed.departures import complaints, without_faded
from seed.email_alerts import email_alerts
from seed.end_users import end_users
from seed.feedback import feedback
from seed.histories import ACTOR, histories
from seed.inbox import inbox
from seed.lives import YEAR
from seed.logs import write_logs
from seed.mail_events import count_mail, mail_that_was_sent
from seed.merchants import merchants
from seed.newsletters import newsletter_templates, subscribers
from seed.people import USER_AGENTS, people
from seed.prospects import prospecting
from seed.sequences import outreach
from seed.slack_rules import write_slack_rules
from seed.templates import write_templates
from seed.tickets import support
from seed.wants import wishes, write_boards
from seed.webhooks import webhook_events

SEED: Final = 7
MERCHANTS: Final = 400
FOUNDED: Final = YEAR + timedelta(days=45)
BATCH: Final = 500
VIEWED, DOWNLOADED = DataExportAccess.VIEWED, DataExportAccess.DOWNLOADED
BROWSER: Final = USER_AGENTS[0]

Progress = Callable[[str, int, int], None]
"""Told what is being made, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is shown once."""

    owner: str
    owner_password: str
    api_keys: dict[str, str]


async def found_company(progress: Progress) -> Secrets:
    """Into an empty database."""
    random, now = Random(SEED), clock.now()  # noqa: S311  the same company every time is the point
    with clock.shifted(-FOUNDED):
        password = await _hire()
        plans = {app.id: await _publish(app) for app in APPS}
        keys = {app.id: await _issue_key(app) for app in APPS[:2]}
    await write_slack_rules()
    await write_boards()
    shops, events = histories(random, merchants(random, MERCHANTS), plans, now)
    events = without_faded(Random(SEED), shops, events)  # noqa: S311
    settings, names = runtime().settings, {app.id: app.name for app in APPS}
    known = people(random, shops, names, settings, now)
    told, alerts = webhook_events(shops, now), email_alerts(now)
    signing_in = end_users(Random(SEED), known.contacts, now)  # noqa: S311
    asked = await support(Random(SEED), shops, known.contacts, now)  # noqa: S311
    wished = wishes(Random(SEED), shops, now)  # noqa: S311
    opinions = feedback(Random(SEED), shops, wished, now)  # noqa: S311
    opinions += complaints(Random(SEED), shops)  # noqa: S311
    marketers = await User.find({"role": {"$in": [Role.ADMIN.value, Role.MARKETING.value]}}).sort("emailKey").to_list()
    hoped_for = prospecting(Random(SEED + 1), shops, known.contacts, [user.id for user in marketers], now)  # noqa: S311
    mailing = outreach(Random(SEED + 2), hoped_for, marketers[-1].id, now - YEAR, now)  # noqa: S311
    readers, drafts = subscribers(random, known), list(newsletter_templates(random, now))
    written_mail = campaigns(known.contacts, now)
    deliveries, mail_events = mail_that_was_sent(random, written_mail, known.contacts, now)
    received = inbox(Random(SEED), written_mail, deliveries, known.contacts, asked.tickets, now)  # noqa: S311
    mail_events += received.events
    collections = (
        shops, events, known.contacts, known.entries, known.suppressions, readers, drafts, written_mail, deliveries,
        mail_events, told, alerts, signing_in, asked.tickets, asked.messages, asked.numbers, asked.canned_replies,
        wished.wants, wished.votes, opinions, hoped_for.contacts, hoped_for.entries, hoped_for.prospects,
        hoped_for.notes, mailing.templates, mailing.sequences, mailing.versions, mailing.enrollments,
        mailing.deliveries, mailing.events, received.messages, received.files, received.chunks,
    )  # fmt: skip
    await _write(collections, progress)
    await attach_files(Random(SEED), asked.tickets, asked.messages)  # noqa: S311
    await write_agent_actions(Random(SEED), now)  # noqa: S311
    await count_mail()
    await write_logs(random, shops, now)
    await write_automations(Random(SEED), shops, opinions, now)  # noqa: S311
    await rebuild_metrics(ACTOR)
    await _hand_out_links(known.contacts)
    return Secrets(OWNER, password, keys)


async def _write(collections: Sequence[Sequence[Document]], progress: Progress) -> None:
    written, total = 0, sum(map(len, collections))
    for documents in collections:
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            await type(batch[0]).insert_many(batch)
            written += len(batch)
            progress("Shops, events and people", written, total)


async def _hand_out_links(contacts: Sequence[Contact]) -> None:
    """Two people asked what is stored about them: one lately, and one whose link has expired."""
    asked = ((contacts[0], 2, (VIEWED, DOWNLOADED)), (contacts[1], 16, (VIEWED,)))
    for contact, days_ago, openings in asked:
        with clock.shifted(-timedelta(days=days_ago)):
            link = await create_data_export(ACTOR, DataExportCreate.model_validate({"contactId": str(contact.id)}))
            for access in openings:
                await open_data_export(ACTOR, link.url.rsplit("/", 1)[-1], access, Visitor("203.0.113.24", BROWSER))


async def _hire() -> str:
    """The owner's password; nobody knows those of the others until an admin sets them."""
    passwords = {email: secrets.token_urlsafe(15) for _, _, email, _ in STAFF}
    await asyncio.gather(*(_create_account(*person, passwords[person[2]]) for person in STAFF))
    return passwords[OWNER]


async def _create_account(first_name: str, last_name: str, email: str, role: Role, password: str) -> None:
    account = {"email": email, "password": password, "role": role, "firstName": first_name, "lastName": last_name}
    await create_user(ACTOR, UserCreate.model_validate(account))


async def _publish(app: CatalogApp) -> list[Plan]:
    """Its plans in the order of their price."""
    mail = {"senderName": app.name, "replyTo": f"help@{app.id}.example.com", "postalAddress": POSTAL_ADDRESS}
    origins = [f"https://{app.id}.example.com"]
    new = {
        "id": app.id, "name": app.name, "description": app.description, "allowedOrigins": origins, "mail": mail,
    }  # fmt: skip
    await create_app(ACTOR, AppCreate.model_validate(new))
    await write_templates(app.id)
    plans = [await create_plan(ACTOR, app.id, PlanCreate.model_validate(plan)) for plan in app.plans]
    return sorted(plans, key=lambda plan: plan.price)


async def _issue_key(app: CatalogApp) -> str:
    data = ApiKeyCreate.model_validate({"appId": app.id, "name": f"Backend of {app.name}"})
    return (await create_api_key(ACTOR, data)).secret
