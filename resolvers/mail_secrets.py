"""Values of a mail that let somebody in: a link to confirm or to sign in, a code. Whoever reads the database must not
have them, so they are sealed while the mail waits, and go with the update that says how it ended."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import bson
from beanie import PydanticObjectId
from bson.codec_options import CodecOptions

from core.errors import InvalidInput
from core.runtime import runtime
from core.sealing import opened, sealed
from models.deliveries import Delivery

PURPOSE: Final = "mail-secrets"
SHORTEST: Final = 4
"""Characters of a secret that is looked for in what servers say."""
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,}")
HIDDEN: Final = "…"
OPTIONS: Final = CodecOptions[dict[str, Any]](tz_aware=True)


def sealed_values(delivery_id: PydanticObjectId, values: Mapping[str, Any]) -> bytes | None:
    """As the delivery of that id keeps them; None where there are none."""
    return sealed(runtime().settings, PURPOSE, bson.encode(dict(values)), str(delivery_id)) if values else None


def secret_values_of(delivery: Delivery) -> dict[str, Any]:
    """Empty once the mail has ended. Raises `InvalidInput` where they can't be opened any more."""
    if delivery.sealed_values is None:
        return {}
    plain = opened(runtime().settings, PURPOSE, delivery.sealed_values, str(delivery.id))
    if plain is None:
        raise InvalidInput("Its secret values can't be opened: SECRET_KEY was changed", "values")
    return bson.decode(plain, OPTIONS)


def without_secrets(delivery: Delivery, text: str) -> str:
    """What a server or a template says of a mail, without what only its reader may know: some quote what they
    refuse."""
    if delivery.sealed_values is None:
        return text
    try:
        secrets = set(_secrets_in(secret_values_of(delivery)))
    except InvalidInput:
        return text
    longest_first = sorted(filter(lambda secret: len(secret) >= SHORTEST, secrets), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), HIDDEN, text, flags=re.IGNORECASE) if longest_first else text


def _secrets_in(value: Any) -> Iterator[str]:
    """Every text and number, and the tokens within addresses."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _secrets_in(item)
    elif isinstance(value, str | int):
        yield str(value)
        yield from TOKEN.findall(str(value))
