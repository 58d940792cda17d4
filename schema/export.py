"""The schema as text, for clients and for review: `schema.graphql` beside this file."""

from schema.root import SCHEMA


def exported() -> str:
    """In SDL, ending with a line feed."""
    return SCHEMA.as_str().rstrip("\n") + "\n"
