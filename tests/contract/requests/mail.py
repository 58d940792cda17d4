"""Requests of mail: templates, newsletters, people and their consent, and what became of each message."""

from typing import Any, Final

from core import clock
from core.runtime import runtime
from mail.links import UnsubscribeTokens
from models.campaigns import CampaignStatus
from models.contacts import ConsentCategory, ConsentState
from models.email_events import EmailEventType
from models.email_jobs import EmailJobStatus
from models.subscribers import SubscriberStatus
from resolvers.data_exports import DataExportCreate, create_data_export
from resolvers.email_events import event_about, record_event
from resolvers.tracking import links_for
from tasks.rollups import apply_all
from tests.contract.requests.calling import APP, Caller, Parameters, Request
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.email_alerts import an_email_alert
from tests.factories.email_jobs import an_ended_job
from tests.factories.mail import a_campaign, a_delivery, a_subscriber
from tests.factories.webhooks import cold_payload, resend_payload, signed_by_cold_provider, signed_by_resend

NEWS: Final[dict[str, Any]] = {"url": "https://banners.example.com/news", "link": 1}
NEWSLETTER: Final = ConsentCategory.NEWSLETTER
TEMPLATE: Final[dict[str, Any]] = {
    "key": "trial-ending",
    "name": "The trial ends soon",
    "language": "de",
    "category": "billing",
    "subject": "Noch {{ days }} Tage",
    "html": "<p>Hallo {{ name }}, noch {{ days }} Tage.</p>",
    "variables": [{"name": "days", "description": "Until the trial ends", "default": 3, "sample": 2}],
}
READER: Final = "ada@example.com"
NEWSLETTER_TEMPLATE: Final[dict[str, Any]] = {
    "name": "Spring",
    "subject": "News for {{ name }}",
    "htmlContent": "<p>Hello {{ name }}</p>",
    "textContent": "Hello {{ name }}",
}
CAMPAIGN: Final[dict[str, Any]] = NEWSLETTER_TEMPLATE | {
    "audience": {"languages": ["en"], "sources": [], "tags": ["beta"]},
    "trackOpens": False,
    "trackClicks": True,
    "scheduledAt": "2099-01-31T09:00:00Z",
}
NOT_SENT: Final = ("body.data.sentAt", "body.data.completedAt")


async def a_template(caller: Caller) -> Parameters:
    return {"templateId": (await caller.created(f"/{APP}/templates", TEMPLATE))["_id"]}


async def an_email_job(_: Caller) -> Parameters:
    """One that was completed at its second attempt."""
    return {"id": str((await an_ended_job(EmailJobStatus.COMPLETED)).id)}


async def an_open_email_alert(_: Caller) -> Parameters:
    return {"id": str((await an_email_alert(APP)).id)}


async def a_person(_: Caller) -> Parameters:
    """Who agreed to the newsletter."""
    return {"id": str((await with_consent(await a_contact(), NEWSLETTER, ConsentState.OPTED_IN)).id)}


async def a_data_export(_: Caller) -> Parameters:
    link = {"contactId": str((await a_contact()).id)}
    issued = await create_data_export(SYSTEM, DataExportCreate.model_validate(link))
    return {"token": issued.url.rsplit("/", 1)[-1]}


async def a_read_mail(_: Caller) -> Parameters:
    """Of a campaign: it was opened, and its link clicked."""
    campaign = await a_campaign(APP, links=[NEWS["url"]])
    delivery = await a_delivery(await a_contact(), campaign)
    for type_, link in ((EmailEventType.SENT, {}), (EmailEventType.OPENED, {}), (EmailEventType.CLICKED, NEWS)):
        await record_event(event_about(delivery, type_, source="smtp").model_copy(update=link))
    await apply_all()
    return {"campaignId": str(campaign.id), "messageId": str(delivery.id), "contactId": str(delivery.contact_id)}


async def a_pixel(_: Caller) -> Parameters:
    delivery = await a_delivery(await a_contact(), await a_campaign(APP))
    return {"token": links_for(delivery.id, 0)[1].rpartition("/")[2]}


async def a_tracked_link(_: Caller) -> Parameters:
    delivery = await a_delivery(await a_contact(), await a_campaign(APP, links=[NEWS["url"]]))
    return {"token": links_for(delivery.id, 1)[0][0].rpartition("/")[2]}


async def somebody_who_left(_: Caller) -> Parameters:
    contact = await a_contact(READER, language="en")
    left = {"subscribed_at": clock.now(), "unsubscribed_at": clock.now(), "referral_url": "https://banners.example.com"}
    return {"id": str((await a_subscriber(APP, contact, status=SubscriberStatus.UNSUBSCRIBED, **left)).id)}


async def a_newsletter(_: Caller) -> Parameters:
    """That somebody got."""
    tokens = UnsubscribeTokens(runtime().settings.keys("unsubscribe"))
    return {"token": tokens.issue((await a_delivery(await a_contact(), app_id=APP)).id)}


async def a_newsletter_template(caller: Caller) -> Parameters:
    return {"id": (await caller.created(f"/admin/{APP}/newsletter/templates", NEWSLETTER_TEMPLATE))["_id"]}


async def a_draft(_: Caller) -> Parameters:
    """With somebody to send it to."""
    await a_subscriber(APP, await a_contact())
    return {"id": str((await a_campaign(APP)).id)}


async def a_sent_campaign(_: Caller) -> Parameters:
    sent = {"started_at": clock.now(), "completed_at": clock.now()}
    return {"id": str((await a_campaign(APP, CampaignStatus.SENT, **sent)).id)}


REQUESTS: Final[dict[str, Request]] = {
    "GET /admin/contacts/": Request(a_person),
    "GET /admin/contacts/{id}": Request(a_person),
    "DELETE /admin/contacts/{id}": Request(a_person),
    "PATCH /admin/contacts/{id}/consent": Request(a_person, {"category": "newsletter", "state": "opted_out"}),
    "POST /admin/contacts/{id}/opt-out": Request(a_person),
    "GET /admin/contacts/{id}/export": Request(a_person),
    "GET /data-export/{token}": Request(a_data_export),
    "GET /data-export/{token}/download": Request(a_data_export),
    "GET /t/o/{token}": Request(a_pixel),
    "GET /t/c/{token}": Request(a_tracked_link),
    "GET /admin/email-events/": Request(a_read_mail),
    "GET /admin/email-events/message/{messageId}": Request(a_read_mail),
    "GET /admin/email-events/campaign/{campaignId}/stats": Request(a_read_mail),
    "GET /admin/email/analytics/campaigns/{campaignId}": Request(a_read_mail),
    "GET /admin/email/analytics/campaigns/{campaignId}/recipients": Request(a_read_mail),
    "GET /admin/email/analytics/contacts/{contactId}": Request(a_read_mail),
    "GET /admin/email/analytics/overview": Request(a_read_mail),
    "GET /admin/email-jobs/": Request(an_email_job),
    "GET /admin/email-jobs/stats": Request(an_email_job),
    "GET /admin/email-jobs/{id}": Request(an_email_job),
    "GET /{appId}/templates/categories": Request(a_template),
    "GET /{appId}/templates/": Request(a_template),
    "POST /{appId}/templates/": Request(body=TEMPLATE),
    "GET /{appId}/templates/{templateId}": Request(a_template),
    "PUT /{appId}/templates/{templateId}": Request(a_template, TEMPLATE | {"text": "Noch {{ days }} Tage"}),
    "PATCH /{appId}/templates/{templateId}": Request(a_template, {"category": "trials"}),
    "DELETE /{appId}/templates/{templateId}": Request(a_template),
    "PATCH /{appId}/templates/{templateId}/toggle": Request(a_template),
    "POST /{appId}/templates/{templateId}/duplicate": Request(a_template),
    "POST /{appId}/newsletter/subscribe": Request(body={"email": READER, "name": "Ada", "consentText": "Yes, please"}),
    "GET /{appId}/newsletter/unsubscribe/{token}": Request(a_newsletter),
    "POST /{appId}/newsletter/unsubscribe/{token}": Request(a_newsletter),
    "GET /admin/{appId}/newsletter/subscribers/stats": Request(somebody_who_left),
    "GET /admin/{appId}/newsletter/subscribers": Request(somebody_who_left),
    "POST /admin/{appId}/newsletter/subscribers": Request(
        somebody_who_left,
        {"email": READER, "consent": True, "consentText": "Yes, please", "consentSource": "phone"},
    ),
    "POST /admin/{appId}/newsletter/subscribers/import": Request(body={"subscribers": [{"email": READER}]}),
    "DELETE /admin/{appId}/newsletter/subscribers/{id}": Request(somebody_who_left),
    "GET /admin/{appId}/newsletter/campaigns": Request(a_sent_campaign),
    "POST /admin/{appId}/newsletter/campaigns": Request(body=CAMPAIGN, unknown=NOT_SENT),
    "GET /admin/{appId}/newsletter/campaigns/{id}": Request(a_sent_campaign),
    "PATCH /admin/{appId}/newsletter/campaigns/{id}": Request(a_draft, {"subject": "More news"}, unknown=NOT_SENT),
    "DELETE /admin/{appId}/newsletter/campaigns/{id}": Request(a_draft),
    "POST /admin/{appId}/newsletter/campaigns/{id}/send": Request(a_draft),
    "POST /admin/{appId}/newsletter/campaigns/{id}/test": Request(a_draft, {"email": READER}),
    "GET /admin/{appId}/newsletter/templates": Request(a_newsletter_template),
    "POST /admin/{appId}/newsletter/templates": Request(body=NEWSLETTER_TEMPLATE),
    "PATCH /admin/{appId}/newsletter/templates/{id}": Request(a_newsletter_template, {"subject": "News of spring"}),
    "DELETE /admin/{appId}/newsletter/templates/{id}": Request(a_newsletter_template),
    "POST /webhooks/resend": Request(body=resend_payload("email.delivered"), signed=signed_by_resend),
    "POST /webhooks/cold-provider": Request(body=cold_payload("delivered"), signed=signed_by_cold_provider),
    "GET /admin/email-alerts/": Request(an_open_email_alert),
    "PATCH /admin/email-alerts/{id}/resolve": Request(an_open_email_alert, {"note": "An old list was imported"}),
}
