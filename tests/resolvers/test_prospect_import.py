"""Taking in prospects from a file."""

from io import BytesIO
from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput
from core.mongo import insert_new_stored
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Refusal
from models.prospects import Prospect, ProspectStatus
from models.suppressions import SuppressionReason
from resolvers import imports, prospect_import
from resolvers.gdpr import erase_contact
from resolvers.import_files import CsvRows
from resolvers.prospect_import import ProspectsImport, ProspectsImportOutcome, import_prospects
from resolvers.prospect_rows import SPELLINGS
from resolvers.sending import SENTENCES, can_send
from resolvers.suppressions import suppress
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.people import an_actor
from tests.factories.prospects import a_prospect
from tests.factories.shops import a_domain, a_shop

pytestmark = pytest.mark.usefixtures("platform")

ADA: Final = "ada@example.com"
FULL: Final[dict[str, Any]] = {
    "name": "Ada",
    "company": "Tea & Cakes",
    "title": "CEO",
    "domain": "tea.example",
    "shopDomain": "tea.myshopify.com",
    "country": "GB",
    "language": "en",
    "source": "fair",
    "tags": ["tea", "cakes"],
    "facts": {"employees": 4},
    "score": 70,
}


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 4)


async def taken_in(*rows: Any, actor: Actor = SYSTEM) -> ProspectsImportOutcome:
    return await import_prospects(actor, ProspectsImport.model_validate({"rows": list(rows)}))


def counted(outcome: ProspectsImportOutcome) -> tuple[int, int, int]:
    return outcome.created, outcome.skipped, outcome.failed


async def at(email: str) -> Prospect:
    found = await Prospect.find_one({"emailKey": email})
    assert found is not None
    return found


async def stored() -> list[Prospect]:
    return await Prospect.find_all().sort("emailKey").to_list()


class TestWorks:
    @pytest.mark.parametrize("fields", [{}, FULL, FULL | {"status": "qualified"}], ids=["least", "most", "status"])
    async def test_a_row_becomes_what_adding_it_would(self, fields: dict[str, Any]) -> None:
        marketing = await an_actor(Role.MARKETING)
        assert counted(await taken_in({"email": "Ada@Example.com", **fields}, actor=marketing)) == (1, 0, 0)
        imported = await at(ADA)
        await imported.delete()
        added = await a_prospect("Ada@Example.com", **{"source": "import", **fields})
        own = {"id", "created_at", "updated_at", "status_changed_at", "created_by", "history"}
        assert imported.model_dump(exclude=own) == added.model_dump(exclude=own)
        assert [one.after for one in imported.history] == [one.after for one in added.history]
        assert imported.created_by == marketing.label

    async def test_the_same_again_changes_nothing(self) -> None:
        rows = [{"email": f"person-{number}@example.com", "name": "Ada"} for number in range(9)]
        assert counted(await taken_in(*rows)) == (9, 0, 0)
        before = await stored()
        assert counted(await taken_in(*({**row, "name": "Bea"} for row in rows))) == (0, 9, 0)
        assert await stored() == before

    async def test_of_the_same_address_twice_the_first_counts(self) -> None:
        outcome = await taken_in({"email": ADA, "name": "Ada"}, {"email": "ADA@example.com", "name": "Bea"})
        assert counted(outcome) == (1, 1, 0)
        assert (await at(ADA)).name == "Ada"

    async def test_a_csv_file_is_taken_in(self) -> None:
        text = (
            "E-Mail,Name,Company Name,Job Title,Website,Tags,Facts,Score,Shoe Size\n"
            'ada@example.com,Ada,"=HYPERLINK(""x"")",CEO,https://tea.example/,tea|cakes,"{""employees"": 4}",70,38\n'
        )
        outcome = await import_prospects(SYSTEM, CsvRows(BytesIO(text.encode()), SPELLINGS))
        ada = await at(ADA)
        assert (counted(outcome), outcome.ignored_columns) == ((1, 0, 0), ["Shoe Size"])
        assert (ada.company, ada.domain, ada.tags, ada.facts, ada.score) == (
            '=HYPERLINK("x")', "tea.example", ["tea", "cakes"], {"employees": 4}, 70
        )  # fmt: skip

    async def test_whose_shop_has_an_app_is_a_customer(self) -> None:
        app, domain = await an_app(), a_domain()
        await a_shop(app.id, domain, email=ADA)
        await taken_in({"email": ADA}, {"email": "bea@example.com", "shopDomain": domain}, {"email": "eve@example.com"})
        assert [one.status.value for one in await stored()] == ["customer", "customer", "new"]
        assert (await at(ADA)).contact_id is not None

    async def test_nobody_becomes_a_contact_by_it(self) -> None:
        await taken_in({"email": ADA})
        assert await Contact.find_all().count() == 0

    async def test_a_list_of_who_must_not_be_contacted_withdraws_them(self) -> None:
        row = {"email": ADA, "status": "do_not_contact"}
        assert counted(await taken_in(row)) == (1, 0, 0)
        assert (await at(ADA)).status is ProspectStatus.DO_NOT_CONTACT
        assert (await can_send(ADA, ConsentCategory.OUTREACH, None)).refusal is Refusal.OPTED_OUT
        assert counted(await taken_in(row)) == (0, 1, 0)


class TestWhoIsLeftOut:
    async def test_who_withdrew_with_the_reason(self) -> None:
        await with_consent(await a_contact(ADA), ConsentCategory.OUTREACH, ConsentState.OPTED_OUT)
        outcome = await taken_in({"email": ADA})
        assert counted(outcome) == (0, 0, 1)
        assert [(one.row, one.email, one.error) for one in outcome.errors] == [(1, ADA, SENTENCES[Refusal.OPTED_OUT])]

    async def test_whose_address_does_not_exist(self) -> None:
        await suppress(ADA, SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")
        assert (await taken_in({"email": ADA})).errors[0].error == SENTENCES[Refusal.HARD_BOUNCE]

    async def test_who_withdraws_meanwhile_is_not_to_be_contacted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        contact = await a_contact(ADA)

        async def after_the_withdrawal(*arguments: Any) -> list[bool]:
            await with_consent(contact, ConsentCategory.OUTREACH, ConsentState.OPTED_OUT)
            return await insert_new_stored(*arguments)

        monkeypatch.setattr(prospect_import, "insert_new_stored", after_the_withdrawal)
        assert counted(await taken_in({"email": ADA})) == (1, 0, 0)
        assert (await at(ADA)).status is ProspectStatus.DO_NOT_CONTACT

    @pytest.mark.parametrize("status", ["new", "do_not_contact"])
    async def test_who_was_erased(self, status: str) -> None:
        await erase_contact(await an_actor(), str((await a_contact(ADA)).id))
        outcome = await taken_in({"email": ADA, "status": status})
        assert counted(outcome) == (0, 0, 1)
        assert SENTENCES[Refusal.ERASED] in outcome.errors[0].error

    async def test_what_is_not_valid_is_told_and_the_rest_taken_in(self) -> None:
        outcome = await taken_in(
            {"email": "nobody"}, {"email": ADA}, {"name": "Bea"}, {"email": "c@example.com", "score": 101}
        )
        assert (counted(outcome), outcome.total) == ((1, 0, 3), 4)
        assert [(one.row, one.email) for one in outcome.errors] == [(1, "nobody"), (3, ""), (4, "c@example.com")]
        assert outcome.errors[2].error.startswith("score: ")

    async def test_the_first_thousand_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prospect_import, "ERRORS_SHOWN", 3)
        outcome = await taken_in(*({"email": f"nobody {number}"} for number in range(9)))
        assert (outcome.failed, len(outcome.errors)) == (9, 3)


class TestCutOff:
    @pytest.mark.parametrize("writes", range(3))
    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_it_is_simply_repeated(self, writes: int, last_arrives: bool) -> None:
        rows: list[Any] = [{"email": f"person-{number}@example.com"} for number in range(9)]
        rows.append({"email": "last@example.com", "status": "do_not_contact"})
        with dying(writes, last_arrives=last_arrives):
            try:
                await taken_in(*rows)
            except* Killed:
                pass
        outcome = await taken_in(*rows)
        assert outcome.created + outcome.skipped == len(rows) == len(await stored())
        assert (await at("last@example.com")).status is ProspectStatus.DO_NOT_CONTACT


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins(self, role: Role) -> None:
        with pytest.raises(Forbidden):
            await taken_in({"email": ADA}, actor=await an_actor(role))


class TestValidation:
    @pytest.mark.parametrize("given", [{}, {"csv": "email\n", "rows": []}])
    def test_it_is_either_a_file_or_rows(self, given: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="Give either csv or rows"):
            ProspectsImport.model_validate(given)

    async def test_a_file_that_is_too_long_is_refused_before_anything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prospect_import, "MOST_ROWS", 2)
        with pytest.raises(InvalidInput, match="at most 2"):
            await taken_in(*({"email": f"person-{number}@example.com"} for number in range(3)))
        assert await stored() == []
