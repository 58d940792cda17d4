"""explain: which plan a query gets, in the shape MongoDB shows it."""

from collections.abc import Callable

from embedded_mongo.collection import Collection
from embedded_mongo.commands.aggregating import leading_query
from embedded_mongo.commands.registry import Command, command
from embedded_mongo.engine import Engine
from embedded_mongo.errors import refused
from embedded_mongo.finding import Query, id_key, parse_query
from embedded_mongo.plans import IndexScan, Plan, Union
from embedded_mongo.stages import parse_pipeline
from embedded_mongo.values import Document


@command("explain", options="verbosity")
def explain(engine: Engine, request: Command) -> Document:
    """The plan of a find, count, distinct, aggregate, update, delete or findAndModify; nothing is run."""
    body = request.option("explain", dict, default={})
    explained = Command(next(iter(body), ""), {**body, "$db": request.database})
    if explained.name not in _QUERIES:
        raise refused(f"explain of {explained.name}")
    if request.option("verbosity", str, default="queryPlanner") not in _VERBOSITIES:
        raise refused(f"the verbosity {request.body['verbosity']}")
    query = _QUERIES[explained.name](explained)
    collection = engine.catalog.find_or_empty(request.database, explained.collection)
    plan = {
        "namespace": collection.namespace,
        "indexFilterSet": False,
        "parsedQuery": {},
        "winningPlan": _winning_plan(collection, query),
        "rejectedPlans": [],
    }
    return {"queryPlanner": plan, "command": body, "ok": 1.0}


def _query(filter_name: str) -> Callable[[Command], Query]:
    def read(explained: Command) -> Query:
        body = explained.body
        windows = {name: body.get(name) for name in ("sort", "skip", "limit", "hint")}
        return parse_query(body.get(filter_name), **windows)

    return read


def _first_statement(name: str) -> Callable[[Command], Query]:
    def read(explained: Command) -> Query:
        statement = explained.statements(name, ("q",))[0]
        return parse_query(statement["q"], hint=statement.get("hint"))

    return read


def _pipeline_start(explained: Command) -> Query:
    pipeline = explained.option("pipeline", list, default=[])
    parse_pipeline(pipeline, lambda _: [])
    return leading_query(pipeline, explained.body.get("hint"))[0]


_VERBOSITIES = frozenset({"queryPlanner", "executionStats", "allPlansExecution"})
_QUERIES: dict[str, Callable[[Command], Query]] = {
    "find": _query("filter"),
    "count": _query("query"),
    "distinct": _query("query"),
    "findAndModify": _query("query"),
    "aggregate": _pipeline_start,
    "update": _first_statement("updates"),
    "delete": _first_statement("deletes"),
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
