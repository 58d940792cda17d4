"""What assistants can read by address: the documentation, the schema, how an app is doing, and all about a merchant.

`allover://docs`, `allover://docs/tickets`, `allover://schema`, `allover://app/banners-all-over`,
`allover://merchant/tea-and-cakes.myshopify.com`
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol
from urllib.parse import quote, unquote

import orjson
from mcp_types import Resource, ResourceTemplate, TextResourceContents

from assistants.arguments import Json
from assistants.catalogue import Catalogue
from assistants.results import check_size
from core.actor import Actor
from core.errors import Forbidden, NotFound

SCHEME: Final = "allover://"
MARKDOWN, JSON, SDL = "text/markdown", "application/json", "application/graphql"
MOST_APPS: Final = 100
SUMMARY: Final[Mapping[str, str]] = {
    "get_app": "id",
    "app_dashboard": "appId",
    "shop_stats": "appId",
    "plan_stats": "appId",
    "show_ticket_stats": "appId",
    "show_feedback_stats": "appId",
    "want_stats": "appId",
    "subscriber_stats": "appId",
    "log_stats": "appId",
}
"""The tools whose answers make up the summary of an app, as far as the reader may call them, and what each calls the
app."""
MERCHANT: Final = "get_merchant"
MERCHANT_PAGE: Final = """\
query($domain: String!) {
  merchant(domain: $domain) {
    domain name email owner country firstSeen monthlyRevenue { amount currencyCode }
    shops { app { id name } status installedAt uninstalledAt trialEndsAt subscription { planName status interval } }
    history { shop { appId } change { kind at before after reason } }
    tickets(first: 20) { nodes { id reference appId subject status priority createdAt } }
    feedback { appId type rating message createdAt }
    votedWants { appId title status }
  }
}
"""


class Described(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...


class Documents(Protocol):
    """The documentation: `domains` by the last part of their address. `prepare` is awaited before."""

    @property
    def domains(self) -> Mapping[str, Described]: ...

    async def prepare(self) -> None: ...

    def markdown(self, anchor: str | None = None) -> str | None: ...


class Resources:
    def __init__(
        self, catalogue: Catalogue, documents: Documents, schema: Callable[[], str], *, production: bool
    ) -> None:
        self._catalogue = catalogue
        self._documents = documents
        self._schema = schema
        self._production = production

    async def listed(self, actor: Actor) -> list[Resource]:
        """What the actor can read without knowing an address."""
        await self._documents.prepare()
        docs = Resource(uri=f"{SCHEME}docs", name="docs", title="All operations", mime_type=MARKDOWN)
        pages = [
            Resource(
                uri=f"{SCHEME}docs/{anchor}",
                name=f"docs/{anchor}",
                title=domain.name,
                description=domain.description,
                mime_type=MARKDOWN,
            )
            for anchor, domain in self._documents.domains.items()
        ]
        schema = Resource(uri=f"{SCHEME}schema", name="schema", title="The GraphQL schema", mime_type=SDL)
        apps = [
            Resource(uri=f"{SCHEME}app/{quote(app_id)}", name=app_id, title=f"How {name} is doing", mime_type=JSON)
            for app_id, name in await self._apps(actor)
        ]
        return [docs, *([schema] if self._shows_schema(actor) else []), *apps, *pages]

    def templates(self, actor: Actor) -> Iterator[ResourceTemplate]:
        app = "Numbers of shops, plans, tickets, feedback, wishes and logs, as far as you may see them"
        yield ResourceTemplate(
            uri_template=f"{SCHEME}app/{{appId}}",
            name="app",
            title="How an app is doing",
            description=app,
            mime_type=JSON,
        )
        if self._admits(MERCHANT, actor):
            yield ResourceTemplate(
                uri_template=f"{SCHEME}merchant/{{domain}}",
                name="merchant",
                title="A merchant in all apps",
                description="Shops, subscriptions, history, tickets, feedback and wishes, by the shop's domain",
                mime_type=JSON,
            )

    async def read(self, actor: Actor, uri: str) -> TextResourceContents:
        """Raises `NotFound` for what is none, `Failed` for what is too large, and what operations behind it raise."""
        await self._documents.prepare()
        kind, _, name = uri.removeprefix(SCHEME).partition("/")
        match kind if uri.startswith(SCHEME) else "":
            case "docs" if (text := self._documents.markdown(unquote(name) or None)) is not None:
                return TextResourceContents(uri=uri, mime_type=MARKDOWN, text=text)
            case "schema" if not name:
                if not self._shows_schema(actor):
                    raise Forbidden("The schema is for staff")
                return TextResourceContents(uri=uri, mime_type=SDL, text=self._schema())
            case "app" if name:
                return _as_json(uri, await self._summary(actor, unquote(name)))
            case "merchant" if name:
                return _as_json(uri, await self._merchant(actor, unquote(name)))
        raise NotFound(f"There is no resource {uri}")

    async def _apps(self, actor: Actor) -> list[tuple[str, str]]:
        """Ids and names: of the one that a key or a customer is bound to, or of all."""
        if actor.app_id is not None:
            return [(actor.app_id, actor.app_id)]
        found = await self._called(actor, "list_apps", {"limit": MOST_APPS})
        return [(app["id"], app["name"]) for app in found["data"]]

    def _shows_schema(self, actor: Actor) -> bool:
        """As introspection."""
        return actor.is_staff or not self._production

    def _admits(self, name: str, actor: Actor) -> bool:
        tool = self._catalogue.get(name)
        return tool is not None and tool.access.admits(actor)

    async def _summary(self, actor: Actor, app_id: str) -> Json:
        shown = {name: key for name, key in SUMMARY.items() if self._admits(name, actor)}
        if not shown:
            raise Forbidden("None of an app's numbers are for you")
        return {name: (await self._called(actor, name, {key: app_id}))["data"] for name, key in shown.items()}

    async def _merchant(self, actor: Actor, domain: str) -> Json:
        given = {"query": MERCHANT_PAGE, "variables": {"domain": domain}}
        answer: Json = (await self._called(actor, "query_graphql", given))["data"]["merchant"]
        return answer

    async def _called(self, actor: Actor, name: str, given: Json) -> Json:
        tool = self._catalogue.get(name)
        if tool is None:
            raise NotFound(f"There is no tool called {name}")
        tool.access.check(actor)
        return await tool.run(actor, given)


def _as_json(uri: str, value: Json) -> TextResourceContents:
    """Raises `Failed` for what is too large."""
    text = orjson.dumps(value)
    check_size(len(text))
    return TextResourceContents(uri=uri, mime_type=JSON, text=text.decode())
