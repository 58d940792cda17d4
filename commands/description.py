"""`allover schema` and `allover openapi`: what the interfaces are, printed."""

import json

import typer

from app import create_app
from core.settings import Settings
from schema.export import exported


def print_openapi() -> None:
    """JSON."""
    document = create_app(Settings(), mongo_url="mongodb://not-connected").openapi()
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_schema() -> None:
    """In SDL."""
    typer.echo(exported(), nl=False)
