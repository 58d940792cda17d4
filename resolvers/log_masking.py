"""Secrets are taken out of logs before they are kept: values of telling keys, and what looks like a credential in
texts. Rather too much than too little."""

import re
from functools import lru_cache
from typing import Any, Final

MASK: Final = "[masked]"
DEEPEST: Final = 10
MOST_VALUES: Final = 1000
LONGEST_TEXT: Final = 10_000

ALWAYS: Final = ("password", "passwd", "passphrase", "secret", "authorization", "apikey", "accesskey", "privatekey")
"""A key with one of these in it, whatever else (`userPassword`, `X-Api-Key`), has a secret."""
OF_TEXTS: Final = ("token", "cookie", "credential", "signature")
"""A key with one of these has one where the value is a text: `tokens: 512` is a number of something."""
SEPARATORS: Final = re.compile(r"[^a-z0-9]")

HINTS: Final = (
    *("passw", "passphrase", "token", "secret", "authorization", "apikey", "api_key", "api-key", "api key"),
    *("accesskey", "access_key", "access-key", "cookie", "bearer", "basic", "://", "hooks.slack", "eyj", "akia"),
    *("shp", "aoa_", "sk_live", "sk_test", "whsec_", "xox", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
)
"""A text without any of these has nothing to mask: most have none."""

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


class TooMuch(ValueError):
    """The data is nested or large beyond reason."""


def masked_text(text: str) -> str:
    """The text without credentials, as far as they can be told from other words."""
    lowered = text.lower()
    if not any(hint in lowered for hint in HINTS):
        return text
    text = HEADER.sub(rf"\1{MASK}", text)
    text = SCHEME.sub(lambda match: (match[1] or match[2]) + MASK, text)
    text = NAMED.sub(rf"\1{MASK}", text)
    return KNOWN.sub(MASK, USER.sub(f"://{MASK}@", text))


def masked_data(data: dict[Any, Any]) -> dict[str, Any]:
    """A copy. Raises `TooMuch`, and `ValueError` for keys that are no texts."""
    budget = MOST_VALUES

    def masked(value: Any, depth: int) -> Any:
        nonlocal budget
        budget -= 1
        if depth > DEEPEST or budget < 0:
            raise TooMuch(f"must have at most {DEEPEST} levels and {MOST_VALUES} values")
        if isinstance(value, str):
            return masked_text(value[:LONGEST_TEXT])
        if isinstance(value, dict):
            return {key: _masked_value(key, item) or masked(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [masked(item, depth + 1) for item in value]
        return value

    copy: dict[str, Any] = masked(data, 0)
    return copy


def _masked_value(key: Any, value: Any) -> str | None:
    """None where it is not to be masked."""
    if value is None or isinstance(value, bool):
        return None
    holds = _holds(key)
    return MASK if holds == "always" or (holds and not isinstance(value, int | float)) else None


@lru_cache(4096)
def _holds(key: str) -> str:
    plain = SEPARATORS.sub("", key[:200].lower())
    if any(word in plain for word in ALWAYS):
        return "always"
    return "texts" if any(word in plain for word in OF_TEXTS) else ""
