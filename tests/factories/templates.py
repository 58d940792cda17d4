"""Transactional templates of the apps."""

from itertools import count
from typing import Any, Final

from core.actor import Actor
from models.templates import Template
from resolvers.template_inputs import TemplateCreate
from resolvers.templates import create_template

SYSTEM: Final = Actor.system("tests")

_numbers = count(1)


def new_template(**fields: Any) -> TemplateCreate:
    """As staff would send it."""
    known = {
        "key": f"welcome_{next(_numbers)}",
        "language": "en",
        "subject": "Welcome to {{ app_name }}",
        "html": "<p>Hello {{ name }}, your plan is {{ plan }}.</p>",
        "variables": [{"name": "plan", "default": "Free"}],
    }
    return TemplateCreate.model_validate(known | fields)


async def a_template(app_id: str, **fields: Any) -> Template:
    return await create_template(SYSTEM, app_id, new_template(**fields))
