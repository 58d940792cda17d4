"""Secrets are taken out of logs before they are kept: values of telling keys, and what looks like a credential in
texts. Rather too much than too little."""

import re
from functools import lru_cache
from typing import Any, Final

import orjson

MASK: Final = "[masked]"

ALWAYS: Final = ("password", "passwd", "passphrase", "secret", "authorization", "apikey", "accesskey", "privatekey")
"""A key with one of these in it, whatever else (`userPassword`, `X-Api-Key`), has a secret."""
OF_TEXTS: Final = ("token", "cookie", "credential", "signature")
"""A key with one of these has one where the value is a text: `tokens: 512` is a number of something."""
WITHOUT_SEPARATORS: Final = str.maketrans("", "", " _-.:/")

HINTS: Final = (
    *(*ALWAYS, *OF_TEXTS, "bearer", "basic", "@", "hooksslack", "eyj", "akia"),
    *("shp", "aoalive", "aoatest", "sklive", "sktest", "whsec", "xox", "ghp", "gho", "ghu", "ghs", "ghr"),
)
"""A text without any of these, which are looked for without separators, has nothing to mask: most have none."""
SHORTEST: Final = 7
"""Characters of a text that could have something to mask."""

NAMED: Final = re.compile(
    r"((?:password|passwd|passphrase|token|secret|api[_ -]?key|access[_-]?key)[\w-]{0,32}"
    r"[\"']?\s{0,3}[=:]\s{0,3}[\"']?)(?:(?:bearer|basic)\s{1,3})?[^\s\"'&;,)}\]<>]+",
    re.IGNORECASE,
)
HEADER: Final = re.compile(
    r"((?:set-cookie|cookie|authorization)[\"']?\s{0,3}[=:]\s{0,3})(?:\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\r\n\"']+)",
    re.IGNORECASE,
)
SCHEME: Final = re.compile(
    r"\b(bearer\s{1,3})[A-Za-z0-9._~+/=-]{8,}|\b(basic\s{1,3})(?=[A-Za-z+/]{0,400}[0-9=])[A-Za-z0-9+/=]{8,}",
    re.IGNORECASE,
)
USER: Final = re.compile(r"://[^/\s:@]{1,200}:[^/\s@]{1,200}@")
KNOWN: Final = re.compile(
    r"\b(?:shp[a-z]{2}_[0-9a-fA-F]{16,}|aoa_[a-z]{4}_\w{16,}|sk_(?:live|test)_\w{8,}|whsec_[\w+/=]{8,}"
    r"|xox[a-z]-[\w-]{8,}|gh[a-z]_\w{16,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
    r"|hooks\.slack\.com/[\w/-]{8,}"
)
"""Shopify's, our own, Stripe's, webhook secrets, Slack's, GitHub's and Amazon's, and signed tokens (RFC 7519)."""


def masked_text(text: str) -> str:
    """The text without credentials, as far as they can be told from other words."""
    if len(text) < SHORTEST or not _may_have_secrets(text):
        return text
    text = HEADER.sub(rf"\1{MASK}", text)
    text = SCHEME.sub(lambda match: (match[1] or match[2]) + MASK, text)
    text = NAMED.sub(rf"\1{MASK}", text)
    return KNOWN.sub(MASK, USER.sub(f"://{MASK}@", text))


def masked_json(data: dict[Any, Any]) -> str:
    """As JSON. Raises `TypeError` for what can't be written so."""
    text = orjson.dumps(data).decode()
    return orjson.dumps(_masked(data)).decode() if _may_have_secrets(text) else text


def _may_have_secrets(text: str) -> bool:
    squeezed = text.lower().translate(WITHOUT_SEPARATORS)
    for hint in HINTS:  # noqa: SIM110 - a generator takes twice as long
        if hint in squeezed:
            return True
    return False


def _masked(value: Any) -> Any:
    """A copy."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, dict):
        return {key: _mask_of(key, item) or _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value


def _mask_of(key: str, value: Any) -> str | None:
    """None where it is not to be masked."""
    if value is None or isinstance(value, bool):
        return None
    holds = _holds(key)
    return MASK if holds == "always" or (holds and not isinstance(value, int | float)) else None


@lru_cache(4096)
def _holds(key: str) -> str:
    plain = key[:200].lower().translate(WITHOUT_SEPARATORS)
    if any(word in plain for word in ALWAYS):
        return "always"
    return "texts" if any(word in plain for word in OF_TEXTS) else ""
