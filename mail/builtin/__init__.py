"""The mails that every app can send before anybody has written a template of its own.

One file per key (TOML): its variables, and in each language its words, in which Jinja's variables may stand. What it
looks like is made here, the same for all: plain, without images, readable in every client and aloud.
"""

import html as html_entities
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

FOLDER: Final = Path(__file__).parent
DEFAULT_LANGUAGE: Final = "en"

GAP: Final = "\n\n"
CONDITIONAL: Final = re.compile(r"({% if \w+ %})((?:(?!{%).)*)({% endif %})")
"""A paragraph all of which depends on a variable."""
FONT: Final = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
PARAGRAPH: Final = "margin:0 0 16px"
QUOTE: Final = "margin:0 0 16px;padding:12px 16px;border-left:3px solid #c9d3e8;background-color:#f6f8fc"
SMALL: Final = "margin:0 0 12px;font-size:14px;line-height:20px;color:#4a4f55"
BUTTON: Final = (
    "display:inline-block;padding:12px 24px;border-radius:6px;background-color:#1f4fd1;color:#ffffff;"
    "font-weight:bold;text-decoration:none"
)
CODE: Final = (
    "margin:0 0 24px;font-family:Menlo,Consolas,monospace;font-size:28px;line-height:36px;font-weight:bold;"
    "letter-spacing:4px"
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
    """What a template is given. `sample` stands for it in previews."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    default: Any = None
    sample: Any


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
    """`preview` is what a list of mails shows beside the subject, `after` are the paragraphs after what is quoted,
    `button` the words of the link, `code` leads to the code that does instead of the link, `fallback` to the address
    written out, `small` are the paragraphs below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    preview: str
    title: str
    paragraphs: list[str]
    after: list[str] = []
    button: str = ""
    code: str = ""
    fallback: str = ""
    small: list[str]


class _File(BaseModel):
    """`link` is the variable that the button leads to, `code` the one that can be typed instead, `quote` that of what
    somebody wrote. An optional link is left out where it is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    category: str
    link: str | None = None
    link_is_optional: bool = False
    code: str | None = None
    quote: str | None = None
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
    words = file.words[language]
    return BuiltIn(
        key=key,
        language=language,
        name=file.name,
        category=file.category,
        subject=words.subject,
        html=_html(language, words, file),
        text=_text(words, file),
        variables=file.variables,
    )


def _html(language: str, words: _Words, file: _File) -> str:
    body = [
        *_paragraphs(words.paragraphs, PARAGRAPH),
        *([f'<div style="{QUOTE}">{{{{ {file.quote}|nl2br }}}}</div>'] if file.quote else []),
        *_paragraphs(words.after, PARAGRAPH),
        *_linked(file, _button(words, file)),
        *_paragraphs(words.small, SMALL),
    ]
    return PAGE.format(
        language=language,
        subject=_escaped(words.subject),
        preview=_escaped(words.preview),
        font=FONT,
        title=_escaped(words.title),
        body="\n".join(body),
    )


def _text(words: _Words, file: _File) -> str:
    parts = [
        words.title + GAP,
        *_all(words.paragraphs, _with_gap),
        *([_value(file.quote) + GAP] if file.quote else []),
        *_all(words.after, _with_gap),
        *_linked(file, [f"{words.button}:\n{_value(file.link)}{GAP}"]),
        *([f"{words.code}\n{_value(file.code)}{GAP}"] if file.code else []),
        *_all(words.small, _with_gap),
    ]
    return "".join(parts).removesuffix("\n")


def _paragraphs(words: list[str], style: str) -> list[str]:
    return _all(words, lambda paragraph: f'<p style="{style}">{_escaped(paragraph)}</p>')


def _all(paragraphs: list[str], write: Callable[[str], str]) -> list[str]:
    """Of a paragraph that is there on a condition, no empty one is left where it is not."""
    matches = [(paragraph, CONDITIONAL.fullmatch(paragraph)) for paragraph in paragraphs]
    return [f"{found[1]}{write(found[2])}{found[3]}" if found else write(paragraph) for paragraph, found in matches]


def _with_gap(paragraph: str) -> str:
    return paragraph + GAP


def _button(words: _Words, file: _File) -> list[str]:
    address, code = _value(file.link), _value(file.code)
    return [
        f'<p style="margin:24px 0"><a href="{address}" style="{BUTTON}">{_escaped(words.button)}</a></p>',
        *([f'<p style="{PARAGRAPH}">{_escaped(words.code)}</p>', f'<p style="{CODE}">{code}</p>'] if file.code else []),
        f'<p style="{SMALL};word-break:break-all">{_escaped(words.fallback)}<br>{address}</p>',
    ]


def _linked(file: _File, parts: list[str]) -> list[str]:
    """The parts with the link, where there is one."""
    if file.link is None:
        return []
    return [f"{{% if {file.link} %}}", *parts, "{% endif %}"] if file.link_is_optional else parts


def _value(variable: str | None) -> str:
    return f"{{{{ {variable} }}}}"


def _escaped(words: str) -> str:
    """Jinja's own signs stay as they are: words hold variables alone, without quotes in them."""
    return html_entities.escape(words, quote=False)
