"""`allover schema` and `allover openapi`: what the interfaces are, printed."""

import json

import typer

from app import OPENAPI
from schema.export import exported


def print_openapi() -> None:
    """JSON."""
    typer.echo(json.dumps(OPENAPI.now(), indent=2, ensure_ascii=False))


def print_schema() -> None:
    """In SDL."""
    typer.echo(exported(), nl=False)
