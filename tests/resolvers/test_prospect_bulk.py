"""What is done to many prospects at once, and what they have of us already."""

import pytest

from core.actor import Role
from core.errors import Forbidden
from models.prospects import ProspectStatus
from models.tickets import TicketStatus
from resolvers.prospect_bulk import ProspectsUpdate, update_prospects
from resolvers.prospect_customers import Party, open_tickets_of_parties, shops_of_parties
from tests.factories.apps import an_app
from tests.factories.people import a_user, an_actor
from tests.factories.prospects import a_prospect, prospect_now
from tests.factories.shops import a_domain, a_shop
from tests.factories.tickets import a_ticket

pytestmark = pytest.mark.usefixtures("platform")


def naming(*ids: object, **fields: object) -> ProspectsUpdate:
    return ProspectsUpdate.model_validate({"ids": [str(one) for one in ids], **fields})


class TestWorks:
    async def test_all_that_are_named_change(self) -> None:
        owner = await a_user(Role.MARKETING)
        ada, bea = await a_prospect(tags=["old", "tea"]), await a_prospect()
        data = naming(ada.id, bea.id, status="qualified", ownerId=str(owner.id), addTags=["cakes"], removeTags=["old"])
        outcome = await update_prospects(await an_actor(Role.MARKETING), data)
        assert [(one.tags, one.status.value, one.owner_id) for one in outcome.prospects] == [
            (["tea", "cakes"], "qualified", owner.id),
            (["cakes"], "qualified", owner.id),
        ]
        assert outcome.refused == []

    async def test_who_can_not_be_changed_keeps_nobody_from_it(self) -> None:
        ada, bea = await a_prospect(status="customer"), await a_prospect()
        data = naming(ada.id, "0" * 24, bea.id, status="contacted", addTags=["tea"])
        outcome = await update_prospects(await an_actor(Role.MARKETING), data)
        assert [one.id for one in outcome.prospects] == [bea.id]
        assert [one.prospect_id for one in outcome.refused] == [str(ada.id), "0" * 24]
        assert (await prospect_now(ada)).tags == []
        assert (await prospect_now(bea)).status is ProspectStatus.CONTACTED

    async def test_a_prospect_has_a_bounded_number_of_tags(self) -> None:
        ada = await a_prospect(tags=[f"tag {number}" for number in range(50)])
        outcome = await update_prospects(await an_actor(Role.MARKETING), naming(ada.id, addTags=["one more"]))
        assert "at most 50" in outcome.refused[0].message


class TestCustomers:
    async def test_shops_and_open_tickets_are_found_by_address_and_by_domain(self) -> None:
        app, domain = await an_app(), a_domain()
        theirs = await a_shop(app.id, email="ada@example.com")
        companys = await a_shop(app.id, domain, email="boss@example.com")
        asked = await a_ticket(app.id, email="Ada@example.com")
        await a_ticket(app.id, email="ada@example.com", status=TicketStatus.CLOSED)
        parties = [Party("ada@example.com", domain), Party("eve@example.com", None)]
        shops, tickets = await shops_of_parties(parties), await open_tickets_of_parties(parties)
        assert [{shop.id for shop in of_party} for of_party in shops] == [{theirs.id, companys.id}, set()]
        assert [[ticket.id for ticket in of_party] for of_party in tickets] == [[asked.id], []]

    async def test_what_is_found_twice_is_there_once(self) -> None:
        app, domain = await an_app(), a_domain()
        await a_shop(app.id, domain, email="ada@example.com")
        await a_ticket(app.id, email="ada@example.com", shop_domain=domain)
        party = Party("ada@example.com", domain)
        assert [len(one) for one in await shops_of_parties([party])] == [1]
        assert [len(one) for one in await open_tickets_of_parties([party])] == [1]


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_change_them(self, role: Role) -> None:
        ada = await a_prospect()
        with pytest.raises(Forbidden):
            await update_prospects(await an_actor(role), naming(ada.id, addTags=["tea"]))


class TestValidation:
    @pytest.mark.parametrize("ids", [[], ["tea"], ["0" * 24] * 501])
    def test_some_are_named_by_their_ids(self, ids: list[str]) -> None:
        with pytest.raises(ValueError, match="ids"):
            ProspectsUpdate.model_validate({"ids": ids})
