"""Only who has the secret is believed, whatever a forger makes of what was once signed."""

import base64
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.errors import InvalidInput, Unauthenticated
from resolvers.webhook_signatures import SignedRequest, check_base64, check_hex, check_standard
from tests.conftest import SETTINGS
from tests.factories.webhooks import (
    COLD_SECRETS,
    RESEND_SECRETS,
    SHOPIFY_SECRET,
    signed_by_cold_provider,
    signed_by_resend,
    signed_by_shopify,
)

BODY = b'{"type":"email.delivered"}'
RESEND = SETTINGS.resend_webhook_secrets
COLD = SETTINGS.cold_provider_secrets
MINUTES = 60
FOREIGN = "whsec_" + base64.b64encode(b"a foreign secret").decode()

Headers = dict[str, str]
Change = Callable[[Headers], Headers]


def standard(headers: Headers, body: bytes = BODY, secrets: tuple[SecretStr, ...] = RESEND) -> str:
    return check_standard(secrets, SignedRequest(body, headers))


class TestStandardWebhooks:
    @pytest.mark.parametrize("prefix", ["svix", "webhook"])
    @pytest.mark.parametrize("secret", RESEND_SECRETS)
    def test_with_any_of_the_secrets_and_both_names_of_headers(self, prefix: str, secret: str) -> None:
        assert standard(signed_by_resend(BODY, id="msg_1", secret=secret, prefix=prefix)) == "msg_1"

    def test_one_of_several_signatures_is_enough(self) -> None:
        """A sender that rotates signs with both secrets."""
        headers = signed_by_resend(BODY)
        foreign = signed_by_resend(BODY, secret=FOREIGN)["svix-signature"]
        headers["svix-signature"] = f"{foreign} v2,{'A' * 44} {headers['svix-signature']}"
        assert standard(headers)

    @pytest.mark.parametrize("age", [-4.5 * MINUTES, 0, 4.5 * MINUTES])
    def test_within_five_minutes(self, age: float) -> None:
        assert standard(signed_by_resend(BODY, at=time.time() - age))

    @pytest.mark.parametrize("age", [-6 * MINUTES, 6 * MINUTES, 400 * 24 * 60 * MINUTES])
    def test_older_or_newer_is_refused(self, age: float) -> None:
        with pytest.raises(Unauthenticated):
            standard(signed_by_resend(BODY, at=time.time() - age))

    def test_another_secret_is_refused(self) -> None:
        with pytest.raises(Unauthenticated):
            standard(signed_by_resend(BODY, secret=FOREIGN))

    @pytest.mark.parametrize("body", [b"", BODY + b" ", BODY.replace(b"delivered", b"bounced"), b"\xff\xfe"])
    def test_an_altered_body_is_refused(self, body: bytes) -> None:
        with pytest.raises(Unauthenticated):
            standard(signed_by_resend(BODY), body)

    @pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
    def test_a_missing_header_is_refused(self, name: str) -> None:
        headers = signed_by_resend(BODY)
        del headers[name]
        with pytest.raises(Unauthenticated):
            standard(headers)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("svix-id", "msg_2"),
            ("svix-timestamp", "now"),
            ("svix-timestamp", "nan"),
            ("svix-timestamp", "inf"),
            ("svix-timestamp", "-1e300"),
            ("svix-signature", "v1"),
            ("svix-signature", "v1,"),
            ("svix-signature", "v1,äöü"),
            ("svix-signature", ",,,"),
            ("svix-signature", " "),
        ],
    )
    def test_a_header_that_was_tampered_with_is_refused(self, name: str, value: str) -> None:
        with pytest.raises(Unauthenticated):
            standard(signed_by_resend(BODY) | {name: value})

    def test_headers_of_two_requests_do_not_mix(self) -> None:
        """The id of one beside the signature of another, under its other name."""
        headers = signed_by_resend(BODY, prefix="webhook") | {"svix-id": "msg_other"}
        with pytest.raises(Unauthenticated):
            standard(headers)

    @given(st.text(), st.text(), st.text(), st.binary())
    def test_nothing_that_is_sent_makes_it_fail(self, id: str, timestamp: str, signature: str, body: bytes) -> None:
        headers = {"svix-id": id, "svix-timestamp": timestamp, "svix-signature": signature}
        with pytest.raises(Unauthenticated):
            standard(headers, body)


class TestHex:
    @pytest.mark.parametrize("secret", COLD_SECRETS)
    def test_with_any_of_the_secrets(self, secret: str) -> None:
        check_hex(COLD, SignedRequest(BODY, signed_by_cold_provider(BODY, secret=secret)))

    def test_in_upper_case_too(self) -> None:
        scheme, _, text = signed_by_cold_provider(BODY)["x-signature"].partition("=")
        check_hex(COLD, SignedRequest(BODY, {"x-signature": f"{scheme}={text.upper()}"}))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"x-signature": ""},
            {"x-signature": "sha256="},
            {"x-signature": signed_by_cold_provider(BODY)["x-signature"].removeprefix("sha256=")},
            {"x-signature": signed_by_cold_provider(BODY)["x-signature"].replace("sha256", "sha1")},
            {"x-signature": signed_by_cold_provider(BODY)["x-signature"][:-2]},
            {"x-signature": "sha256=" + "zz" * 32},
            {"x-signature": "sha256=" + "é" * 64},
            signed_by_cold_provider(BODY, secret="another"),
            signed_by_cold_provider(BODY + b" "),
        ],
    )
    def test_anything_else_is_refused(self, headers: Headers) -> None:
        with pytest.raises(Unauthenticated):
            check_hex(COLD, SignedRequest(BODY, headers))

    def test_without_a_secret_nothing_is_believed(self) -> None:
        with pytest.raises(Unauthenticated):
            check_hex((), SignedRequest(BODY, signed_by_cold_provider(BODY, secret="")))


class TestBase64:
    def test_with_any_of_the_secrets(self) -> None:
        check_base64(["shpss_newer_than_the_other", SHOPIFY_SECRET], SignedRequest(BODY, signed_by_shopify(BODY, "x")))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"x-shopify-hmac-sha256": ""},
            {"x-shopify-hmac-sha256": "not base64"},
            {"x-shopify-hmac-sha256": "é"},
            signed_by_shopify(BODY, "x", secret="another"),
            signed_by_shopify(BODY + b" ", "x"),
        ],
    )
    def test_anything_else_is_refused(self, headers: Headers) -> None:
        with pytest.raises(Unauthenticated):
            check_base64([SHOPIFY_SECRET], SignedRequest(BODY, headers))


@pytest.mark.parametrize("value", [None, "", "x" * 256, "a\nb"])
def test_a_header_that_names_nothing_is_bad_input(value: str | None) -> None:
    with pytest.raises(InvalidInput, match="x-shopify-webhook-id"):
        SignedRequest(b"", {} if value is None else {"x-shopify-webhook-id": value}).header("x-shopify-webhook-id")
