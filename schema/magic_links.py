"""Signing in to an app by a link or a code, in GraphQL."""

from datetime import datetime

import strawberry
from strawberry import ID, Maybe

from public_pages.addresses import masked
from resolvers import magic_links
from resolvers.magic_links import MagicLinkRequest, MagicLinkVerify, OpenLink
from schema.edge import Info, UserError, mutation, parse, query
from schema.end_users import CurrentEndUser, current_end_user


@strawberry.input(
    description="`redirectUrl` is where the link leads in the end, with the token in its fragment: a page of the app, "
    "at one of its allowed origins. Without it the link shows the code to type. `language` and `shopDomain` are what "
    "the app's backend knows of the person."
)
class MagicLinkRequestInput:
    email: str
    redirect_url: Maybe[str | None]
    language: Maybe[str | None]
    shop_domain: Maybe[str | None]


@strawberry.input(description="Either `token`, or `email` and `code`.")
class MagicLinkVerifyInput:
    token: Maybe[str | None]
    email: Maybe[str | None]
    code: Maybe[str | None]


@strawberry.type(description="What a link to sign in is for.")
class MagicLink:
    app_name: str
    address: str = strawberry.field(description="Masked: a link gets forwarded.")
    leads_to: str | None = strawberry.field(description="The origin that its button leads to in the end.")

    @classmethod
    def of(cls, opened: OpenLink) -> "MagicLink":
        return cls(app_name=opened.app.name, address=masked(opened.link.email), leads_to=opened.leads_to)


@strawberry.type(description="`isAccepted` says nothing about whether anybody has that address.")
class MagicLinkRequestPayload:
    is_accepted: bool = False
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="The end user's bearer token.")
class MagicLinkVerifyPayload:
    token: str | None = None
    expires_at: datetime | None = None
    end_user: CurrentEndUser | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(
    description="Where the link leads: a page of the app, with the token in the fragment of its address, or a code to "
    "type where the person asked to sign in."
)
class MagicLinkFollowPayload:
    url: str | None = None
    code: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class MagicLinkQueries:
    @query(magic_links.get_magic_link)
    async def magic_link(self, info: Info, app_id: ID, token: str) -> MagicLink:
        return MagicLink.of(await magic_links.get_magic_link(info.context.actor, app_id, token))


@strawberry.type
class MagicLinkMutations:
    @mutation(magic_links.request_magic_link)
    async def magic_link_request(self, info: Info, app_id: ID, input: MagicLinkRequestInput) -> MagicLinkRequestPayload:
        await magic_links.request_magic_link(info.context.actor, app_id, parse(MagicLinkRequest, input))
        return MagicLinkRequestPayload(is_accepted=True)

    @mutation(magic_links.verify_magic_link)
    async def magic_link_verify(self, info: Info, app_id: ID, input: MagicLinkVerifyInput) -> MagicLinkVerifyPayload:
        client = info.context.connection.client
        session = await magic_links.verify_magic_link(
            info.context.actor, app_id, parse(MagicLinkVerify, input), client=client.host if client else ""
        )
        return MagicLinkVerifyPayload(
            token=session.token, expires_at=session.expires_at, end_user=current_end_user(session.user)
        )

    @mutation(magic_links.follow_magic_link)
    async def magic_link_follow(self, info: Info, app_id: ID, token: str) -> MagicLinkFollowPayload:
        followed = await magic_links.follow_magic_link(info.context.actor, app_id, token)
        return MagicLinkFollowPayload(url=followed.url, code=followed.code)
