"""explain: which plan a query gets, in the shape MongoDB shows it."""

from collections.abc import Callable

from embedded_mongo.collection import Collection
from embedded_mongo.commands.aggregating import leading_query
from embedded_mongo.commands.registry import Command, command
from embedded_mongo.engine import Engine
from embedded_mongo.errors import refused
from embedded_mongo.finding import Query, id_key, parse_query
from embedded_mongo.plans import IndexScan, Plan, Union
from embedded_mongo.values import Document


@command("explain", options="verbosity")
def explain(engine: Engine, request: Command) -> Document:
    """The plan of a find, count, distinct, aggregate, update, delete or findAndModify; nothing is run."""
    body = request.body["explain"]
    name = next(iter(body))
    if name not in _QUERIES:
        raise refused(f"explain of {name}")
    if request.body.get("verbosity", "queryPlanner") not in ("queryPlanner", "executionStats", "allPlansExecution"):
        raise refused(f"the verbosity {request.body['verbosity']}")
    query = _QUERIES[name](body)
    collection = engine.catalog.find_or_empty(request.database, body[name])
    plan: Document = {
        "queryPlanner": {
            "namespace": collection.namespace,
            "indexFilterSet": False,
            "parsedQuery": {},
            "winningPlan": _winning_plan(collection, query),
            "rejectedPlans": [],
        },
        "command": body,
        "ok": 1.0,
    }
    return plan


def _statement(body: Document, name: str) -> Query:
    statement = body[name][0]
    return parse_query(statement["q"], hint=statement.get("hint"))


_QUERIES: dict[str, Callable[[Document], Query]] = {
    "find": lambda body: parse_query(
        body.get("filter"),
        sort=body.get("sort"),
        skip=body.get("skip"),
        limit=body.get("limit"),
        hint=body.get("hint"),
    ),
    "count": lambda body: parse_query(body.get("query"), hint=body.get("hint")),
    "distinct": lambda body: parse_query(body.get("query"), hint=body.get("hint")),
    "findAndModify": lambda body: parse_query(body.get("query"), sort=body.get("sort"), limit=1, hint=body.get("hint")),
    "aggregate": lambda body: leading_query(body["pipeline"], body.get("hint"))[0],
    "update": lambda body: _statement(body, "updates"),
    "delete": lambda body: _statement(body, "deletes"),
}


def _winning_plan(collection: Collection, query: Query) -> Document:
    if id_key(query.condition):
        return {"stage": "IDHACK", "keyPattern": {"_id": 1}, "indexName": "_id_"}
    if collection.number == 0:
        return {"stage": "EOF"}
    plan = query.plan(collection)
    found = _stage(plan)
    if query.sort and not plan.ordered:
        found = {"stage": "SORT", "sortPattern": dict(query.sort), "inputStage": found}
    if query.skip:
        found = {"stage": "SKIP", "skipAmount": query.skip, "inputStage": found}
    if query.limit:
        found = {"stage": "LIMIT", "limitAmount": query.limit, "inputStage": found}
    return found


def _stage(plan: Plan) -> Document:
    if isinstance(plan, IndexScan):
        return {"stage": "FETCH", "inputStage": _index_stage(plan)}
    if isinstance(plan, Union):
        branches = [_index_stage(branch) for branch in plan.branches if isinstance(branch, IndexScan)]
        return {"stage": "FETCH", "inputStage": {"stage": "OR", "inputStages": branches}}
    return {"stage": "COLLSCAN", "direction": "forward"}


def _index_stage(plan: IndexScan) -> Document:
    definition = plan.index.definition
    return {
        "stage": "IXSCAN",
        "keyPattern": definition["key"],
        "indexName": definition["name"],
        "isMultiKey": plan.index.multikey,
        "isUnique": plan.index.unique,
        "isSparse": plan.index.sparse,
        "isPartial": plan.index.partial is not None,
        "direction": "backward" if plan.reverse else "forward",
    }
