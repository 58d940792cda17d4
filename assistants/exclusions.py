"""What is no tool, and why. Whatever is not excluded here is one."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from assistants.arguments import Arguments
from resolvers import api_keys, auth, automation_webhooks, data_exports, magic_links, users
from rest_compat.routing import Route
from schema.fields import RootField

CREDENTIAL: Final = "A password, a key, a secret or a link that signs somebody in does not pass through an assistant"
SIGNED: Final = "It is called by a service that signs what it sends"
PAGE: Final = "It answers a browser or a mail program: with a page, a picture or a file"
FILE: Final = "It takes a file"
STREAM: Final = "It goes on for as long as somebody listens: assistants ask again"

EXCLUDED: Final[Mapping[Callable[..., Any], str]] = dict.fromkeys(
    (
        auth.log_in,
        auth.refresh_token,
        auth.hash_password,
        users.create_user,
        users.change_password,
        api_keys.create_api_key,
        api_keys.regenerate_api_key,
        magic_links.request_magic_link,
        magic_links.verify_magic_link,
        automation_webhooks.automation_webhook_secret,
        data_exports.create_data_export,
    ),
    CREDENTIAL,
)
"""Operations that no rule excludes."""


def reason_against(row: Route) -> str | None:
    """Why a row of REST is no tool; None where it is one."""
    if row.signed_by:
        return SIGNED
    if row.calls in EXCLUDED:
        return EXCLUDED[row.calls]
    if row.returns is None:
        return PAGE
    return FILE if Arguments(row.view).needs_http else None


def reason_against_field(root: RootField) -> str | None:
    """Why a field of GraphQL that no row has is no tool; None where it is one."""
    return STREAM if root.kind == "subscription" else EXCLUDED.get(root.calls) if root.calls else None
