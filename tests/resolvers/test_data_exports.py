"""Links behind which people see what is stored about them."""

from datetime import timedelta

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, Gone, NotFound
from core.pages import Page
from models.data_exports import DataExport, DataExportAccess, DataExportStatus
from resolvers.data_exports import (
    VIEWS_KEPT,
    ClosedLink,
    DataExportCreate,
    IssuedDataExport,
    Visitor,
    create_data_export,
    list_data_exports,
    open_data_export,
    revoke_data_export,
)
from resolvers.gdpr import erase_contact
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

ANYBODY = Actor.anonymous()
VIEWED = DataExportAccess.VIEWED


def for_contact(contact_id: str, **fields: object) -> DataExportCreate:
    return DataExportCreate.model_validate({"contactId": contact_id} | fields)


async def a_link(**fields: object) -> IssuedDataExport:
    contact = await a_contact(language="de")
    return await create_data_export(SYSTEM, for_contact(str(contact.id), **fields))


def token_of(issued: IssuedDataExport) -> str:
    return issued.url.rsplit("/", 1)[-1]


class TestWorks:
    async def test_whoever_has_the_link_sees_the_data_in_the_contacts_language(self) -> None:
        link = await a_link()
        opened = await open_data_export(ANYBODY, token_of(link), VIEWED)
        assert (await opened.data.collected())["contacts"][0]["language"] == "de"
        assert (opened.language, opened.expires_at) == ("de", link.data_export.expires_at)

    async def test_the_language_can_be_chosen(self) -> None:
        assert (await a_link(language="fr")).data_export.language == "fr"

    async def test_where_no_language_is_known_it_is_left_to_the_browser(self) -> None:
        contact = await a_contact()
        assert (await create_data_export(SYSTEM, for_contact(str(contact.id)))).data_export.language is None

    async def test_apps_have_names(self) -> None:
        app, link = await an_app(), await a_link()
        assert (await open_data_export(ANYBODY, token_of(link), VIEWED)).apps == {app.id: app.name}

    async def test_the_token_is_stored_as_a_hash_alone(self) -> None:
        link = await a_link()
        assert token_of(link) not in (await DataExport.find_all().to_list())[0].model_dump_json()

    async def test_each_opening_is_recorded(self) -> None:
        viewer, link = await an_actor(Role.VIEWER), await a_link()
        await open_data_export(ANYBODY, token_of(link), VIEWED, Visitor("203.0.113.7", "Firefox"))
        await open_data_export(ANYBODY, token_of(link), DataExportAccess.DOWNLOADED)
        (kept,) = (await list_data_exports(viewer, str(link.data_export.contact_id), Page())).items
        assert [(view.access, view.ip) for view in kept.views] == [("viewed", "203.0.113.7"), ("downloaded", None)]
        assert kept.view_count == 2

    async def test_of_many_openings_the_last_are_kept_and_all_are_counted(self) -> None:
        link = await a_link()
        for _ in range(VIEWS_KEPT + 2):
            await open_data_export(ANYBODY, token_of(link), VIEWED)
        kept = await DataExport.get(link.data_export.id)
        assert kept is not None
        assert (len(kept.views), kept.view_count) == (VIEWS_KEPT, VIEWS_KEPT + 2)


class TestGone:
    async def test_after_7_days(self) -> None:
        link = await a_link()
        with clock.shifted(timedelta(days=7)), pytest.raises(ClosedLink, match="expired") as closed:
            await open_data_export(ANYBODY, token_of(link), VIEWED)
        assert (closed.value.has_expired, closed.value.language) == (True, "de")

    async def test_when_it_was_revoked(self) -> None:
        link = await a_link()
        revoked = await revoke_data_export(await an_actor(Role.MARKETING), str(link.data_export.id))
        assert revoked.status is DataExportStatus.REVOKED
        with pytest.raises(ClosedLink, match="withdrawn") as closed:
            await open_data_export(ANYBODY, token_of(link), VIEWED)

        assert not closed.value.has_expired

    async def test_when_the_person_was_erased(self) -> None:
        link = await a_link()
        await erase_contact(SYSTEM, str(link.data_export.contact_id))
        with pytest.raises(Gone):
            await open_data_export(ANYBODY, token_of(link), VIEWED)


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_make_and_revoke_links(self, role: Role) -> None:
        actor, link = await an_actor(role), await a_link()
        with pytest.raises(Forbidden):
            await create_data_export(actor, for_contact(str(link.data_export.contact_id)))
        with pytest.raises(Forbidden):
            await revoke_data_export(actor, str(link.data_export.id))


class TestMissing:
    @pytest.mark.parametrize("token", ["", "nonsense", "0" * 32])
    async def test_a_link_that_never_was(self, token: str) -> None:
        with pytest.raises(NotFound):
            await open_data_export(ANYBODY, token, VIEWED)

    async def test_of_an_unknown_contact_there_is_no_link(self) -> None:
        with pytest.raises(NotFound):
            await create_data_export(SYSTEM, for_contact("0" * 24))

    async def test_revoking_twice_is_not_found(self) -> None:
        link = await a_link()
        await revoke_data_export(SYSTEM, str(link.data_export.id))
        with pytest.raises(NotFound):
            await revoke_data_export(SYSTEM, str(link.data_export.id))
