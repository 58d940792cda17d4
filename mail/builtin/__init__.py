"""The mails that every app can send before anybody has written a template of its own.

One file per key (TOML): its variables, and in each language its words, in which Jinja's variables may stand. What it
looks like is made here, the same for all: plain, without images, readable in every client and aloud.
"""

import html as html_entities
import re
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
QUOTE: Final = "margin:0 0 16px;padding:12px 16px;border-left:3px solid #c9d3e8;background-color:#f6f8fc"
BUTTON: Final = (
    "display:inline-block;padding:12px 24px;border-radius:6px;background-color:#1f4fd1;color:#ffffff;"
    "font-weight:bold;text-decoration:none"
)
CODE: Final = (
    "margin:0 0 24px;font-family:Menlo,Consolas,monospace;font-size:28px;line-height:36px;font-weight:bold;"
    "letter-spacing:4px"
)
CONDITIONAL: Final = re.compile(r"(\{% if \w+ %\})((?:(?!\{% (?:(?:end)?if |else )).)*)(\{% endif %\})", re.DOTALL)
FILES_HTML: Final = (
    '{{% if {files} %}}<p style="{style}">'
    '{{% for file in {files} %}}<a href="{{{{ file.url }}}}">{{{{ file.name }}}}</a><br>{{% endfor %}}</p>{{% endif %}}'
)
FILES_TEXT: Final = (
    "{{% if {files} %}}{{% for file in {files} %}}{{{{ file.name }}}}: {{{{ file.url }}}}\n{{% endfor %}}{{% endif %}}"
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
    """`preview` is what a list of mails shows beside the subject, `after` are the paragraphs below what is quoted,
    `button` the words of the link, `code` leads to the code that does instead of the link, `fallback` to the address
    written out, `small` are the paragraphs below it. A paragraph that is one `{% if … %}…{% endif %}` is there or
    not."""

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
    """`link` is the variable that the button leads to: where its default is an empty text, the button may be missing.
    `code` is the one that can be typed instead, `quote` that of what somebody wrote, `files` that of a list of what
    came along, each with `name` and `url`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    category: str
    link: str | None = None
    code: str | None = None
    quote: str | None = None
    files: str | None = None
    variables: tuple[Variable, ...]
    words: dict[str, _Words]

    @property
    def condition(self) -> tuple[str, str]:
        """What stands before and after the button."""
        is_optional = any(one.name == self.link and one.default == "" for one in self.variables)
        return (f"{{% if {self.link} %}}", "{% endif %}") if is_optional else ("", "")


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
        *(_paragraph(PARAGRAPH, paragraph) for paragraph in words.paragraphs),
        *([f'<div style="{QUOTE}">{{{{ {file.quote}|nl2br }}}}</div>'] if file.quote else []),
        *([FILES_HTML.format(files=file.files, style=SMALL)] if file.files else []),
        *(_paragraph(PARAGRAPH, paragraph) for paragraph in words.after),
        *([_linked(words, file)] if file.link else []),
        *(_paragraph(SMALL, paragraph) for paragraph in words.small),
    ]
    return PAGE.format(
        language=language,
        subject=_escaped(words.subject),
        preview=_escaped(words.preview),
        font=FONT,
        title=_escaped(words.title),
        body="\n".join(body),
    )


def _paragraph(style: str, words: str) -> str:
    if conditional := CONDITIONAL.fullmatch(words):
        return f'{conditional[1]}<p style="{style}">{_escaped(conditional[2])}</p>{conditional[3]}'
    return f'<p style="{style}">{_escaped(words)}</p>'


def _linked(words: _Words, file: _File) -> str:
    address, (begin, end) = f"{{{{ {file.link} }}}}", file.condition
    button = f'<a href="{address}" style="{BUTTON}">{_escaped(words.button)}</a>'
    fallback = f'<p style="{SMALL};word-break:break-all">{_escaped(words.fallback)}<br>{address}</p>'
    instead = [_paragraph(PARAGRAPH, words.code), _paragraph(CODE, f"{{{{ {file.code} }}}}")] if file.code else []
    return "\n".join([f'{begin}<p style="margin:24px 0">{button}</p>', *instead, fallback + end])


def _text(words: _Words, file: _File) -> str:
    begin, end = file.condition
    parts = [
        *words.paragraphs,
        *([f"{{{{ {file.quote} }}}}"] if file.quote else []),
        *([FILES_TEXT.format(files=file.files)] if file.files else []),
        *words.after,
        *([f"{begin}{words.button}:\n{{{{ {file.link} }}}}{end}"] if file.link else []),
        *([f"{words.code}\n{{{{ {file.code} }}}}"] if file.code else []),
        *words.small,
    ]
    return words.title + "".join(map(_below, parts)) + "\n"


def _below(words: str) -> str:
    """With the empty line above it, which goes with it."""
    if conditional := CONDITIONAL.fullmatch(words):
        return f"{conditional[1]}\n\n{conditional[2]}{conditional[3]}"
    return f"\n\n{words}"


def _escaped(words: str) -> str:
    """Jinja's own signs stay as they are: words hold variables alone, without quotes in them."""
    return html_entities.escape(words, quote=False)
