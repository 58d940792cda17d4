"""The people behind the demonstration company's shops: believable, consistent, and the same every time."""

from collections import Counter, defaultdict
from datetime import timedelta
from random import Random
from typing import Final

import pytest

from core.actor import Actor
from core.addresses import digest_of_email
from core.pages import Page
from core.settings import Settings
from models.app_events import AppEvent
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact
from models.data_exports import DataExport, DataExportStatus
from models.shops import Shop
from models.suppressions import Suppression, SuppressionReason
from resolvers.consent import rebuild_consents, standing_of
from resolvers.contact_shops import contact_from_shop
from resolvers.data_exports import list_data_exports
from resolvers.sending import can_send_all
from seed.catalog import APPS
from seed.company import found_company
from seed.people import BLOCKED_BY_HAND, People, people
from tests.seed.conftest import NOW

History = tuple[list[Shop], list[AppEvent]]
NAMES: Final = {app.id: app.name for app in APPS}


@pytest.fixture
def known(history: History, settings: Settings) -> People:
    return people(Random(7), history[0], NAMES, settings, NOW)


@pytest.fixture
def ledgers(known: People) -> dict[str, list[ConsentEntry]]:
    found: dict[str, list[ConsentEntry]] = defaultdict(list)
    for entry in known.entries:
        found[str(entry.contact_id)].append(entry)
    return found


pytestmark = pytest.mark.usefixtures("platform")


def test_there_is_one_contact_per_address(known: People, history: History) -> None:
    keys = [contact.email_key for contact in known.contacts]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {shop.email_key for shop in history[0]}


def test_a_believable_share_agreed_declined_and_left(known: People) -> None:
    states = Counter(contact.consents.newsletter.state for contact in known.contacts)
    share = {state: count / len(known.contacts) for state, count in states.items()}
    assert 0.3 < share[ConsentState.OPTED_IN] < 0.55
    assert 0.03 < share[ConsentState.OPTED_OUT] < 0.2
    assert 0.02 < share[ConsentState.PENDING] < 0.15
    assert 0.01 < sum(contact.global_opt_out for contact in known.contacts) / len(known.contacts) < 0.1


def test_each_contact_stands_where_its_ledger_leads(known: People, ledgers: dict[str, list[ConsentEntry]]) -> None:
    for contact in known.contacts:
        standing = standing_of(ledgers[str(contact.id)])
        assert (contact.consents, contact.opted_out_at) == (standing.consents, standing.opted_out_at)


def test_whoever_opted_in_was_asked_and_we_can_prove_it(known: People) -> None:
    opted_in = [entry for entry in known.entries if entry.state is ConsentState.OPTED_IN]
    newsletter = [entry for entry in opted_in if entry.category is ConsentCategory.NEWSLETTER]
    assert all(entry.legal_basis and entry.ip and entry.user_agent for entry in opted_in)
    assert all(entry.text for entry in newsletter)
    assert len({entry.text for entry in newsletter}) > 4


def test_nobody_does_anything_before_they_came_or_in_the_future(known: People) -> None:
    came = {contact.id: contact.created_at for contact in known.contacts}
    assert all(came[entry.contact_id] <= entry.at < NOW for entry in known.entries)
    caused = [one for one in known.suppressions if one.contact_id and one.reason is not SuppressionReason.MANUAL]
    assert all(came[one.contact_id] <= one.since < NOW for one in caused if one.contact_id)
    assert [entry.at for entry in known.entries] == sorted(entry.at for entry in known.entries)


def test_addresses_are_blocked_for_every_reason(known: People, settings: Settings) -> None:
    reasons = Counter(one.reason for one in known.suppressions)
    assert set(reasons) == set(SuppressionReason) - {SuppressionReason.GDPR}
    assert reasons[SuppressionReason.MANUAL] == len(BLOCKED_BY_HAND)
    assert 0.01 < reasons[SuppressionReason.HARD_BOUNCE] / len(known.contacts) < 0.06
    digests = {contact.id: digest_of_email(settings, contact.email) for contact in known.contacts}
    assert all(digests[one.contact_id] == one.digest for one in known.suppressions if one.contact_id)


def test_they_are_the_same_every_time(known: People, history: History, settings: Settings) -> None:
    again = people(Random(7), history[0], NAMES, settings, NOW)
    told = [[(one.state, one.category, one.at, one.source, one.ip) for one in made.entries] for made in (known, again)]
    assert told[0] == told[1]
    blocked = [[(one.digest, one.reason, one.since) for one in made.suppressions] for made in (known, again)]
    assert blocked[0] == blocked[1]


async def test_operations_find_nothing_to_correct() -> None:
    await found_company(lambda what, done, total: None)
    before = {contact.id: contact for contact in await Contact.find_all().to_list()}
    for shop in await Shop.find_all().limit(30).to_list():
        await contact_from_shop(shop)
    for contact in list(before.values())[:30]:
        await rebuild_consents(contact.id)
    assert {contact.id: contact for contact in await Contact.find_all().to_list()} == before
    opted_in = Contact.find({"consents.newsletter.state": "opted_in", "optedOutAt": None})
    addresses = [contact.email for contact in await opted_in.to_list()]
    verdicts = await can_send_all(addresses, ConsentCategory.NEWSLETTER, None)
    assert 0.85 < sum(verdict.allowed for verdict in verdicts.values()) / len(verdicts) < 1


@pytest.mark.usefixtures("demonstration")
async def test_two_people_asked_for_their_data() -> None:
    links = await DataExport.find_all().sort("createdAt").to_list()
    assert [link.status for link in links] == [DataExportStatus.EXPIRED, DataExportStatus.ACTIVE]
    assert [link.view_count for link in links] == [1, 2]
    assert all(link.created_at <= link.views[0].at < link.created_at + timedelta(minutes=5) for link in links)
    found = await list_data_exports(Actor.system("tests"), str(links[0].contact_id), Page())
    assert len(found.items) == 1
    assert await Suppression.find({"removedAt": {"$ne": None}}).count() > 0
