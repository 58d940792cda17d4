"""The demonstration's mail as receivers judge it: as it is sent, in a form that is no spam's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from core import runtime
from core.actor import Actor
from core.mongo import Mongo
from core.settings import Settings
from mail.message import Outgoing
from models.apps import App
from models.campaigns import Campaign
from models.deliveries import Delivery
from models.templates import Template
from resolvers.mail_contents import message_for
from resolvers.transactional import Recipient, queue_mail
from seed.company import found_company
from tests.mail.spam_filter import rules_against

SYSTEM = Actor.system("tests")
ADA = Recipient("ada@example.org", "Ada Lovelace")
Mails = Callable[[dict[str, App]], Awaitable[dict[str, Outgoing]]]


@pytest_asyncio.fixture
async def apps(platform: object, settings: Settings, mongo: Mongo) -> AsyncIterator[dict[str, App]]:
    """The company's, at addresses of the web."""
    runtime.start(
        settings.model_copy(update={"public_url": "https://mail.example.com", "mail_from": "hello@example.com"}), mongo
    )
    await found_company(lambda what, done, total: None)
    yield {app.id: app for app in await App.find_all().to_list()}


async def newsletters(apps: dict[str, App]) -> dict[str, Outgoing]:
    """Of each campaign, what somebody gets to whom it was sent, or will be."""
    of_somebody = await Delivery.find_one({"kind": "campaign"})
    assert of_somebody is not None
    return {
        campaign.name: await message_for(
            of_somebody.model_copy(
                update={"app_id": campaign.app_id, "campaign_id": campaign.id, "content": f"campaign:{campaign.id}"}
            ),
            apps[campaign.app_id],
        )
        for campaign in await Campaign.find_all().to_list()
    }


async def transactional_mail(apps: dict[str, App]) -> dict[str, Outgoing]:
    """From each template, with the samples of its variables."""
    mails = {}
    for template in await Template.find_all().to_list():
        app, name = apps[template.app_id], f"{template.app_id} {template.key} {template.language}"
        values = {variable.name: variable.sample for variable in template.variables}
        delivery = await queue_mail(
            SYSTEM, app, template.key, ADA, values=values, language=template.language, source=name
        )
        mails[name] = await message_for(delivery, app)
    return mails


@pytest.mark.parametrize("mails", [newsletters, transactional_mail])
async def test_no_rule_of_spamassassin_is_against_it(mails: Mails, apps: dict[str, App], tmp_path: Path) -> None:
    sent = await mails(apps)
    against = rules_against([message.content for message in sent.values()], tmp_path)
    assert {name: rules for name, rules in zip(sent, against, strict=True) if rules} == {}
