"""What a draft is looked at for before anybody may send it. Each check says what it found; one that failed leaves the
draft to a person."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import category, normalize
from urllib.parse import urlsplit

from mail.writers import Fact
from mail.writers.languages import language_of

SHORTEST_BODY: Final = 40
LONGEST_SUBJECT: Final = 120
LONGEST_BODY: Final = 3_000
"""Characters. Of mail that nobody waited for, people read less than a tenth of that."""
SHOWN: Final = 5
"""Findings that are named."""

SCHEME: Final = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}:(?://|(?=[^\s\d]))[^\s<>\"')\]]*", re.IGNORECASE)
SCHEMES: Final = frozenset({"data", "file", "ftp", "http", "https", "javascript", "mailto", "sms", "tel", "vbscript"})
MAILBOX: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@([\w-]+(?:\.[\w-]+)+)")
HOST: Final = re.compile(r"(?<![\w@.-])(?:\w(?:[\w-]{0,61}\w)?\.)+[^\W\d_]{2,24}(?![\w-])")
PLACEHOLDER: Final = re.compile(
    r"\{[{%#]?[^{}\n]{0,60}[}%#]?\}|\[[^\]\n]{1,60}\]|<[a-z][\w .-]{0,40}>|%\w{2,40}%|_{3,}|\bX{3,}\b"
    r"|\b(?:TODO|TBD|FIXME|lorem ipsum|insert (?:name|link|company) here)\b",
    re.IGNORECASE,
)
TAG: Final = re.compile(r"<\s{0,3}[/!]?\s{0,3}[a-z][^<>]{0,500}>?|&(?:#\d+|#x[0-9a-f]+|[a-z]{2,10});", re.IGNORECASE)
MARKDOWN: Final = re.compile(r"!?\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)|^#{1,6} |\*\*[^*\n]{1,200}\*\*|```", re.MULTILINE)

NUMBER: Final = r"\d{1,3}(?:[.,\u00a0 ]\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
PERCENT: Final = r"%|\b(?:percent|per cent|prozent|por ciento|por cento|pour ?cent)(?!\w)"
CURRENCY: Final = (
    r"R\$|US\$|C\$|A\$|\$|€|£|¥|₹|\b(?:USD|EUR|GBP|CAD|AUD|BRL|JPY|CHF|MXN|dollars?|dólares|dolares|euros?|pounds?|bucks"
    r"|pesos?|reais|reales|cents?)(?!\w)"
)
UNIT: Final = rf"{PERCENT}|{CURRENCY}"
AMOUNT: Final = re.compile(
    rf"(?P<before>{UNIT})\s{{0,2}}(?P<first>{NUMBER})(?!\d)|(?<![\d.,])(?P<second>{NUMBER})\s{{0,2}}(?P<after>{UNIT})",
    re.IGNORECASE,
)
CENTS: Final = re.compile(r"[.,](\d{1,2})$")
FREE: Final = re.compile(
    r"\b(?:(?:for|is|it's|completely|totally|100 ?%|forever) free|free (?:of charge|forever|plan|trial|month|for)"
    r"|no cost|discount|half price|money[- ]back|refund"
    r"|gratis|gratuit\w*|kostenlos\w*|umsonst|kostenfrei\w*|rabatt\w*|geld zurück|sin coste|sin costo|descuentos?"
    r"|reembolsos?|sans frais|remises?|réduction de|rembours\w*|de graça|grátis|grátuito|descontos?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """`detail` is for a person: what was found."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is judged, and by what: `language` is what it has to be in (None: any), `domains` are those of the app."""

    subject: str
    body: str
    language: str | None
    domains: Collection[str]
    facts: Sequence[Fact]

    @property
    def text(self) -> str:
        return f"{self.subject}\n{self.body}"

    @property
    def vouched(self) -> str:
        return "\n".join(fact.value for fact in self.facts if fact.vouched)


def checked(draft: Draft) -> list[Checked]:
    """All checks, in their order."""
    return [_said(name, look(draft)) for name, look in CHECKS.items()]


def _is_of(host: str, domains: Collection[str]) -> bool:
    """Whether a host is one of the domains, or below one."""
    host = host.casefold().rstrip(".")
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _said(name: str, findings: Sequence[str]) -> Checked:
    return Checked(name, not findings, "; ".join(findings[:SHOWN]))


def _length(draft: Draft) -> list[str]:
    findings = []
    if not 1 <= len(draft.subject.strip()) <= LONGEST_SUBJECT:
        findings.append(f"The subject has {len(draft.subject.strip())} characters: 1 to {LONGEST_SUBJECT} are fit")
    if not SHORTEST_BODY <= len(draft.body.strip()) <= LONGEST_BODY:
        count = f"{len(draft.body.strip()):,}"
        findings.append(f"The text has {count} characters: {SHORTEST_BODY} to {LONGEST_BODY:,} are fit")
    return findings


def _links(draft: Draft) -> list[str]:
    """Also names of hosts alone, since mail programs make links of them."""
    text, known = normalize("NFKC", draft.text), _hosts_in(draft.facts)
    found: dict[str, bool] = {}
    for address in SCHEME.findall(text):
        scheme = address.partition(":")[0].casefold()
        if scheme in SCHEMES:
            found[address] = scheme in ("http", "https") and _is_of(_host_of(address), draft.domains)
    without = SCHEME.sub(lambda one: " " if one[0] in found else one[0], text)
    for mailbox in MAILBOX.finditer(without):
        found[mailbox[0]] = _is_of(mailbox[1], draft.domains)
    for host in HOST.findall(MAILBOX.sub(" ", without)):
        found[host] = _is_of(host, draft.domains) or host.casefold() in known
    return [f"{address[:100]} is not of the app's domains" for address, is_ours in found.items() if not is_ours]


def _host_of(address: str) -> str:
    try:
        parts = urlsplit(address)
        # A name before an @ would be read as the host by people.
        return "" if "@" in parts.netloc or "\\" in address else parts.hostname or ""
    except ValueError:
        return ""


def _hosts_in(facts: Sequence[Fact]) -> set[str]:
    """A shop may be called by its own domain, which Shopify gave it."""
    return {fact.value.casefold() for fact in facts if fact.name == "shop_domain"}


def _placeholders(draft: Draft) -> list[str]:
    return [f"{found} was to be replaced by something" for found in PLACEHOLDER.findall(draft.text)]


def _markup(draft: Draft) -> list[str]:
    findings = [f"{found[:60]} is markup" for found in (*TAG.findall(draft.text), *MARKDOWN.findall(draft.text))]
    hidden = {letter for letter in draft.text if category(letter) in ("Cc", "Cf", "Co", "Cs") and letter != "\n"}
    if "\n" in draft.subject:
        findings.append("The subject has more than one line")
    return findings + [f"U+{ord(letter):04X} is a character that nobody sees" for letter in sorted(hidden)]


def _language(draft: Draft) -> list[str]:
    found = language_of(draft.body)
    if draft.language is None or found is None or found == draft.language:
        return []
    return [f"The text seems to be in {found}, not in {draft.language}"]


def _prices(draft: Draft) -> list[str]:
    """Amounts, percentages and what is said to cost nothing have to be in facts that are vouched for."""
    text, vouched = normalize("NFKC", draft.text), normalize("NFKC", draft.vouched)
    known = {_amount(found) for found in AMOUNT.finditer(vouched)}
    amounts = [found[0].strip() for found in AMOUNT.finditer(text) if _amount(found) not in known]
    promises = [found[0] for found in FREE.finditer(text) if not FREE.search(vouched)]
    return [f"{claim} is in none of the facts that are vouched for" for claim in (*amounts, *promises)]


def _amount(found: re.Match[str]) -> tuple[bool, str]:
    """Whether it is a percentage, and the number: the same for 1.000,50 and 1,000.50, and for 19 and 19.00."""
    unit, number = found["before"] or found["after"], found["first"] or found["second"]
    cents = CENTS.search(number)
    whole = "".join(filter(str.isdigit, number[: cents.start()] if cents else number)).lstrip("0")
    return re.fullmatch(PERCENT, unit, re.IGNORECASE) is not None, f"{whole}.{cents[1] if cents else '':0<2}"


CHECKS: Final[Mapping[str, Callable[[Draft], list[str]]]] = {
    "length": _length,
    "links": _links,
    "placeholders": _placeholders,
    "markup": _markup,
    "language": _language,
    "prices": _prices,
}
