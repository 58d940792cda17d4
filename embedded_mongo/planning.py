"""Choosing how to find documents.

A plan only narrows down which documents are looked at; whoever runs it lets the matcher decide, unless it is exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from embedded_mongo.conditions import Condition, Every, Field, Some, conjuncts
from embedded_mongo.indexes import EVERYTHING, Index, Range
from embedded_mongo.intervals import Interval, intersect, intervals_of
from embedded_mongo.matching import test_of
from embedded_mongo.ordering import NULL
from embedded_mongo.plans import CollectionScan, IndexScan, Plan, Union

Sort = Sequence[tuple[str, int]]
_MAXIMUM_RANGES = 1000
_COST_OF_SORTING = 1.5


def plan_query(
    records: Mapping[int, object], indexes: Iterable[Index], condition: Condition, sort: Sort = (), wanted: int = 0
) -> Plan:
    """The cheapest plan. `wanted` is how many documents are needed at most (skip + limit), 0 for all.

    As in MongoDB, the whole collection is looked at only if no index is of any use.
    """
    plans = index_plans(indexes, condition, sort)
    if not plans:
        return CollectionScan(records, exact=condition == Every(()), ordered=not sort)
    sizes = [max(plan.size, 1) for plan in plans]  # an empty collection has a best plan too
    fewest = min(sizes)

    def cost(place: int) -> tuple[float, int]:
        plan, size = plans[place], sizes[place]
        if sort and not plan.ordered:
            return size * _COST_OF_SORTING, -plan.bounded
        return min(size, wanted * size / fewest) if wanted else size, -plan.bounded

    return plans[min(range(len(plans)), key=cost)]


def index_plans(indexes: Iterable[Index], condition: Condition, sort: Sort = ()) -> list[Plan]:
    """All plans that use an index and are known to miss nothing."""
    indexes = list(indexes)
    parts = list(conjuncts(condition))
    plans: list[Plan] = []
    for index in indexes:
        scan = plan_index(index, parts, sort)
        if scan is None:
            continue
        if scan.points and not sort:
            return [scan]  # hardly any other finds less, and none is sooner there
        plans.append(scan)
    for part in parts:
        if isinstance(part, Some):
            branches = [_smallest(index_plans(indexes, child)) for child in part.children]
            if all(branch is not None for branch in branches):
                plans.append(Union([branch for branch in branches if branch is not None], ordered=not sort))
    return plans


def _smallest(plans: list[Plan]) -> Plan | None:
    return min(plans, key=lambda plan: plan.size, default=None)


def plan_index(index: Index, parts: Sequence[Condition], sort: Sort = ()) -> IndexScan | None:
    """A scan of one index, or None if the index may miss something, or is of no use for filter and sort."""
    if not is_complete(index, parts):
        return None
    bounds = _multikey_bounds(index, parts) if index.multikey else _bounds(index, parts)
    ranges = _ranges(index, bounds)
    ordered, reverse, merge_from = (False, False, None) if index.multikey else _order(index, bounds, sort)
    if not bounds and not (sort and ordered):
        return None
    return IndexScan(
        index,
        ranges,
        bounded=len(bounds),
        exact=not index.multikey and _is_exact(index, parts, len(bounds)),
        ordered=ordered or not sort,
        reverse=reverse,
        merge_from=merge_from,
        points=index.unique and not index.multikey and merge_from is None and _are_points(index, bounds),
    )


def is_complete(index: Index, parts: Sequence[Condition]) -> bool:
    """Whether every document that meets all of `parts` is in the index."""
    if index.sparse and not any(_needs_a_value(part) for part in parts if _path(part) in index.definition["key"]):
        return False
    return index.partial is None or all(_is_implied(wanted, parts) for wanted in conjuncts(index.partial))


def _path(part: Condition) -> str | None:
    return part.path if isinstance(part, Field) else None


def _needs_a_value(part: Condition) -> bool:
    """Whether the condition can't be met by null or by nothing."""
    if not isinstance(part, Field):
        return False
    if part.operator == "$exists":
        return True
    intervals = intervals_of(part)
    return intervals is not None and all(interval.rank != NULL for interval in intervals)


def _is_implied(wanted: Condition, parts: Sequence[Condition]) -> bool:
    if any(repr(wanted) == repr(part) for part in parts):  # `==` would take 1 for True
        return True
    if not isinstance(wanted, Field):
        return False
    if wanted.operator == "$exists":
        return any(_needs_a_value(part) for part in parts if _path(part) == wanted.path)
    # An equality implies what its value fulfils.
    test = test_of(wanted.operator, wanted.operand)
    values = [part.operand for part in parts if isinstance(part, Field) and _fixes(part, wanted.path)]
    return any(test(value) for value in values)


def _fixes(part: Field, path: str) -> bool:
    """Whether the condition says which value there is at a path: not null, which also stands for none."""
    return part.path == path and part.operator == "$eq" and part.operand is not None and type(part.operand) is not list


def _bounds(index: Index, parts: Sequence[Condition]) -> list[list[Interval]]:
    """The intervals of the leading fields, up to the first that is not fixed to single values."""
    bounds: list[list[Interval]] = []
    ranges = 1
    for path, _ in index.pattern.fields:
        intervals: list[Interval] | None = None
        for part in parts:
            found = intervals_of(part) if isinstance(part, Field) and part.path == path else None
            if found is not None:
                intervals = found if intervals is None else intersect(intervals, found)
        if intervals is None or ranges * len(intervals) > _MAXIMUM_RANGES:
            break
        bounds.append(intervals)
        ranges *= len(intervals)
        if not all(interval.is_point for interval in intervals):
            break
    return bounds


def _multikey_bounds(index: Index, parts: Sequence[Condition]) -> list[list[Interval]]:
    """One condition on the first field: two may be met by different elements of an array."""
    path = index.pattern.fields[0][0]
    found = [intervals_of(part) for part in parts if isinstance(part, Field) and part.path == path]
    usable = [intervals for intervals in found if intervals is not None]
    points = [intervals for intervals in usable if all(interval.is_point for interval in intervals)]
    return (points or usable)[:1]


def _ranges(index: Index, bounds: list[list[Interval]]) -> list[Range]:
    if not bounds:
        return [EVERYTHING]
    fields = [
        [interval.ends(descends=descends) for interval in intervals]
        for intervals, descends in zip(bounds, index.pattern.descends, strict=False)
    ]
    ranges = []
    for *leading, last in product(*fields):
        prefix = tuple(part for first, _ in leading for part in first)
        ranges.append((prefix + last[0], prefix + last[1]))
    return sorted(ranges)


def _order(index: Index, bounds: list[list[Interval]], sort: Sort) -> tuple[bool, bool, int | None]:
    """Whether the index gives the order asked for, whether backwards, and from which field on ranges are merged."""
    fixed = {path for (path, _), found in zip(index.pattern.fields, bounds, strict=False) if _is_single(found)}
    open_sort = [(path, direction) for path, direction in sort if path not in fixed]
    backwards: bool | None = None
    merge_from: int | None = None
    for place, (path, direction) in enumerate(index.pattern.fields):
        if not open_sort:
            break
        if path in fixed:
            continue
        if path == open_sort[0][0] and backwards in (None, direction != open_sort[0][1]):
            backwards = direction != open_sort.pop(0)[1]
        elif backwards is None and place < len(bounds) and all(interval.is_point for interval in bounds[place]):
            merge_from = place + 1
        else:
            break
    return not open_sort, bool(backwards) and not open_sort, None if open_sort else merge_from


def _is_single(intervals: list[Interval]) -> bool:
    return len(intervals) == 1 and intervals[0].is_point


def _are_points(index: Index, bounds: list[list[Interval]]) -> bool:
    """Whether whole keys are looked for."""
    return len(bounds) == len(index.pattern.fields) and all(one.is_point for found in bounds for one in found)


def _is_exact(index: Index, parts: Sequence[Condition], bounded: int) -> bool:
    paths = [path for path, _ in index.pattern.fields[:bounded]]
    return all(
        isinstance(part, Field) and part.path in paths and part.operator != "$regex" and intervals_of(part) is not None
        for part in parts
    )
