"""A valid request for every row of the contract that is served: what has to exist, and what is sent.

The world is made through the platform's own interface; what a row needs besides (an id for its path) is made by the
functions named in its line.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import orjson
from httpx import AsyncClient, Response

from core import clock
from core.actor import Role
from core.inputs import iso
from core.runtime import runtime
from mail.links import UnsubscribeTokens
from models.apps import App
from models.contacts import ConsentCategory, ConsentState
from models.email_events import EmailEventType
from models.email_jobs import EmailJobStatus
from models.subscribers import SubscriberStatus
from models.users import User
from resolvers.data_exports import DataExportCreate, create_data_export
from resolvers.email_events import event_about, record_event
from resolvers.tracking import links_for
from rest_compat.contract import Endpoint
from tasks.rollups import apply_all
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.email_alerts import an_email_alert
from tests.factories.email_jobs import an_ended_job
from tests.factories.mail import a_campaign, a_delivery, a_subscriber
from tests.factories.people import PASSWORD, a_user, bearer
from tests.factories.webhooks import cold_payload, resend_payload, signed_by_cold_provider, signed_by_resend

APP: Final = "banners-all-over"
SHOP: Final = "tea-and-cakes.myshopify.com"
NEWS: Final[dict[str, Any]] = {"url": "https://banners.example.com/news", "link": 1}
NEWSLETTER: Final = ConsentCategory.NEWSLETTER

PLAN: Final[dict[str, Any]] = {
    "id": "pro_monthly",
    "name": "Pro",
    "price": 40,
    "currency": "USD",
    "interval": "EVERY_30_DAYS",
    "trialDays": 14,
    "features": ["No watermark"],
}
TEMPLATE: Final[dict[str, Any]] = {
    "key": "trial-ending",
    "name": "The trial ends soon",
    "language": "de",
    "category": "billing",
    "subject": "Noch {{ days }} Tage",
    "html": "<p>Hallo {{ name }}, noch {{ days }} Tage.</p>",
    "variables": [{"name": "days", "description": "Until the trial ends", "default": 3, "sample": 2}],
}
INSTALL: Final[dict[str, Any]] = {
    "shopDomain": SHOP,
    "data": {"name": "Tea and Cakes", "email": "hello@tea.example.com", "country": "GB", "currency": "GBP"},
}


READER: Final = "ada@example.com"
NEWSLETTER_TEMPLATE: Final[dict[str, Any]] = {
    "name": "Spring",
    "subject": "News for {{ name }}",
    "htmlContent": "<p>Hello {{ name }}</p>",
    "textContent": "Hello {{ name }}",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """An owner's client."""

    http: AsyncClient
    owner: User

    async def send(self, method: str, path: str, body: Any = None) -> Response:
        return await self.http.request(method, path, json=body, headers=bearer(self.owner))

    async def created(self, path: str, body: Any) -> Any:
        response = await self.send("POST", path, body)
        assert response.status_code in (200, 201), response.text
        return response.json()["data"]


Parameters = Mapping[str, str]


async def nothing(_: Caller) -> Parameters:
    return {}


async def a_colleague(_: Caller) -> Parameters:
    return {"id": str((await a_user()).id)}


def key_to_create() -> dict[str, Any]:
    return {
        "appId": APP,
        "name": "Backend",
        "description": "Reports installs",
        "allowedOrigins": ["https://banners.example.com"],
        "expiresAt": iso(clock.now() + timedelta(days=90)),
    }


async def an_api_key(caller: Caller) -> Parameters:
    """One that was used."""
    created = await caller.created("/api-keys", key_to_create())
    used = {"X-API-Key": created["key"], "Origin": "https://banners.example.com"}
    await caller.http.get(f"/{APP}/plans/active", headers=used)
    return {"keyId": created["_id"]}


async def a_plan(caller: Caller) -> Parameters:
    return {"planId": (await caller.created(f"/{APP}/plans", PLAN))["_id"]}


async def a_template(caller: Caller) -> Parameters:
    return {"templateId": (await caller.created(f"/{APP}/templates", TEMPLATE))["_id"]}


async def a_shop(caller: Caller) -> Parameters:
    await caller.created(f"/{APP}/events/app-installed", INSTALL)
    shops = await caller.send("GET", f"/{APP}/shops")
    return {"shopId": shops.json()["data"][0]["_id"]}


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


@dataclass(frozen=True, slots=True)
class Request:
    """`needs` makes what must exist, and returns parameters of the path; `body` is what is sent, or makes it."""

    needs: Callable[[Caller], Awaitable[Parameters]] = nothing
    body: dict[str, Any] | Callable[[Caller], dict[str, Any]] | None = None
    parameters: Parameters = field(default_factory=dict)
    signed: Callable[[bytes], Mapping[str, str]] | None = None
    """The headers of a webhook with that body."""


REQUESTS: Final[Mapping[str, Request]] = {
    "POST /auth/login": Request(body=lambda caller: {"email": caller.owner.email, "password": PASSWORD}),
    "POST /auth/hash-password": Request(body={"password": "a long enough one"}),
    "POST /users/": Request(body={"email": "ada@example.com", "password": "a long enough one", "role": "support"}),
    "GET /users/{id}": Request(a_colleague),
    "PATCH /users/{id}": Request(a_colleague, {"firstName": "Ada", "settings": {"theme": "dark"}}),
    "DELETE /users/{id}": Request(a_colleague),
    "PATCH /users/{id}/password": Request(a_colleague, {"newPassword": "another long one"}),
    "GET /api-keys/": Request(an_api_key),
    "POST /api-keys/": Request(body=lambda _: key_to_create()),
    "GET /api-keys/{keyId}": Request(an_api_key),
    "PATCH /api-keys/{keyId}": Request(an_api_key, {"name": "Backend in Europe"}),
    "DELETE /api-keys/{keyId}": Request(an_api_key),
    "POST /api-keys/{keyId}/revoke": Request(an_api_key),
    "POST /api-keys/{keyId}/regenerate": Request(an_api_key),
    "GET /{appId}/shops/stats": Request(a_shop),
    "GET /{appId}/shops/domains": Request(a_shop),
    "GET /{appId}/shops/": Request(a_shop),
    "GET /{appId}/shops/{shopId}": Request(a_shop),
    "PATCH /{appId}/shops/{shopId}": Request(a_shop, {"name": "Tea & Cakes", "settings": {"tone": "formal"}}),
    "PATCH /{appId}/shops/{shopId}/status": Request(a_shop, {"status": "inactive", "reason": "Asked to pause"}),
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
    "GET /{appId}/plans/stats": Request(a_plan),
    "GET /{appId}/plans/active": Request(a_plan),
    "GET /{appId}/plans/features": Request(a_plan),
    "GET /{appId}/plans/": Request(a_plan),
    "POST /{appId}/plans/": Request(body=PLAN),
    "GET /{appId}/plans/{planId}": Request(a_plan),
    "PATCH /{appId}/plans/{planId}": Request(a_plan, {"price": 45, "features": ["No watermark", "Priority support"]}),
    "DELETE /{appId}/plans/{planId}": Request(a_plan),
    "PATCH /{appId}/plans/{planId}/toggle": Request(a_plan),
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
    "GET /admin/{appId}/newsletter/templates": Request(a_newsletter_template),
    "POST /admin/{appId}/newsletter/templates": Request(body=NEWSLETTER_TEMPLATE),
    "PATCH /admin/{appId}/newsletter/templates/{id}": Request(a_newsletter_template, {"subject": "News of spring"}),
    "DELETE /admin/{appId}/newsletter/templates/{id}": Request(a_newsletter_template),
    "POST /{appId}/events/app-installed": Request(body=INSTALL),
    "POST /{appId}/events/{eventName}": Request(
        body={"shopDomain": SHOP, "data": {"banner": "summer sale"}, "idempotencyKey": "1"},
        parameters={"eventName": "banner-published"},
    ),
    "POST /webhooks/resend": Request(body=resend_payload("email.delivered"), signed=signed_by_resend),
    "POST /webhooks/cold-provider": Request(body=cold_payload("delivered"), signed=signed_by_cold_provider),
    "GET /admin/email-alerts/": Request(an_open_email_alert),
    "PATCH /admin/email-alerts/{id}/resolve": Request(an_open_email_alert, {"note": "An old list was imported"}),
}
"""A row that is not listed is called without a body, and needs nothing but the app."""


async def an_owner(http: AsyncClient) -> Caller:
    """Of a company with one app; has logged in."""
    await App(id=APP, name="Banners All Over", name_key="banners all over").insert()
    owner = await a_user(Role.OWNER)
    await owner.set({"lastLoginAt": clock.now()})
    return Caller(http, owner)


def request_of(endpoint: Endpoint) -> Request:
    return REQUESTS.get(endpoint.name, Request())


@dataclass(frozen=True, slots=True)
class Call:
    """A row's request, with all that it needs in place."""

    caller: Caller
    method: str
    path: str
    body: dict[str, Any] | None
    signed: Callable[[bytes], Mapping[str, str]] | None = None

    async def send(self, query: str = "") -> Response:
        if self.signed:
            content = orjson.dumps(self.body)
            return await self.caller.http.post(self.path + query, content=content, headers=self.signed(content))
        return await self.caller.send(self.method, self.path + query, self.body)

    async def send_instead(self, body: Any) -> Response:
        return await self.caller.send(self.method, self.path, body)


async def prepared(caller: Caller, endpoint: Endpoint) -> Call:
    request = request_of(endpoint)
    parameters = {"appId": APP, **request.parameters, **await request.needs(caller)}
    body = request.body(caller) if callable(request.body) else request.body
    return Call(caller, endpoint.method, endpoint.path.format_map(parameters), body, request.signed)
