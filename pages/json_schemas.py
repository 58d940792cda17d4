"""JSON Schemas of the OpenAPI document, as people read them: what a field takes, and what a value looks like."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

LIKELY: Final[Sequence[tuple[str, Any]]] = [
    (r"App\w*\.name", "Banners All Over"),
    (r"Shop\w*\.name", "Tea and Cakes"),
    (r"Plan\w*\.name", "Pro"),
    (r"Plan\w*\.id", "pro_monthly"),
    (r"ApiKey\w*\.name", "Backend"),
    (r"\w*User\w*\.name", "Ada Lovelace"),
    (r"Databases\w*\.(total|connected)", 1),
    (r"appId|defaultApp|byApp", "banners-all-over"),
    (r"theme", "system"),
    (r"sort", "-createdAt"),
    (r"_id|id|\w*Id|createdBy", "6901449da196a70c326622f8"),
    (r"\w+At|timestamp|lastUsed|since|\w+(From|To)", "2026-01-31T09:00:00.000Z"),
    (r"email", "ada@example.com"),
    (r"(\w*P|p)assword", "correct horse battery"),
    (r"firstName", "Ada"),
    (r"lastName", "Lovelace"),
    (r"owner", "Ada Lovelace"),
    (r"shopDomain|domain|shop", "tea-and-cakes.myshopify.com"),
    (r"allowedOrigin", "https://banners.example.com"),
    (r"token", "eyJhbGciOiJIUzI1NiIs…"),
    (r"key", "aoa_live_…"),
    (r"hash", "$2b$12$…"),
    (r"handle|plan|byPlan", "pro_monthly"),
    (r"byInterval", "EVERY_30_DAYS"),
    (r"shopifyPlan", "basic"),
    (r"feature", "No watermark"),
    (r"eventName", "banner-published"),
    (r"currency", "USD"),
    (r"country", "GB"),
    (r"locale|language", "en"),
    (r"timezone", "Europe/London"),
    (r"message", "Done"),
    (r"rss|heapUsed|heapTotal|external|arrayBuffers", "64MB"),
    (r"price", 40),
    (r"page|pages", 1),
    (r"limit", 20),
    (r"failed|expired", 0),
]
"""Values by the name of a field, or by that of its object and its own, where the schema does not tell."""


@dataclass(frozen=True, slots=True)
class Field:
    """One name that a request may carry. `kind` is for people: `string`, `one of owner, admin`, `list of strings`."""

    name: str
    kind: str
    required: bool
    note: str


class Schemas:
    """Follows the references of one OpenAPI document."""

    def __init__(self, document: Schema) -> None:
        self._named: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})

    def resolved(self, schema: Schema) -> Schema:
        """Without references, and of several alternatives the first that is not null."""
        while True:
            if "$ref" in schema:
                schema = self._named[schema["$ref"].rsplit("/", 1)[-1]]
            elif alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                schema = next(one for one in alternatives if one.get("type") != "null")
            else:
                return schema

    def fields(self, schema: Schema) -> list[Field]:
        """Of a body."""
        found = self.resolved(schema)
        required = found.get("required", ())
        return [self.field(name, inner, name in required) for name, inner in found.get("properties", {}).items()]

    def field(self, name: str, schema: Schema, required: bool) -> Field:
        found = self.resolved(schema)
        return Field(name, self._kind(found), required, _note(schema, found))

    def example(self, schema: Schema, name: str = "", owner: str = "") -> Any:
        """A believable value: the default, where there is one. `owner` is the object's title that `name` is in."""
        if schema.get("default"):
            return schema["default"]
        found = self.resolved(schema)
        if "const" in found or "enum" in found:
            return found.get("const", next(iter(found.get("enum", [None]))))
        match found.get("type"):
            case "object":
                return self._object(found, name)
            case "array":
                return [self.example(found.get("items", {}), name.removesuffix("s"), owner)]
            case "boolean":
                return True
            case kind:
                return _likely(name, owner, numeric=kind in ("integer", "number"))

    def _object(self, found: Schema, name: str) -> dict[str, Any]:
        """With its declared fields; a mapping has one entry, where a key comes to mind."""
        owner = found.get("title", "")
        example = {key: self.example(inner, key, owner) for key, inner in found.get("properties", {}).items()}
        values, key = found.get("additionalProperties"), _likely(name, owner, numeric=False)
        return {key: self.example(values)} if isinstance(values, Mapping) and key != name else example

    def _kind(self, found: Schema) -> str:
        if "enum" in found:
            return "one of " + ", ".join(map(str, found["enum"]))
        if found.get("properties"):
            return "object of " + ", ".join(found["properties"])
        if found.get("type") == "array":
            return f"list of {self._kind(self.resolved(found.get('items', {})))}s"
        return str(found.get("format") or found.get("type", "any"))


def example_of_parameter(name: str) -> str:
    """What stands in a path."""
    return str(_likely(name, "", numeric=False))


def _likely(name: str, owner: str, *, numeric: bool) -> Any:
    for pattern, value in LIKELY:
        subject = f"{owner}.{name}" if r"\." in pattern else name
        if re.fullmatch(pattern, subject) and isinstance(value, int) is numeric:
            return value
    return 12 if numeric else name


def _note(schema: Schema, found: Schema) -> str:
    """Bounds and the default, in a few words."""
    low = found.get("minimum", found.get("minLength"))
    high = found.get("maximum", found.get("maxLength", found.get("maxItems")))
    unit = " characters" if "maxLength" in found else " entries" if "maxItems" in found else ""
    bounds = f"{low} to {high}{unit}" if low is not None and high is not None else ""
    bounds = bounds or (f"at most {high}{unit}" if high is not None else "")
    default = schema.get("default")
    shown = f"{default} by default" if default not in (None, "", [], {}) else ""
    return ", ".join(part for part in (found.get("description", ""), bounds, shown) if part)
