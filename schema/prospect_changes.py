"""How prospects are added and changed, one by one and many at once, in GraphQL."""

from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from models.prospects import ProspectStatus
from resolvers import prospect_bulk, prospect_import, prospect_moves, prospects
from resolvers.prospect_bulk import ProspectsUpdate
from resolvers.prospect_import import ProspectsImport
from resolvers.prospect_moves import ProspectStatusChange
from resolvers.prospects import ProspectCreate, ProspectUpdate
from schema.edge import Info, UserError, mutation, parse
from schema.prospects import Prospect, prospect


@strawberry.input
class ProspectFacts:
    """What is known of somebody. No input by itself."""

    name: Maybe[str]
    company: Maybe[str]
    title: Maybe[str]
    domain: Maybe[str | None]
    shop_domain: Maybe[str | None]
    country: Maybe[str | None]
    language: Maybe[str | None]
    source: Maybe[str]
    tags: Maybe[list[str]]
    facts: Maybe[JSON]
    score: Maybe[int | None]
    status: Maybe[ProspectStatus]


@strawberry.input(description="`domain` is the company's web site. `facts` is whatever else there is to know.")
class ProspectCreateInput(ProspectFacts):
    email: str
    owner_id: Maybe[str | None]


@strawberry.input(description="`reason` goes with `status`; `facts` replaces what there was.")
class ProspectUpdateInput(ProspectFacts):
    owner_id: Maybe[str | None]
    reason: Maybe[str | None]


@strawberry.input(description="`reason` is needed to take back that a prospect must not be contacted.")
class ProspectStatusChangeInput:
    status: ProspectStatus
    reason: Maybe[str | None]


@strawberry.input(description="`reason` goes with `status`. `addTags` and `removeTags` leave the other tags.")
class ProspectsUpdateInput:
    ids: list[str]
    status: Maybe[ProspectStatus]
    reason: Maybe[str | None]
    owner_id: Maybe[str | None]
    add_tags: Maybe[list[str]]
    remove_tags: Maybe[list[str]]


@strawberry.input(description="One of a file, or of a list of prospects.")
class ProspectRowInput(ProspectFacts):
    email: str


@strawberry.input(
    description="Either the text of a CSV file, or at most 1,000 rows. Larger files are for REST: "
    "`POST /admin/prospects/import` takes 25 MB."
)
class ProspectsImportInput:
    csv: Maybe[str | None]
    rows: Maybe[list[ProspectRowInput] | None]


@strawberry.type
class ProspectPayload:
    prospect: Prospect | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ProspectDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="A prospect that stayed as it was, and why.")
class RefusedProspect:
    prospect_id: ID
    message: str


@strawberry.type
class ProspectsUpdatePayload:
    prospects: list[Prospect] | None = None
    refused: list[RefusedProspect] | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="Why a row was left out.")
class ProspectRowError:
    row: int
    email: str = strawberry.field(description="Empty where it could not be told.")
    error: str


@strawberry.type(
    description="`skipped` are prospects already, or the same as an earlier row; `errors` are the first 1,000 of the "
    "`failed`."
)
class ProspectsImportOutcome:
    total: int
    created: int
    skipped: int
    failed: int
    errors: list[ProspectRowError]
    ignored_columns: list[str]


@strawberry.type
class ProspectsImportPayload:
    outcome: ProspectsImportOutcome | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ProspectMutations:
    @mutation(prospects.create_prospect)
    async def prospect_create(self, info: Info, input: ProspectCreateInput) -> ProspectPayload:
        created = await prospects.create_prospect(info.context.actor, parse(ProspectCreate, input))
        return ProspectPayload(prospect=prospect(created))

    @mutation(prospects.update_prospect)
    async def prospect_update(self, info: Info, id: ID, input: ProspectUpdateInput) -> ProspectPayload:
        updated = await prospects.update_prospect(info.context.actor, id, parse(ProspectUpdate, input))
        return ProspectPayload(prospect=prospect(updated))

    @mutation(prospect_moves.change_prospect_status)
    async def prospect_status_update(self, info: Info, id: ID, input: ProspectStatusChangeInput) -> ProspectPayload:
        data = parse(ProspectStatusChange, input)
        return ProspectPayload(
            prospect=prospect(await prospect_moves.change_prospect_status(info.context.actor, id, data))
        )

    @mutation(prospects.delete_prospect)
    async def prospect_delete(self, info: Info, id: ID) -> ProspectDeletePayload:
        deleted = await prospects.delete_prospect(info.context.actor, id)
        return ProspectDeletePayload(deleted_id=ID(str(deleted.id)))

    @mutation(prospect_bulk.update_prospects)
    async def prospects_update(self, info: Info, input: ProspectsUpdateInput) -> ProspectsUpdatePayload:
        outcome = await prospect_bulk.update_prospects(info.context.actor, parse(ProspectsUpdate, input))
        return ProspectsUpdatePayload(
            prospects=[prospect(one) for one in outcome.prospects],
            refused=cast(list[RefusedProspect], list(outcome.refused)),
        )

    @mutation(prospect_import.import_prospects)
    async def prospects_import(self, info: Info, input: ProspectsImportInput) -> ProspectsImportPayload:
        outcome = await prospect_import.import_prospects(info.context.actor, parse(ProspectsImport, input))
        return ProspectsImportPayload(outcome=cast(ProspectsImportOutcome, outcome))
