"""What stands below mail that people may refuse: a link that ends it, and the sender's postal address."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mail.content import UNSUBSCRIBE, Content, prepare
from mail.templates import TemplateProblem

LABEL: Final = "unsubscribe_label"
"""The variable with the words of the link, in the reader's language."""
POSTAL_ADDRESS: Final = "postal_address"

LABELS: Final[Mapping[str, str]] = {
    "en": "Unsubscribe",
    "es": "Cancelar la suscripción",
    "de": "Abbestellen",
    "fr": "Se désabonner",
    "pt": "Cancelar a inscrição",
}
END: Final = re.compile(r"</body\s*>|</html\s*>", re.IGNORECASE)
STYLE: Final = "margin:24px 0 0;font-family:Arial,sans-serif;font-size:12px;line-height:1.5;color:#5c6166"
LINK: Final = f'<a href="{{{{ {UNSUBSCRIBE} }}}}" style="color:#5c6166">{{{{ {LABEL} }}}}</a>'
IN_HTML: Final = {
    POSTAL_ADDRESS: f'<p style="{STYLE}">{{{{ {POSTAL_ADDRESS} }}}}</p>',
    UNSUBSCRIBE: f'<p style="{STYLE}">{LINK}</p>',
}
IN_TEXT: Final = {
    POSTAL_ADDRESS: f"\n\n{{{{ {POSTAL_ADDRESS} }}}}",
    UNSUBSCRIBE: f"\n\n{{{{ {LABEL} }}}}: {{{{ {UNSUBSCRIBE} }}}}",
}
"""By what they show."""


def label_in(language: str) -> str:
    """The words of the link; English for a language that has none here."""
    return LABELS.get(language.partition("-")[0], LABELS["en"])


def prepare_with_footer(
    *,
    subject: str,
    html: str | None,
    text: str | None,
    variables: Mapping[str, Any],
    postal_address: bool,
    track_clicks: bool = False,
    track_opens: bool = False,
) -> Content:
    """As `prepare`; what a part does not show every reader is put below it. `variables` have `LABEL` and
    `POSTAL_ADDRESS` among them, and `postal_address` says whether there is one to show.

    The numbers of tracked links are those of the mail without its footer.
    """

    def prepared(html: str | None, text: str | None) -> Content:
        return prepare(
            subject=subject,
            html=html,
            text=text,
            variables=variables,
            track_clicks=track_clicks,
            track_opens=track_opens,
        )

    wanted = (POSTAL_ADDRESS, UNSUBSCRIBE) if postal_address else (UNSUBSCRIBE,)
    content = prepared(html, text)
    missing = {part: [name for name in wanted if name not in names] for part, names in content.shown.items()}
    if not any(missing.values()):
        return content
    if html is not None:
        html = _with_html_below(html, missing["html"])
    if text is not None and missing["text"]:
        text = text.rstrip() + "".join(IN_TEXT[name] for name in missing["text"]) + "\n"
    content = prepared(html, text)
    if not content.offers_unsubscribe:
        # What is open at the end, such as a comment, swallows what is put there.
        raise TemplateProblem(None, "the unsubscribe link at its end would not be seen: close what was opened", "html")
    return content


def _with_html_below(html: str, missing: list[str]) -> str:
    footer = "".join(IN_HTML[name] for name in missing)
    ends = [match.start() for match in END.finditer(html)]
    body_ends = [end for end in ends if html[end : end + 6].lower() == "</body"]
    end = (body_ends or ends or [len(html)])[-1]
    return html[:end] + footer + html[end:]
