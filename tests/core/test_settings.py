"""Configuration."""

import pytest
from pydantic import SecretStr, ValidationError

from core.errors import SettingsError
from core.settings import Environment, Settings, load

SMTP = {"MAIL_PROVIDER": "smtp", "MAIL_FROM": "hello@example.com", "SMTP_HOST": "mail.example.com"}
PRODUCTION = SMTP | {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a secret of production, 32 characters and more",
    "MONGODB_URL": "mongodb://db.example.com/?replicaSet=rs0",
    "PUBLIC_URL": "https://allover.example.com",
}
RESEND = {"MAIL_PROVIDER": "resend", "MAIL_FROM": "hello@example.com", "RESEND_API_KEY": "re_1"}
DKIM = {"DKIM_DOMAIN": "example.com", "DKIM_SELECTOR": "s1", "DKIM_PRIVATE_KEY": "a key"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def loaded(environment: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        environment.setenv(name, value)
    return load()


def test_development_needs_nothing(environment: pytest.MonkeyPatch) -> None:
    settings = loaded(environment)
    assert (settings.is_production, settings.mongodb_url, settings.allowed_origins) == (False, None, ())


def test_lists_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    settings = loaded(environment, ALLOWED_ORIGINS="https://a.example, https://b.example,", TRUSTED_PROXIES="")
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


def test_slack_may_be_elsewhere_where_the_operator_says_so(environment: pytest.MonkeyPatch) -> None:
    assert loaded(environment).trusted_slack_origins == ()
    elsewhere = loaded(environment, SLACK_ORIGINS="https://hooks.slack.com, HTTP://Chat.internal:8065")
    assert elsewhere.trusted_slack_origins == ("http://chat.internal:8065",)
    with pytest.raises(SettingsError, match="SLACK_ORIGINS: must be an origin"):
        loaded(environment, SLACK_ORIGINS="hooks.slack.com")


def test_a_model_is_asked_where_the_operator_says_so(environment: pytest.MonkeyPatch) -> None:
    assert loaded(environment).writer_url is None
    inside = loaded(environment, WRITER_URL="http://models.internal:8000/v1", WRITER_MODEL="org/tiny:7b")
    assert (inside.writer_url, inside.writer_key) == ("http://models.internal:8000/v1", None)
    with pytest.raises(SettingsError, match="WRITER_URL and WRITER_MODEL are set together"):
        loaded(environment, WRITER_URL="https://models.example.com/v1", WRITER_MODEL="")
    with pytest.raises(SettingsError, match="WRITER_URL: "):
        loaded(environment, WRITER_URL="models.example.com", WRITER_MODEL="tiny")


def test_production_starts_with_what_it_needs(environment: pytest.MonkeyPatch) -> None:
    assert loaded(environment, **PRODUCTION).environment is Environment.PRODUCTION


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"METRICS_PORT": "9100", "METRICS_HOST": "0.0.0.0"}, "METRICS_TOKEN is not set"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is shorter than 16 characters"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 32 characters"),
        ({"MONGODB_URL": ""}, "MONGODB_URL is not set"),
        (
            {"WRITER_URL": "http://models.internal/v1", "WRITER_MODEL": "tiny", "WRITER_KEY": "secret"},
            "WRITER_KEY would be sent in the clear",
        ),
        ({"WRITER_KEY": "secret"}, "WRITER_KEY is set, and WRITER_URL is not"),
        ({"ALLOWED_ORIGINS": "https://a.example,*"}, "ALLOWED_ORIGINS must list origins"),
        ({"SLACK_ORIGINS": "http://chat.example.com"}, "SLACK_ORIGINS must begin with https://"),
        ({"PUBLIC_URL": "http://allover.example.com"}, "PUBLIC_URL must begin with https://"),
        ({"MAIL_PROVIDER": ""}, "MAIL_PROVIDER must be smtp or resend"),
        ({"MAIL_PROVIDER": "memory"}, "MAIL_PROVIDER must be smtp or resend"),
        ({"MAIL_FROM": ""}, "MAIL_FROM is not set"),
        (
            {"SMTP_USERNAME": "ann", "SMTP_PASSWORD": "hidden", "SMTP_TLS": "none"},
            "SMTP_PASSWORD would be sent in the clear",
        ),
    ],
)
def test_production_refuses_to_start_with_defaults(
    environment: pytest.MonkeyPatch, variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        loaded(environment, **(PRODUCTION | variables))


def test_production_names_everything_that_is_missing_at_once(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(environment, ENVIRONMENT="production")
    assert all(name in str(refused.value) for name in ("SECRET_KEY", "MONGODB_URL", "PUBLIC_URL", "MAIL_FROM"))


def test_what_is_wrong_is_named_by_its_variable(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(environment, PORT="none", TOKEN_MINUTES="1", LOG_LEVEL="LOUD")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "PORT",
        "TOKEN_MINUTES",
        "LOG_LEVEL",
    ]


class TestMail:
    @pytest.mark.parametrize("variables", [{}, SMTP, SMTP | DKIM, RESEND, {"MAIL_PROVIDER": "memory"}])
    def test_goes_by_a_provider_that_has_what_it_needs(
        self, environment: pytest.MonkeyPatch, variables: dict[str, str]
    ) -> None:
        assert loaded(environment, **variables).mail_provider == variables.get("MAIL_PROVIDER", "file")

    @pytest.mark.parametrize(
        ("variables", "sentence"),
        [
            (SMTP | {"MAIL_FROM": ""}, "MAIL_FROM is not set"),
            (SMTP | {"SMTP_HOST": ""}, "SMTP_HOST is not set"),
            (SMTP | {"SMTP_USERNAME": "ann"}, "SMTP_USERNAME and SMTP_PASSWORD are set together"),
            (RESEND | {"RESEND_API_KEY": ""}, "RESEND_API_KEY is not set"),
            (DKIM | {"DKIM_SELECTOR": ""}, "DKIM_DOMAIN, DKIM_SELECTOR and DKIM_PRIVATE_KEY"),
            (DKIM | {"DKIM_PRIVATE_KEY": ""}, "DKIM_DOMAIN, DKIM_SELECTOR and DKIM_PRIVATE_KEY"),
            (DKIM | {"DKIM_PRIVATE_KEY_FILE": "key.pem"}, "are two keys: set one of them"),
            ({"MAIL_PROVIDER": "pigeon"}, "MAIL_PROVIDER: "),
            ({"MAIL_FROM": "Ann <ann@example.com>"}, "MAIL_FROM: "),
            ({"SMTP_TLS": "maybe"}, "SMTP_TLS: "),
        ],
    )
    def test_does_not_go_by_one_that_has_not(
        self, environment: pytest.MonkeyPatch, variables: dict[str, str], sentence: str
    ) -> None:
        with pytest.raises(SettingsError, match=sentence):
            loaded(environment, **variables)


def test_secrets_do_not_show() -> None:
    settings = Settings(
        secret_key=SecretStr("a secret"),
        mongodb_url=SecretStr("mongodb://user:hidden@db"),
        smtp_password=SecretStr("hidden"),
        resend_api_key=SecretStr("re_hidden"),
        dkim_private_key=SecretStr("a hidden key"),
        dkim_domain="example.com",
        dkim_selector="s1",
    )
    assert not any(secret in repr(settings) + str(settings) for secret in ("a secret", "hidden"))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]  # the point


class TestKeys:
    def test_differ_by_purpose_and_by_secret(self) -> None:
        one, two = (Settings(secret_key=SecretStr(secret)) for secret in ("one secret", "another secret"))
        assert len({one.key("jwt"), one.key("links"), two.key("jwt")}) == 3
        assert len(one.key("jwt")) == 32

    def test_begin_with_the_current_one(self) -> None:
        old = Settings(secret_key=SecretStr("old"))
        new = Settings(secret_key=SecretStr("new"), previous_secret_keys=(SecretStr("old"),))
        assert new.keys("jwt") == (new.key("jwt"), old.key("jwt"))


def test_secrets_of_webhooks_are_separated_by_commas_and_not_shown(environment: pytest.MonkeyPatch) -> None:
    settings = loaded(environment, RESEND_WEBHOOK_SECRETS="whsec_b25l, whsec_dHdv", COLD_PROVIDER_SECRETS="one,two")
    assert [secret.get_secret_value() for secret in settings.resend_webhook_secrets] == ["whsec_b25l", "whsec_dHdv"]
    assert len(settings.cold_provider_secrets) == 2
    assert "b25l" not in repr(settings)


@pytest.mark.parametrize("secret", ["whsec_,", "whsec_not base64", "whsec_b25l,whsec_!"])
def test_a_secret_of_resend_that_can_not_be_one_is_refused_without_showing_it(
    environment: pytest.MonkeyPatch, secret: str
) -> None:
    with pytest.raises(SettingsError, match="RESEND_WEBHOOK_SECRETS: must be secrets such as") as refused:
        loaded(environment, RESEND_WEBHOOK_SECRETS=secret)
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["not base64", "bm8ga2V5", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="]
)
def test_a_key_of_sendgrid_is_a_public_key_of_an_elliptic_curve(environment: pytest.MonkeyPatch, key: str) -> None:
    with pytest.raises(SettingsError, match="INBOUND_SENDGRID_KEYS: must be public keys"):
        loaded(environment, INBOUND_SENDGRID_KEYS=key)


def test_a_certificate_needs_its_key(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="INBOUND_CERTIFICATE_FILE and INBOUND_KEY_FILE are set together"):
        loaded(environment, INBOUND_CERTIFICATE_FILE="certificate.pem")
