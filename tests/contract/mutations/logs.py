"""Mutations of logs, and of the errors in them."""

from typing import Final

from core.errors import found
from models.log_tallies import ErrorGroup, LogHour
from resolvers.error_groups import resolve_error_group
from tests.contract.mutations.sample import Sample
from tests.contract.requests.calling import APP, Caller, Parameters
from tests.contract.requests.company import a_shop
from tests.contract.requests.logs import ENTRY, a_log
from tests.factories.people import actor_for


async def an_error(caller: Caller) -> Parameters:
    """Of a shop that has the app."""
    await a_shop(caller)
    await a_log(caller)
    return {"fingerprint": found(await ErrorGroup.find_one({"appId": APP}), "Error").fingerprint}


async def a_resolved_error(caller: Caller) -> Parameters:
    known = await an_error(caller)
    await resolve_error_group(actor_for(caller.owner), APP, known["fingerprint"])
    return known


async def a_wrong_count(caller: Caller) -> Parameters:
    await a_log(caller)
    await LogHour.find({"appId": APP}).update({"$inc": {"error": 1}})
    return {}


SAMPLES: Final[dict[str, Sample]] = {
    "logsIngest": Sample(sent={"input": {"entries": [ENTRY]}}),
    "logsDelete": Sample(a_log, {"filter": {"level": "error"}}),
    "logCountsRebuild": Sample(a_wrong_count),
    "errorGroupResolve": Sample(an_error),
    "errorGroupIgnore": Sample(an_error),
    "errorGroupReopen": Sample(a_resolved_error),
    "errorCampaignDraft": Sample(an_error, {"input": {"name": "About the orders"}}),
}
