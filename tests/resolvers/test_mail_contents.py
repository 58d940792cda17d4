"""What deliveries are rendered from."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from core import runtime
from core.actor import Actor
from core.errors import InvalidInput, NotFound
from core.runtime import Runtime
from core.settings import Settings
from mail.content import PersonalLinks
from mail.links import Hit, TrackingTokens, UnsubscribeTokens
from mail.templates import TemplateProblem
from models.apps import App
from models.campaigns import Campaign
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind
from resolvers import mail_contents, templates
from resolvers.apps import AppUpdate, update_app
from resolvers.mail_contents import STANDARD, PreparedMail, Recent, campaign_content, message_for, prepared
from resolvers.template_inputs import TemplateUpdate
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.templates import a_template

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
NOW: Final = datetime(2026, 1, 31, 9, tzinfo=UTC)
PERSONAL: Final = PersonalLinks("https://mail.test/u", ["https://mail.test/c/1"], "https://mail.test/o")
ADDRESS: Final = "Tea & Co\n1 High Street\nLondon"


@pytest.fixture
async def app(platform: object) -> App:
    return await an_app("banners", name="Banners")


async def with_mail(app: App, **fields: Any) -> App:
    return await update_app(SYSTEM, app.id, AppUpdate.model_validate({"mail": fields}))


async def ready(delivery: Delivery) -> PreparedMail:
    return await prepared(delivery, await App.get(delivery.app_id))


async def mail_from(delivery: Delivery) -> EmailMessage:
    message = (await ready(delivery)).message(delivery, PERSONAL, date=NOW)
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def a_mail(content: str, name: str = "Ada Lovelace", **fields: Any) -> Delivery:
    """To somebody who has a name."""
    return await a_delivery(await a_contact(name=name), app_id="banners", content=content, **fields)


async def a_newsletter(campaign: Campaign, name: str = "Ada Lovelace", **fields: Any) -> Delivery:
    return await a_delivery(await a_contact(name=name), campaign, **fields)


class TestTemplates:
    async def test_the_app_s_template_is_rendered_with_the_values_over_its_defaults(self, app: App) -> None:
        variables = [{"name": "plan", "default": "Free"}, {"name": "days", "default": 7}]
        await a_template(app.id, key="trial", text="{{ name }}: {{ plan }}, {{ days }}", variables=variables)
        delivery = await a_mail("template:trial", values={"plan": "Pro"})
        message = await mail_from(delivery)
        assert message["Subject"] == "Welcome to Banners"
        assert part(message, "plain") == "Ada Lovelace: Pro, 7\n"
        assert "<p>Hello Ada Lovelace, your plan is Pro.</p>" in part(message, "html")

    async def test_a_missing_language_is_the_app_s_then_what_is_built_in(self, app: App) -> None:
        async def language(wanted: str | None) -> str:
            delivery = await a_mail("template:data-export", language=wanted, values={"export_url": "https://a.test"})
            return str((await mail_from(delivery))["Subject"])

        built_in = {"de": "Ihre Daten liegen bereit", "pt-BR": "Os seus dados estão prontos"}
        built_in |= {"it": "Your data is ready to view", "": "Your data is ready to view"}
        for wanted, subject in built_in.items():
            assert await language(wanted or None) == subject
        app = await with_mail(app, defaultLanguage="fr")
        assert await language("it") == "Vos données sont prêtes"
        await a_template(app.id, key="data-export", language="fr", subject="Nos mots")
        assert await language("it") == "Nos mots"
        assert await language("de") == "Nos mots", "the app's own words go before those that are built in"
        await a_template(app.id, key="data-export", language="pt", subject="Outras palavras")
        assert await language("pt-BR") == "Outras palavras"

    async def test_an_inactive_template_is_not_sent(self, app: App) -> None:
        template = await a_template(app.id, key="trial")
        await templates.toggle_template(SYSTEM, app.id, str(template.id))
        with pytest.raises(NotFound, match="no template for template:trial"):
            await ready(await a_mail("template:trial"))

    async def test_a_trial_is_of_just_that_template(self, app: App) -> None:
        await a_template(app.id, key="trial", language="de")
        one = await a_template(app.id, key="trial", language="en", subject="This one", isActive=False)
        delivery = await a_mail(f"template-id:{one.id}", language="de", kind=DeliveryKind.TEST)
        assert (await mail_from(delivery))["Subject"] == "This one"

    async def test_a_change_is_seen_by_the_next_mail(self, app: App) -> None:
        template = await a_template(app.id, key="trial", subject="Before")
        delivery = await a_mail("template:trial")
        assert (await mail_from(delivery))["Subject"] == "Before"
        await templates.update_template(SYSTEM, app.id, str(template.id), TemplateUpdate(subject="After"))
        assert (await mail_from(delivery))["Subject"] == "After"

    async def test_such_mail_is_automatic_and_nobody_unsubscribes_from_it(self, app: App) -> None:
        app = await with_mail(app, postalAddress=ADDRESS)
        await a_template(app.id, key="trial", text="Hi")
        delivery = await a_mail("template:trial")
        message = await mail_from(delivery)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Feedback-ID"] == "trial:banners:transactional:allover"
        assert {"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"}.isdisjoint(message.keys())
        assert part(message, "plain") == "Hi\n"
        assert message["Message-ID"] == f"<{delivery.id}@localhost>"

    async def test_mail_that_people_may_refuse_says_how_and_offers_one_click(self, app: App) -> None:
        await a_template(app.id, key="news", text="Hi")
        delivery = await a_mail("template:news", category=ConsentCategory.PRODUCT, language="de")
        message = await mail_from(delivery)
        assert part(message, "plain") == "Hi\n\nAbbestellen: https://mail.test/u\n"
        assert message["List-Unsubscribe"] == "<https://mail.test/u>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


class TestValues:
    async def test_the_standard_ones_are_known_in_every_template(self, app: App) -> None:
        await with_mail(app, postalAddress=ADDRESS, defaultLanguage="de")
        text = "|".join(f"{{{{ {name} }}}}" for name in sorted(STANDARD))
        await a_template(app.id, key="all", language="de", text=text)
        delivery = await a_mail("template:all")
        assert part(await mail_from(delivery), "plain").strip() == (
            f"Banners|{delivery.email}|Ada|de|Ada Lovelace|Tea & Co, 1 High Street, London|Abbestellen"
        )

    async def test_what_is_not_known_is_empty_unless_the_template_says_otherwise(self, app: App) -> None:
        await a_template(app.id, key="plain", text="[{{ name }}{{ first_name }}]")
        await a_template(app.id, key="kind", text="[{{ name }}]", variables={"name": "you", "plan": ""})
        rendered = [
            part(await mail_from(await a_mail(f"template:{key}", name="")), "plain") for key in ("plain", "kind")
        ]
        assert rendered == ["[]\n", "[you]\n"]

    async def test_what_the_delivery_brings_along_counts_most(self, app: App) -> None:
        await a_template(app.id, key="hi", text="{{ name }} {{ app_name }}")
        delivery = await a_mail("template:hi", values={"name": "Captain", "app_name": None})
        assert part(await mail_from(delivery), "plain") == "Captain \n"

    async def test_a_missing_value_is_told_by_name(self, app: App) -> None:
        await a_template(app.id, key="hi", text="{{ days }}", variables=["days", "plan"], html=None)
        delivery = await a_mail("template:hi")
        with pytest.raises(TemplateProblem, match="'days' is undefined"):
            (await ready(delivery)).message(delivery, PERSONAL, date=NOW)

    async def test_values_can_t_add_markup_or_headers(self, app: App) -> None:
        await a_template(app.id, key="hi", subject="Hi {{ name }}", html="<p>{{ name }}</p>")
        delivery = await a_mail("template:hi", values={"name": "<script>\r\nBcc: all@a.test", "unsubscribe_url": "x"})
        message = await mail_from(delivery)
        assert message["Bcc"] is None
        assert message["Subject"] == "Hi <script> Bcc: all@a.test"
        assert "<script>" not in part(message, "html")


class TestCampaigns:
    async def test_a_newsletter_is_tracked_and_offers_to_unsubscribe_by_one_click(self, app: App) -> None:
        campaign = await a_campaign(app.id)
        message = await mail_from(await a_newsletter(campaign))
        assert message["Subject"] == "News for Ada Lovelace"
        assert message["List-Id"] == "<banners.newsletter.127.0.0.1>"
        assert message["List-Unsubscribe"] == "<https://mail.test/u>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Feedback-ID"] == f"{campaign.id}:banners:newsletter:allover"
        assert message["Precedence"] == "bulk"
        assert "Auto-Submitted" not in message
        assert 'href="https://mail.test/c/1"' in part(message, "html")
        assert "url(https://mail.test/o)" in part(message, "html")

    async def test_every_reader_finds_the_way_out_and_the_sender_s_address(self, app: App) -> None:
        app = await with_mail(app, postalAddress=ADDRESS, defaultLanguage="es")
        campaign = await a_campaign(app.id, html="<p>News</p>", text="News")
        message = await mail_from(await a_newsletter(campaign))
        assert part(message, "plain") == (
            "News\n\nTea & Co, 1 High Street, London\n\nCancelar la suscripción: https://mail.test/u\n"
        )
        html = part(message, "html")
        assert "Tea &amp; Co, 1 High Street, London" in html
        assert ">Cancelar la suscripción</a>" in html

    async def test_a_trial_is_not_tracked_and_unsubscribes_nobody(self, app: App) -> None:
        campaign = await a_campaign(app.id)
        delivery = await a_mail(f"campaign:{campaign.id}", kind=DeliveryKind.TEST)
        message = await mail_from(delivery)
        assert "List-Unsubscribe" not in message
        assert "https://banners.example.com/news" in part(message, "html")
        assert "mail.test/o" not in part(message, "html")

    async def test_the_numbers_of_links_do_not_depend_on_the_footer(self, app: App) -> None:
        html = '<a href="https://a.test/1">1</a><a href="https://a.test/2">2</a>'
        campaign = await a_campaign(app.id, html=html)
        plain = await campaign_content(campaign, app)
        below = await campaign_content(campaign, await with_mail(app, postalAddress=ADDRESS))
        assert plain.links == below.links == ("https://a.test/1", "https://a.test/2")

    async def test_a_campaign_of_another_app_is_none(self, app: App) -> None:
        other = await a_campaign((await an_app()).id)
        with pytest.raises(NotFound, match="Campaign not found"):
            await ready(await a_mail(f"campaign:{other.id}"))


class TestSenders:
    async def test_mail_comes_from_the_app_s_address_or_else_the_platform_s(self, app: App) -> None:
        await a_template(app.id, key="hi")

        async def sender() -> tuple[str, str | None]:
            message = await mail_from(await a_mail("template:hi"))
            return message["From"], message["Reply-To"]

        assert await sender() == ("All Over Apps <noreply@localhost>", None)
        await with_mail(app, senderName="Ben of Banners")
        assert await sender() == ("Ben of Banners <noreply@localhost>", None)
        await with_mail(app, senderEmail="hello@banners.example.com", replyTo="help@banners.example.com")
        assert await sender() == ("Ben of Banners <hello@banners.example.com>", "help@banners.example.com")
        await with_mail(app, senderName="")
        assert (await sender())[0] == "Banners <hello@banners.example.com>"

    async def test_it_is_signed_where_there_is_a_key(self, app: App, platform: Runtime, settings: Settings) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key = {"dkim_domain": "a.test", "dkim_selector": "s", "dkim_private_key": SecretStr(pem.decode())}
        campaign = await a_campaign(app.id)
        runtime.start(settings.model_copy(update=key), platform.mongo)
        message = await mail_from(await a_newsletter(campaign))
        assert "d=a.test" in message["DKIM-Signature"]
        assert "list-unsubscribe-post" in message["DKIM-Signature"].replace(" ", "")

    @pytest.mark.parametrize(
        ("public_url", "host"),
        [("https://apps.example.com/", "apps.example.com"), ("http://[::1]:8000", "1"), ("x", "localhost")],
    )
    async def test_a_list_s_id_is_a_domain(
        self, app: App, platform: Runtime, settings: Settings, public_url: str, host: str
    ) -> None:
        runtime.start(settings.model_copy(update={"public_url": public_url}), platform.mongo)
        message = await mail_from(await a_newsletter(await a_campaign(app.id)))
        assert message["List-Id"] == f"<banners.newsletter.{host}>"


class TestMissing:
    @pytest.mark.parametrize(
        "content",
        [f"campaign:{'0' * 24}", "campaign:x", f"template-id:{'0' * 24}", "template-id:x", "template:nothing", "x"],
    )
    async def test_what_is_gone_is_not_found(self, app: App, content: str) -> None:
        with pytest.raises(NotFound):
            await ready(await a_mail(content))

    async def test_an_app_that_is_gone_too(self) -> None:
        with pytest.raises(NotFound, match="App not found"):
            await ready(await a_mail("template:data-export"))

    async def test_an_address_that_can_t_be_written_to_is_told(self, app: App) -> None:
        delivery = await a_mail("template:data-export", values={"export_url": "https://a.test"})
        delivery.email = "jörg@a.test"
        with pytest.raises(InvalidInput, match="not an e-mail address that can be written to"):
            (await ready(delivery)).message(delivery, PERSONAL, date=NOW)


class TestKeeping:
    async def test_a_content_is_prepared_once(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        await a_template(app.id, key="hi", text="once")
        first = await ready(await a_mail("template:hi"))
        monkeypatch.setattr(mail_contents, "prepare", None)
        second = await ready(await a_mail("template:hi", name="Bob"))
        assert second.content is first.content

    def test_few_are_kept_those_that_were_asked_for_last(self) -> None:
        recent = Recent[int, str](2)
        for number in (1, 2):
            recent.keep(number, "x")
        recent.get(1)
        recent.keep(3, "x")
        assert [recent.get(number) for number in (1, 2, 3)] == ["x", None, "x"]

    async def test_a_campaign_is_read_once_while_it_is_sent_and_a_trial_each_time(self, app: App) -> None:
        campaign = await a_campaign(app.id, subject="Before")
        delivery, trial = await a_newsletter(campaign), await a_mail(f"campaign:{campaign.id}", kind=DeliveryKind.TEST)
        assert await ready(delivery) is await ready(delivery)
        assert (await mail_from(trial))["Subject"] == "Before"
        await campaign.set({"subject": "After"})
        assert (await mail_from(trial))["Subject"] == "After"
        changed = await with_mail(app, senderName="Ben")
        assert (await prepared(delivery, changed)).app.mail.sender_name == "Ben"


class TestMessages:
    async def test_each_reader_gets_links_of_their_own(self, app: App, settings: Settings) -> None:
        campaign = await a_campaign(app.id)
        delivery = await a_newsletter(campaign)
        message = await message_for(delivery, app)
        html = message.body.html or ""
        tracking = TrackingTokens(settings.keys("tracking"))
        hits = [tracking.read(token) for token in re.findall(r"http://127.0.0.1:8000/t/[co]/([\w-]+)", html)]
        assert hits == [Hit(delivery.id, 1), Hit(delivery.id, 0), Hit(delivery.id, 0)]
        token = message.headers["List-Unsubscribe"].removesuffix(">").rpartition("/")[2]
        assert UnsubscribeTokens(settings.keys("unsubscribe")).read(token) == delivery.id
        assert f'href="http://127.0.0.1:8000/banners/newsletter/unsubscribe/{token}"' in html

    async def test_whatever_keeps_it_from_being_made_is_a_problem_of_the_template(self, app: App) -> None:
        nobody = await a_mail("template:data-export", values={"export_url": "https://a.test"})
        nobody.email = "jörg@a.test"
        for delivery, owner, sentence in (
            (nobody, app, "can be written to"),
            (await a_mail("template:data-export"), app, "'export_url' is undefined"),
            (await a_mail("template:nothing"), app, "The app has no template"),
            (await a_mail("template:data-export"), None, "App not found"),
        ):
            with pytest.raises(TemplateProblem, match=sentence):
                await message_for(delivery, owner)
