"""From JSON to a condition, or to everything that is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any as Json
from typing import Final

from conditions.durations import duration_of
from conditions.fields import COUNTED, OPERATORS, Catalogue, Field, Operator
from conditions.literals import LONGEST_TEXT, literal_of, value_of
from conditions.tree import All, Any, Comparison, EventCount, HasBeen, Node, Not

DEEPEST: Final = 8
MOST_NODES: Final = 100
MOST_EVENTS: Final = 1_000_000
MOST_PROBLEMS: Final = 200
KEYS: Final = {
    "all": {"all"},
    "any": {"any"},
    "not": {"not"},
    "event_count": {"event_count"},
    "has_been": {"has_been"},
    "field": {"field", "op", "value"},
}
"""By the key that tells what a node is: all keys that it has."""
FORMS: Final = "an object with all, any, not, event_count, has_been, or field, op and value"


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` leads from the whole condition to what is wrong, such as `all.1.value`; it is empty for the whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class Read:
    """`node` is None where anything is wrong: such a condition is never asked."""

    node: Node | None
    problems: Sequence[Problem]


def read(condition: Json, catalogue: Catalogue) -> Read:
    """A condition as it is written, with fields of the catalogue."""
    reader = _Reader(catalogue)
    node = reader.node(condition, (), 1)
    if reader.nodes > MOST_NODES:
        reader.problems.insert(0, Problem("", f"must have at most {MOST_NODES} nodes, and has more"))
    return Read(None if reader.problems else node, reader.problems[:MOST_PROBLEMS])


Path = tuple[str | int, ...]


@dataclass
class _Reader:
    catalogue: Catalogue
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0

    def wrong(self, path: Path, message: str) -> None:
        self.problems.append(Problem(_text(path), message))

    def node(self, json: Json, path: Path, depth: int) -> Node | None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            return None
        if depth > DEEPEST:
            self.wrong(path, f"must be at most {DEEPEST} levels deep")
            return None
        form = self._form(json, path)
        if form is None:
            return None
        if form == "field":
            return self._comparison(json, path)
        if form in ("all", "any", "not"):
            return self._joined(form, json[form], path, depth)
        return (self._event_count if form == "event_count" else self._has_been)(json[form], (*path, form))

    def _joined(self, form: str, json: Json, path: Path, depth: int) -> Node | None:
        if form == "not":
            one = self.node(json, (*path, form), depth + 1)
            return Not(_text(path), one) if one is not None else None
        inner = self._several(json, (*path, form), depth)
        return All(_text(path), inner) if form == "all" else Any(_text(path), inner)

    def _form(self, json: Json, path: Path) -> str | None:
        if not isinstance(json, dict) or not json:
            self.wrong(path, f"must be {FORMS}")
            return None
        form = next((form for form in KEYS if form in json), None)
        if form is None:
            shown = ", ".join(str(key)[:40] for key in list(json)[:3])
            self.wrong(path, f"must be {FORMS}; it has {shown}")
            return None
        self._keys(json, KEYS[form], path, required=KEYS[form])
        return form

    def _keys(self, json: dict[str, Json], known: set[str], path: Path, required: set[str]) -> bool:
        for key in sorted(map(str, json.keys() - known)):
            self.wrong((*path, key[:60]), f"is not known here: there {'is' if len(known) == 1 else 'are'} {_or(known)}")
        for key in sorted(required - json.keys()):
            self.wrong((*path, key), "is required")
        return required <= json.keys()

    def _several(self, json: Json, path: Path, depth: int) -> list[Node]:
        if not isinstance(json, list) or not json:
            self.wrong(path, "must be a list of at least one condition")
            return []
        found = [self.node(one, (*path, number), depth + 1) for number, one in enumerate(json[: MOST_NODES + 1])]
        return [one for one in found if one is not None]

    def _comparison(self, json: dict[str, Json], path: Path) -> Comparison | None:
        found = self._field(json.get("field"), (*path, "field"))
        operator = self._operator(json.get("op"), (*path, "op"), found) if "op" in json else None
        if found is None or operator is None or "value" not in json:
            return None
        before = len(self.problems)
        value = value_of(json["value"], operator, found, lambda key, said: self.wrong((*path, "value", *key), said))
        return Comparison(_text(path), found, operator, value) if len(self.problems) == before else None

    def _field(self, name: Json, path: Path) -> Field | None:
        if not isinstance(name, str):
            self.wrong(path, "must be the name of a field")
            return None
        found = self.catalogue.find(name)
        if found is None:
            similar = self.catalogue.similar(name)
            self.wrong(path, f"there is no field {name[:60]}" + (f": did you mean {_or(similar)}?" if similar else ""))
        return found

    def _operator(self, name: Json, path: Path, of: Field | None) -> Operator | None:
        known = OPERATORS[of.kind] if of else frozenset(Operator)
        if not isinstance(name, str) or name not in set(Operator):
            self.wrong(path, f"must be {_or([one for one in Operator if one in known])}")
            return None
        if name not in known and of is not None:
            can = _or([one for one in Operator if one in known])
            self.wrong(path, f"{name} is not for {of.name}, a {of.kind.value}: it can be {can}")
            return None
        return Operator(name)

    def _event_count(self, json: Json, path: Path) -> EventCount | None:
        if not self._object(json, {"name", "op", "value", "within"}, path):
            return None
        name, operator, value, before = json["name"], json["op"], json["value"], len(self.problems)
        if not isinstance(name, str) or not name or len(name) > LONGEST_TEXT:
            self.wrong((*path, "name"), "must be the name of an event")
        if not isinstance(operator, str) or operator not in COUNTED:
            self.wrong((*path, "op"), f"must be {_or([one for one in Operator if one in COUNTED])}")
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_EVENTS:
            self.wrong((*path, "value"), f"must be a whole number from 0 to {MOST_EVENTS:,}")
        within = self._duration(json["within"], (*path, "within"))
        if within is None or len(self.problems) > before:
            return None
        return EventCount(_text(path[:-1]), name, Operator(operator), value, within)

    def _has_been(self, json: Json, path: Path) -> HasBeen | None:
        if not self._object(json, {"field", "value", "for"}, path):
            return None
        found, duration = self._field(json["field"], (*path, "field")), self._duration(json["for"], (*path, "for"))
        if found is not None and not found.has_history:
            having = sorted(one.name for one in self.catalogue.fields.values() if one.has_history)
            self.wrong(
                (*path, "field"), f"it is not known since when {found.name} is what it is: it can be {_or(having)}"
            )
            return None
        if found is None or duration is None:
            return None
        try:
            return HasBeen(_text(path[:-1]), found, literal_of(json["value"], found), duration)
        except ValueError as error:
            self.wrong((*path, "value"), str(error))
            return None

    def _object(self, json: Json, keys: set[str], path: Path) -> bool:
        if not isinstance(json, dict):
            self.wrong(path, f"must be an object with {_or(keys, 'and')}")
            return False
        return self._keys(json, keys, path, required=keys)

    def _duration(self, json: Json, path: Path) -> Json:
        try:
            return duration_of(json)
        except ValueError as error:
            self.wrong(path, str(error))
            return None


def _text(path: Path) -> str:
    return ".".join(map(str, path))


def _or(names: Json, last: str = "or") -> str:
    *before, end = sorted(names) if isinstance(names, set | frozenset) else list(names)
    return f"{', '.join(before)} {last} {end}" if before else str(end)
