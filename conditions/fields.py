"""What conditions can ask about: the fields that there are, of which kind, and where a database has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """`texts` is a list of texts, `value` a text, a number or a boolean, whichever there is."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    TEXTS = "texts"
    VALUE = "value"


class Operator(StrEnum):
    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    NIN = "nin"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    CONTAINS = "contains"
    EXISTS = "exists"
    MATCHES = "matches"
    BEFORE = "before"
    AFTER = "after"
    WITHIN_LAST = "within_last"


EQUALITY: Final = frozenset({Operator.EQ, Operator.NEQ})
ORDER: Final = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
LISTED: Final = frozenset({Operator.IN, Operator.NIN})
TIME: Final = frozenset({Operator.BEFORE, Operator.AFTER, Operator.WITHIN_LAST})
COUNTED: Final = EQUALITY | ORDER
"""What a number of events can be compared by."""
OPERATORS: Final[Mapping[Kind, frozenset[Operator]]] = {
    Kind.TEXT: EQUALITY | LISTED | {Operator.CONTAINS, Operator.MATCHES, Operator.EXISTS},
    Kind.NUMBER: EQUALITY | LISTED | ORDER | {Operator.EXISTS},
    Kind.BOOLEAN: EQUALITY | {Operator.EXISTS},
    Kind.MOMENT: EQUALITY | TIME | {Operator.EXISTS},
    Kind.TEXTS: frozenset({Operator.CONTAINS, Operator.EXISTS}),
    Kind.VALUE: EQUALITY | LISTED | ORDER | TIME | {Operator.CONTAINS, Operator.MATCHES, Operator.EXISTS},
}
"""A moment is equal to null or to nothing: two clocks never agree to the millisecond."""


@dataclass(frozen=True, slots=True)
class Field:
    """`stored` is where a document of the database has it, as it is; None where it can't be asked there. `values` are
    all that it can be. `has_history`: it is known since when it is what it is. `is_personal`: explanations do not
    repeat it."""

    name: str
    kind: Kind
    description: str
    stored: str | None = None
    values: frozenset[str] = frozenset()
    has_history: bool = False
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Fields whose names are not known before: all that begin with `prefix`, such as `event.`"""

    prefix: str
    kind: Kind
    description: str
    stored: str | None = None

    def member(self, name: str) -> Field:
        key = name.removeprefix(self.prefix)
        return Field(name, self.kind, self.description, self.stored and f"{self.stored}.{key}")


def is_key(text: str) -> bool:
    """What a member of a family can be called: no path, no operator."""
    return 0 < len(text) <= 64 and text.isascii() and text.replace("_", "").replace("-", "").isalnum()


@dataclass(frozen=True, slots=True)
class Catalogue:
    fields: Mapping[str, Field]
    families: tuple[Family, ...] = field(default=())

    @classmethod
    def of(cls, fields: Iterable[Field], families: Iterable[Family] = ()) -> "Catalogue":
        return cls({one.name: one for one in fields}, tuple(families))

    def find(self, name: str) -> Field | None:
        if name in self.fields:
            return self.fields[name]
        for family in self.families:
            if name.startswith(family.prefix) and is_key(name.removeprefix(family.prefix)):
                return family.member(name)
        return None

    def similar(self, name: str) -> list[str]:
        """What somebody may have meant."""
        known = [*self.fields, *(f"{family.prefix}…" for family in self.families)]
        by_end = [one for one in self.fields if one.rpartition(".")[2] == name.rpartition(".")[2]]
        return list(dict.fromkeys([*get_close_matches(name, known, n=1, cutoff=0.6), *by_end]))[:3]
