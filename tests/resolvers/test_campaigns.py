"""Campaigns, until they are sent."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from core.pages import Page
from models.apps import App
from models.campaigns import Audience, Campaign, CampaignStatus
from models.newsletter_templates import NewsletterTemplate
from resolvers import campaigns
from resolvers.campaign_life import cancel_campaign
from resolvers.campaigns import CampaignCreate, CampaignFilter, CampaignSortKey, CampaignUpdate
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.campaigns import SYSTEM, stored
from tests.factories.mail import HTML, a_campaign
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

NEWS: dict[str, Any] = {"name": "Spring News", "subject": "News for {{ name }}", "html": HTML}


async def created(app: App, actor: Actor = SYSTEM, **fields: Any) -> Campaign:
    return await campaigns.create_campaign(actor, app.id, CampaignCreate.model_validate(NEWS | fields))


async def updated(campaign: Campaign, actor: Actor = SYSTEM, **fields: Any) -> Campaign:
    return await campaigns.update_campaign(actor, str(campaign.id), CampaignUpdate.model_validate(fields))


async def listed(app: App, actor: Actor = SYSTEM, **filters: object) -> list[str]:
    given, order = CampaignFilter.model_validate(filters), CampaignSortKey.NAME.order()
    return [one.name for one in (await campaigns.list_campaigns(actor, app.id, Page(), given, order)).items]


async def a_template(app: App, **fields: Any) -> NewsletterTemplate:
    known = {"subject": "Of a template", "html_content": HTML, "text_content": "Text of a template"}
    return await NewsletterTemplate(
        app_id=app.id, name="Monthly", name_key="monthly", created_by="system:tests", **{**known, **fields}
    ).insert()


class TestWorks:
    async def test_a_new_campaign_is_a_draft_of_whoever_wrote_it(self) -> None:
        marketing, app = await an_actor(Role.MARKETING), await an_app()
        campaign = await created(app, marketing, audience={"languages": ["de"], "tags": ["beta"]})
        assert (campaign.status, campaign.created_by) == (CampaignStatus.DRAFT, marketing.label)
        assert campaign.audience == Audience(languages=["de"], tags=["beta"])
        assert await campaigns.get_campaign(await an_actor(Role.VIEWER), str(campaign.id)) == campaign

    async def test_lists_filter_by_status_and_name(self) -> None:
        app = await an_app()
        await created(app, name="Spring Sale")
        await created(app, name="Autumn news", scheduledAt=clock.now() + timedelta(days=1))
        await created(await an_app(), name="Of another app")
        assert await listed(app) == ["Autumn news", "Spring Sale"]
        assert await listed(app, status="scheduled") == ["Autumn news"]
        assert await listed(app, search="SALE") == ["Spring Sale"]
        assert await listed(app, search=".*") == []

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        campaign = await created(await an_app(), audience={"languages": ["de"], "tags": ["beta"]})
        changed = await updated(campaign, name="Summer News", audience={"tags": ["vip"]})
        assert (changed.name, changed.subject) == ("Summer News", campaign.subject)
        assert (changed.audience.languages, changed.audience.tags) == (["de"], ["vip"])
        assert await listed(await App.get(campaign.app_id), search="summer") == ["Summer News"]  # type: ignore[arg-type]

    async def test_two_updates_at_once_both_count(self) -> None:
        campaign = await created(await an_app())
        changes: list[dict[str, Any]] = [{"name": "Summer"}, {"subject": "Hot"}, {"trackOpens": False}]
        await asyncio.gather(*(updated(campaign, **change) for change in changes))
        changed = await stored(campaign)
        assert (changed.name, changed.subject, changed.track_opens) == ("Summer", "Hot", False)

    async def test_a_moment_schedules_and_null_makes_a_draft_again(self) -> None:
        later = clock.now() + timedelta(days=1)
        campaign = await created(await an_app(), scheduledAt=later)
        assert (campaign.status, campaign.scheduled_at) == (CampaignStatus.SCHEDULED, later)
        assert (await updated(campaign, name="Still scheduled")).status is CampaignStatus.SCHEDULED
        draft = await updated(campaign, scheduledAt=None)
        assert (draft.status, draft.scheduled_at) == (CampaignStatus.DRAFT, None)

    async def test_what_is_left_out_comes_from_a_template(self) -> None:
        app = await an_app()
        template = await a_template(app)
        data = CampaignCreate.model_validate({"name": "April", "templateId": str(template.id), "subject": "Mine"})
        campaign = await campaigns.create_campaign(SYSTEM, app.id, data)
        assert (campaign.subject, campaign.html, campaign.text) == ("Mine", HTML, "Text of a template")
        assert campaign.template_id == template.id
        other = await updated(await created(app, text="By hand"), templateId=str(template.id))
        assert (other.subject, other.text) == ("Of a template", "Text of a template")
        assert (await updated(other, templateId=None)).template_id is None

    async def test_text_alone_is_a_campaign_too(self) -> None:
        campaign = await created(await an_app(), html=None, text="Bye: {{ unsubscribe_url }}")
        assert (campaign.html, campaign.text) == (None, "Bye: {{ unsubscribe_url }}")

    async def test_what_was_never_sent_is_deleted(self) -> None:
        app, later = await an_app(), clock.now() + timedelta(days=1)
        cancelled = await cancel_campaign(SYSTEM, str((await created(app, scheduledAt=later)).id))
        for campaign in (await created(app), await created(app, scheduledAt=later), cancelled):
            await campaigns.delete_campaign(SYSTEM, str(campaign.id))
        assert await listed(app) == []


class TestWhoMay:
    async def test_nobody_sees_nothing_and_an_app_s_backend_neither(self) -> None:
        campaign = await created(await an_app())
        with pytest.raises(Unauthenticated):
            await campaigns.get_campaign(Actor.anonymous(), str(campaign.id))
        with pytest.raises(Forbidden):
            await campaigns.get_campaign(backend_of(campaign.app_id), str(campaign.id))

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_write(self, role: Role) -> None:
        actor, app = await an_actor(role), await an_app()
        campaign = await created(app)
        for attempt in (
            created(app, actor),
            updated(campaign, actor, name="Mine"),
            campaigns.delete_campaign(actor, str(campaign.id)),
        ):
            with pytest.raises(Forbidden):
                await attempt


class TestOwnership:
    async def test_another_app_s_campaign_does_not_exist(self) -> None:
        campaign, other = await created(await an_app()), await an_app()
        identity, change = str(campaign.id), CampaignUpdate.model_validate({"name": "Mine"})
        for attempt in (
            campaigns.get_campaign(SYSTEM, identity, app_id=other.id),
            campaigns.update_campaign(SYSTEM, identity, change, app_id=other.id),
            campaigns.delete_campaign(SYSTEM, identity, app_id=other.id),
        ):
            with pytest.raises(NotFound, match="Campaign not found"):
                await attempt

    async def test_another_app_s_template_does_not_exist(self) -> None:
        template, app = await a_template(await an_app()), await an_app()
        with pytest.raises(InvalidInput, match="templateId"):
            await created(app, templateId=str(template.id))

    async def test_a_template_that_is_switched_off_is_not_used(self) -> None:
        app = await an_app()
        template = await a_template(app, is_active=False)
        with pytest.raises(InvalidInput, match="no active newsletter template"):
            await created(app, templateId=str(template.id))


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "field", "sentence"),
        [
            ({"html": "<p>\n{{ nmae }}</p>"}, "html", "html, line 2: unknown variables: nmae"),
            ({"html": "<p>{% if name %}</p>"}, "html", "html, line 1: "),
            ({"subject": "{{ name"}, "subject", "subject, line 1: "),
            ({"text": "{% for x in name %}"}, "text", "text, line 1: "),
            ({"html": None}, "html", "html: A mail needs HTML or text"),
            ({"subject": None}, "subject", "subject: is required"),
            ({"scheduledAt": "2020-01-01T00:00:00Z"}, "scheduledAt", "scheduledAt: must be in the future"),
            ({"templateId": '{"$ne": null}'}, "templateId", "templateId: the app has no"),
        ],
    )
    async def test_what_is_wrong_is_named_with_its_line(self, fields: Any, field: str, sentence: str) -> None:
        with pytest.raises(InvalidInput) as problem:
            await created(await an_app(), **fields)
        assert problem.value.field == field
        assert problem.value.message.startswith(sentence)

    async def test_an_update_is_checked_as_a_whole(self) -> None:
        campaign = await created(await an_app())
        with pytest.raises(InvalidInput, match="A mail needs HTML or text"):
            await updated(campaign, html=None)
        assert (await stored(campaign)).html == HTML

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": None},
            {"status": "sent"},
            {"stats": {"sent": 1}},
            {"subject": "x" * 501},
            {"html": "x" * 256_001},
            {"audience": {"languages": ["Deutsch!"]}},
            {"audience": {"tags": ["x"] * 51}},
            {"audience": {"$where": "1"}},
            {"audience": None},
            {"scheduledAt": "tomorrow"},
        ],
    )
    def test_bounds(self, fields: dict[str, object]) -> None:
        for model in (CampaignCreate, CampaignUpdate):
            with pytest.raises(ValidationError):
                model.model_validate(NEWS | fields)

    @pytest.mark.parametrize("status", sorted(set(CampaignStatus) - {CampaignStatus.DRAFT, CampaignStatus.SCHEDULED}))
    async def test_what_is_being_sent_or_was_is_neither_changed_nor_deleted(self, status: CampaignStatus) -> None:
        campaign = await a_campaign((await an_app()).id, status, started_at=clock.now())
        with pytest.raises(InvalidInput, match=f"The campaign is {status.value}: only drafts"):
            await updated(campaign, name="Too late")
        with pytest.raises(InvalidInput, match=f"The campaign is {status.value}: what was sent"):
            await campaigns.delete_campaign(SYSTEM, str(campaign.id))
        assert await stored(campaign) == campaign


class TestMissing:
    @pytest.mark.parametrize("identity", ["0" * 24, "nonsense", '{"$ne": null}'])
    async def test_an_unknown_campaign_is_not_found(self, identity: str) -> None:
        for attempt in (
            campaigns.get_campaign(SYSTEM, identity),
            campaigns.update_campaign(SYSTEM, identity, CampaignUpdate()),
            campaigns.delete_campaign(SYSTEM, identity),
        ):
            with pytest.raises(NotFound, match="Campaign not found"):
                await attempt

    async def test_an_unknown_app_is_not_found(self) -> None:
        for attempt in (
            campaigns.create_campaign(SYSTEM, "unknown", CampaignCreate.model_validate(NEWS)),
            campaigns.list_campaigns(SYSTEM, "unknown", Page(), CampaignFilter(), CampaignSortKey.NAME.order()),
            campaigns.get_campaign(SYSTEM, "0" * 24, app_id="unknown"),
        ):
            with pytest.raises(NotFound, match="Unknown app"):
                await attempt

    async def test_deleting_twice_is_not_found(self) -> None:
        campaign = await created(await an_app())
        await campaigns.delete_campaign(SYSTEM, str(campaign.id))
        with pytest.raises(NotFound):
            await campaigns.delete_campaign(SYSTEM, str(campaign.id))
