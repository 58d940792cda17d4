"""The mails that every app can send before anybody has written a template of its own.

One file per key (TOML): its variables, and in each language its words, in which Jinja's variables may stand. What it
looks like is made here, the same for all: plain, without images, readable in every client and aloud.
"""

import html as html_entities
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

FOLDER: Final = Path(__file__).parent
DEFAULT_LANGUAGE: Final = "en"

FONT: Final = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
PARAGRAPH: Final = "margin:0 0 16px"
SMALL: Final = "margin:0 0 12px;font-size:14px;line-height:20px;color:#4a4f55"
BUTTON: Final = (
    "display:inline-block;padding:12px 24px;border-radius:6px;background-color:#1f4fd1;color:#ffffff;"
    "font-weight:bold;text-decoration:none"
)
PAGE: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{subject}</title>
</head>
<body style="margin:0;padding:0;background-color:#f3f4f6">
<div style="display:none">{preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px"><tr>
<td style="padding:32px;background-color:#ffffff;color:#1c1f23;{font};font-size:16px;line-height:24px">
<h1 style="margin:0 0 16px;font-size:22px;line-height:28px">{title}</h1>
{body}
</td>
</tr></table>
</td>
</tr></table>
</body>
</html>
"""


class Variable(BaseModel):
    """What a template is given. `sample` stands for it in previews. What is `secret` lets somebody in who has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    default: Any = None
    sample: Any
    secret: bool = False


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One mail in one language: sources as any template has them."""

    key: str
    language: str
    name: str
    category: str
    subject: str
    html: str
    text: str
    variables: tuple[Variable, ...]

    @property
    def defaults(self) -> Mapping[str, Any]:
        return {variable.name: variable.default for variable in self.variables}


class _Words(BaseModel):
    """`preview` is what a list of mails shows beside the subject, `button` the words of the link, `fallback` leads to
    the address written out, `small` are the paragraphs below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    preview: str
    title: str
    paragraphs: list[str]
    button: str
    fallback: str
    small: list[str]


class _File(BaseModel):
    """`link` is the variable that the button leads to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    category: str
    link: str
    variables: tuple[Variable, ...]
    words: dict[str, _Words]


@cache
def built_ins() -> Mapping[str, Mapping[str, BuiltIn]]:
    """All of them, by key and language."""
    files = {path.stem: _File.model_validate(tomllib.loads(path.read_text("utf-8"))) for path in FOLDER.glob("*.toml")}
    return {
        key: {language: _built_in(key, language, file) for language in sorted(file.words)}
        for key, file in sorted(files.items())
    }


def built_in(key: str, languages: tuple[str, ...] = ()) -> BuiltIn | None:
    """That of the first of the languages that there is, else the English one; None for an unknown key."""
    of_key = built_ins().get(key)
    if of_key is None:
        return None
    return next((of_key[language] for language in languages if language in of_key), of_key[DEFAULT_LANGUAGE])


def _built_in(key: str, language: str, file: _File) -> BuiltIn:
    words, address = file.words[language], f"{{{{ {file.link} }}}}"
    return BuiltIn(
        key=key,
        language=language,
        name=file.name,
        category=file.category,
        subject=words.subject,
        html=_html(language, words, address),
        text=_text(words, address),
        variables=file.variables,
    )


def _html(language: str, words: _Words, address: str) -> str:
    body = [
        *(f'<p style="{PARAGRAPH}">{_escaped(paragraph)}</p>' for paragraph in words.paragraphs),
        f'<p style="margin:24px 0"><a href="{address}" style="{BUTTON}">{_escaped(words.button)}</a></p>',
        f'<p style="{SMALL};word-break:break-all">{_escaped(words.fallback)}<br>{address}</p>',
        *(f'<p style="{SMALL}">{_escaped(paragraph)}</p>' for paragraph in words.small),
    ]
    return PAGE.format(
        language=language,
        subject=_escaped(words.subject),
        preview=_escaped(words.preview),
        font=FONT,
        title=_escaped(words.title),
        body="\n".join(body),
    )


def _text(words: _Words, address: str) -> str:
    return "\n\n".join([words.title, *words.paragraphs, f"{words.button}:\n{address}", *words.small]) + "\n"


def _escaped(words: str) -> str:
    """Jinja's own signs stay as they are: words hold variables alone, without quotes in them."""
    return html_entities.escape(words, quote=False)
