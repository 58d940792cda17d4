"""Configuration."""

import pytest
from pydantic import SecretStr, ValidationError

from core.settings import Environment, Settings, SettingsError, load

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a secret of production, 32 characters and more",
    "MONGODB_URL": "mongodb://db.example.com/?replicaSet=rs0",
    "PUBLIC_URL": "https://allover.example.com",
}


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


def test_production_starts_with_what_it_needs(environment: pytest.MonkeyPatch) -> None:
    assert loaded(environment, **PRODUCTION).environment is Environment.PRODUCTION


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 32 characters"),
        ({"MONGODB_URL": ""}, "MONGODB_URL is not set"),
        ({"ALLOWED_ORIGINS": "https://a.example,*"}, "ALLOWED_ORIGINS must list origins"),
        ({"PUBLIC_URL": "http://allover.example.com"}, "PUBLIC_URL must begin with https://"),
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
    assert all(name in str(refused.value) for name in ("SECRET_KEY", "MONGODB_URL", "PUBLIC_URL"))


def test_what_is_wrong_is_named_by_its_variable(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(environment, PORT="none", TOKEN_MINUTES="1", LOG_LEVEL="LOUD")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "PORT",
        "TOKEN_MINUTES",
        "LOG_LEVEL",
    ]


def test_secrets_do_not_show() -> None:
    settings = Settings(secret_key=SecretStr("a secret"), mongodb_url=SecretStr("mongodb://user:password@db"))
    assert not any(secret in repr(settings) + str(settings) for secret in ("a secret", "password"))


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
