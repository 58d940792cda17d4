"""Whom the demonstration company would like to win is believable, and hangs together."""

from collections import Counter, defaultdict
from random import Random
from typing import Final

import pytest
from beanie import PydanticObjectId

from core.settings import Settings
from models.app_events import AppEvent
from models.consent_entries import ConsentEntry
from models.contacts import ConsentState
from models.prospects import Prospect, ProspectStatus
from models.shops import Shop
from resolvers.consent import standing_of
from resolvers.prospect_states import CUSTOMER, DO_NOT_CONTACT, NEW, UNREACHABLE, derived
from seed.catalog import APPS
from seed.people import people
from seed.prospects import Prospecting, prospecting
from tests.seed.conftest import NOW

History = tuple[list[Shop], list[AppEvent]]
OWNERS: Final = [PydanticObjectId(), PydanticObjectId()]


@pytest.fixture
def made(history: History, settings: Settings) -> Prospecting:
    shops = history[0]
    known = people(Random(7), shops, {app.id: app.name for app in APPS}, settings, NOW)
    return prospecting(Random(8), shops, known.contacts, OWNERS, NOW)


def test_some_hundreds_in_all_states(made: Prospecting) -> None:
    statuses = Counter(prospect.status for prospect in made.prospects)
    assert (statuses.total(), set(statuses)) == (300, set(ProspectStatus))
    assert statuses[NEW] > statuses[ProspectStatus.CONTACTED] > statuses[ProspectStatus.QUALIFIED]
    assert len({prospect.email_key for prospect in made.prospects}) == 300
    assert len({prospect.source for prospect in made.prospects}) == 5
    assert {prospect.owner_id for prospect in made.prospects} == {None, *OWNERS}


def test_each_change_follows_from_the_one_before(made: Prospecting) -> None:
    for prospect in made.prospects:
        status, at = NEW, prospect.created_at
        for change in prospect.history:
            assert (change.before, change.at >= at) == (status, True)
            assert change.after not in UNREACHABLE[change.before]
            status, at = change.after, change.at
        assert (prospect.status, prospect.status_changed_at) == (status, at)
        assert at <= NOW
        assert derived(prospect) == prospect


def test_customers_were_known_before_they_installed_an_app(made: Prospecting, history: History) -> None:
    installed = {(shop.email_key, shop.installed_at) for shop in history[0]}
    customers = [prospect for prospect in made.prospects if prospect.status is CUSTOMER]
    assert {(one.email_key, one.converted_at) for one in customers} <= installed
    strangers = [one for one in made.prospects if one.status is not CUSTOMER]
    assert not {one.shop_domain for one in strangers} & {shop.domain for shop in history[0]}


def test_the_ledger_says_who_may_be_written_to_and_why(made: Prospecting) -> None:
    ledgers: defaultdict[PydanticObjectId, list[ConsentEntry]] = defaultdict(list)
    for entry in made.entries:
        ledgers[entry.contact_id].append(entry)
    contacts = {contact.id: contact for contact in made.contacts}
    assert contacts.keys() == ledgers.keys()
    for contact in made.contacts:
        assert contact.consents == standing_of(ledgers[contact.id]).consents
    out = {one.email_key for one in made.contacts if one.consents.outreach.state is ConsentState.OPTED_OUT}
    assert {one.email_key for one in made.prospects if one.status is DO_NOT_CONTACT} == out


def test_notes_are_of_somebody_and_not_all_the_same(made: Prospecting) -> None:
    by_id: dict[PydanticObjectId, Prospect] = {prospect.id: prospect for prospect in made.prospects}
    assert all(by_id[note.prospect_id].created_at <= note.created_at <= NOW for note in made.notes)
    assert Counter(note.note for note in made.notes).most_common(1)[0][1] < len(made.notes) / 2


def test_they_are_the_same_every_time(made: Prospecting, history: History, settings: Settings) -> None:
    known = people(Random(7), history[0], {app.id: app.name for app in APPS}, settings, NOW)
    again = prospecting(Random(8), history[0], known.contacts, OWNERS, NOW)
    assert [(one.email, one.status, one.created_at) for one in again.prospects] == [
        (one.email, one.status, one.created_at) for one in made.prospects
    ]
