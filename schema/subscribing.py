"""Signing up for a newsletter, confirming it and leaving it, in GraphQL."""

import strawberry
from strawberry import ID, Maybe

from models.contacts import ConsentCategory
from public_pages.addresses import masked
from resolvers import subscribing, unsubscribing
from resolvers.data_exports import visitor_of
from resolvers.subscribing import Confirming, SubscriptionRequest
from resolvers.unsubscribing import Unsubscribing
from schema.edge import Info, UserError, mutation, parse, query


@strawberry.input(
    description="`consentText` is what the person agreed to, as they saw it; `ip` and `userAgent` are the person's. "
    "`source` says where they signed up."
)
class SubscriptionRequestInput:
    email: str
    name: Maybe[str]
    language: Maybe[str | None]
    referral_url: Maybe[str | None]
    source: Maybe[str]
    tags: Maybe[list[str]]
    consent_text: Maybe[str | None]
    ip: Maybe[str | None]
    user_agent: Maybe[str | None]


@strawberry.type(description="What was asked for: the answer does not tell whether somebody was known.")
class NewsletterSubscribePayload:
    email: str | None = None
    name: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="What a link to confirm a subscription is for.")
class NewsletterConfirmation:
    app_name: str
    address: str = strawberry.field(description="Masked: a link gets forwarded.")
    text: str = strawberry.field(description="What the person is asked.")
    is_confirmed: bool

    @classmethod
    def of(cls, asked: Confirming) -> "NewsletterConfirmation":
        address = masked(asked.subscriber.email)
        return cls(app_name=asked.app.name, address=address, text=asked.text, is_confirmed=asked.is_done)


@strawberry.type(description="What a link to unsubscribe is for.")
class NewsletterUnsubscription:
    app_name: str
    address: str = strawberry.field(description="Masked: a link gets forwarded.")
    category: ConsentCategory = strawberry.field(description="Which mail it ends: that of the mail it came in.")

    @classmethod
    def of(cls, asked: Unsubscribing) -> "NewsletterUnsubscription":
        return cls(app_name=asked.app.name, address=masked(asked.delivery.email), category=asked.category)


@strawberry.type
class NewsletterConfirmPayload:
    confirmation: NewsletterConfirmation | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class NewsletterUnsubscribePayload:
    unsubscription: NewsletterUnsubscription | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SubscribingQueries:
    @query(subscribing.get_newsletter_confirmation)
    async def newsletter_confirmation(self, info: Info, app_id: ID, token: str) -> NewsletterConfirmation:
        asked = await subscribing.get_newsletter_confirmation(info.context.actor, app_id, token, _language(info))
        return NewsletterConfirmation.of(asked)

    @query(unsubscribing.get_unsubscription)
    async def newsletter_unsubscription(self, info: Info, app_id: ID, token: str) -> NewsletterUnsubscription:
        asked = await unsubscribing.get_unsubscription(info.context.actor, app_id, token, _language(info))
        return NewsletterUnsubscription.of(asked)


@strawberry.type
class SubscribingMutations:
    @mutation(subscribing.subscribe)
    async def newsletter_subscribe(
        self, info: Info, app_id: ID, input: SubscriptionRequestInput
    ) -> NewsletterSubscribePayload:
        asked = await subscribing.subscribe(info.context.actor, app_id, parse(SubscriptionRequest, input))
        return NewsletterSubscribePayload(email=asked.email, name=asked.name)

    @mutation(subscribing.confirm_newsletter)
    async def newsletter_confirm(self, info: Info, app_id: ID, token: str) -> NewsletterConfirmPayload:
        visitor = visitor_of(info.context.connection)
        confirmed = await subscribing.confirm_newsletter(info.context.actor, app_id, token, visitor, _language(info))
        return NewsletterConfirmPayload(confirmation=NewsletterConfirmation.of(confirmed))

    @mutation(unsubscribing.unsubscribe)
    async def newsletter_unsubscribe(self, info: Info, app_id: ID, token: str) -> NewsletterUnsubscribePayload:
        visitor = visitor_of(info.context.connection)
        left = await unsubscribing.unsubscribe(info.context.actor, app_id, token, visitor, _language(info))
        return NewsletterUnsubscribePayload(unsubscription=NewsletterUnsubscription.of(left))


def _language(info: Info) -> str | None:
    return info.context.connection.headers.get("accept-language")
