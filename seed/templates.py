"""The mails that the company's apps send by themselves: their words are in `templates.toml`."""

import html
import tomllib
from pathlib import Path
from typing import Any, Final

from resolvers.template_inputs import TemplateCreate
from resolvers.templates import create_template
from seed.histories import ACTOR

FILE: Final = Path(__file__).with_name("templates.toml")


async def write_templates(app_id: str) -> None:
    """Those of one app, in every language that they have."""
    for template in tomllib.loads(FILE.read_text("utf-8"))["templates"]:
        if app_id in template.get("apps", [app_id]):
            for language, words in template["words"].items():
                await create_template(ACTOR, app_id, _template(template, language, words))


def _template(template: dict[str, Any], language: str, words: dict[str, Any]) -> TemplateCreate:
    paragraphs = [html.escape(paragraph, quote=False) for paragraph in words["paragraphs"]]
    link = f'<a href="{template["link"]}">{html.escape(words["button"], quote=False)}</a>'
    return TemplateCreate.model_validate(
        {
            "key": template["key"],
            "name": template["name"],
            "language": language,
            "category": template["category"],
            "subject": words["subject"],
            "html": "\n".join(f"<p>{inner}</p>" for inner in [*paragraphs, link]),
            "variables": template["variables"],
        }
    )
