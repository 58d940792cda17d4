"""The provider and the signature that the configuration asks for."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core.errors import SettingsError
from core.settings import Settings
from mail.providers import Outcome, Receipt
from mail.providers.file import FileProvider
from mail.providers.memory import MemoryProvider
from mail.providers.opening import open_provider, open_signer
from mail.providers.resend import ResendProvider
from mail.providers.smtp import SmtpProvider
from tests.mail.messages import outgoing
from tests.mail.smtp_servers import scripted

PEM = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def configured(**values: Any) -> Settings:
    return Settings.model_validate({"mail_from": "news@example.com", **values})


class TestProvider:
    async def test_is_a_folder_in_development(self, tmp_path: Path) -> None:
        provider = open_provider(Settings(data_folder=tmp_path))
        assert isinstance(provider, FileProvider)
        assert await provider.check() == f"kept in {tmp_path / 'mail'}"

    async def test_is_the_one_that_is_configured(self) -> None:
        memory = open_provider(configured(mail_provider="memory"))
        assert isinstance(memory, MemoryProvider)
        assert await memory.check() == "kept in memory until the process ends"
        resend = open_provider(configured(mail_provider="resend", resend_api_key="re_1"))
        assert isinstance(resend, ResendProvider)
        await resend.close()

    @pytest.mark.parametrize(
        ("public_url", "name"),
        [
            ("https://mail.example.com/", "mail.example.com"),
            ("http://127.0.0.1:8000", "[127.0.0.1]"),
            ("http://[::1]:8000", "[IPv6:::1]"),
        ],
    )
    async def test_over_smtp_says_who_we_are(self, public_url: str, name: str) -> None:
        async with scripted() as server:
            settings = configured(
                mail_provider="smtp", smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="none",
                smtp_connections=3, public_url=public_url,
            )  # fmt: skip
            provider = open_provider(settings)
            assert isinstance(provider, SmtpProvider)
            assert provider.at_once == 3
            assert (await provider.send(outgoing())).outcome is Outcome.ACCEPTED
            await provider.close()
        assert server.commands[0] == f"EHLO {name}"

    def test_needs_a_folder_that_can_be(self) -> None:
        with pytest.raises(SettingsError, match="DATA_FOLDER: /dev/null/mail"):
            open_provider(Settings(data_folder=Path("/dev/null")))


async def test_memory_keeps_what_may_have_been_sent() -> None:
    answers = iter(Outcome)
    provider = MemoryProvider(lambda _: Receipt(next(answers), "as told"))
    receipts = [await provider.send(outgoing()) for _ in Outcome]
    assert [receipt.outcome for receipt in receipts] == list(Outcome)
    assert len(provider.sent) == 2


class TestSigner:
    def test_is_none_without_a_domain(self) -> None:
        assert open_signer(Settings()) is None

    @pytest.mark.parametrize("pem", [PEM, PEM.replace("\n", "\\n")])
    def test_has_the_key_of_the_variable(self, pem: str) -> None:
        signer = open_signer(configured(dkim_domain="example.com", dkim_selector="s1", dkim_private_key=pem))
        assert signer is not None
        assert signer.dns_record.startswith("v=DKIM1; k=ed25519; p=")

    def test_has_the_key_of_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "key.pem").write_text(PEM)
        signer = open_signer(
            configured(dkim_domain="example.com", dkim_selector="s1", dkim_private_key_file=tmp_path / "key.pem")
        )
        assert signer is not None

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"dkim_private_key": "hidden"}, "DKIM: The DKIM key is not an unencrypted private key in PEM"),
            ({"dkim_private_key_file": "/nowhere"}, "DKIM_PRIVATE_KEY_FILE: No such file or directory"),
            ({"dkim_private_key": PEM, "dkim_domain": "a b"}, "DKIM: 'a b' is not a domain name"),
        ],
    )
    def test_is_refused_in_a_sentence(self, values: dict[str, str], sentence: str) -> None:
        settings = configured(**{"dkim_domain": "example.com", "dkim_selector": "s1", **values})
        with pytest.raises(SettingsError) as refused:
            open_signer(settings)
        assert str(refused.value) == sentence
