"""What becomes of wants, and who is told: once each, whoever dies in between."""

import asyncio
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import count, pairwise
from typing import Final

import pytest

from core import clock
from core.actor import Role
from core.errors import Conflict, Forbidden, NotFound
from core.settings import Settings
from mail.builtin import built_in
from mail.providers.memory import MemoryProvider
from models.apps import App
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery, DeliveryStatus, Refusal
from models.email_jobs import EmailJob
from models.wants import OPEN_TO_VOTES, Want, WantStatus
from resolvers import job_leases, want_people
from resolvers.delivering import deliver_one
from resolvers.outbox import sending_mail
from resolvers.transactional import DELIVER
from resolvers.want_announcements import ANNOUNCE, template_key
from resolvers.want_changes import WantStatusChange, change_want_status
from resolvers.want_merging import merge_want
from resolvers.want_upkeep import settle_changed_wants
from tasks.wants import announce_change
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.people import an_actor
from tests.factories.shops import a_shop
from tests.factories.wants import SYSTEM, a_want, by, stored, voted, voter, with_votes

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA, BOB = "ada@example.com", "bob@example.com"
PLANNED, PENDING, DUPLICATE = WantStatus.PLANNED, WantStatus.PENDING, WantStatus.DUPLICATE


@pytest.fixture(autouse=True)
async def _app(platform: object) -> App:
    return await an_app(APP)


async def decided(want: Want, status: WantStatus = PLANNED, **fields: object) -> Want:
    change = WantStatusChange.model_validate({"status": status, **fields})
    return await change_want_status(SYSTEM, want.app_id, str(want.id), change)


async def a_reader(email: str | None = None) -> Contact:
    """Who agreed to news of their apps."""
    return await with_consent(await a_contact(email), ConsentCategory.PRODUCT, ConsentState.OPTED_IN)


async def work() -> None:
    """Workers tell whom there is to tell."""
    while job := await job_leases.claim(SYSTEM, "worker", [ANNOUNCE]):
        await job_leases.complete(SYSTEM, job, await announce_change(job))


async def told() -> Counter[str]:
    return Counter(delivery.email for delivery in await Delivery.find_all().to_list())


class TestDeciding:
    async def test_who_when_and_why_is_kept(self) -> None:
        want, support = await a_want(APP), await an_actor(Role.SUPPORT)
        change = WantStatusChange(status=PLANNED, note="This spring")
        changed = await change_want_status(support, APP, str(want.id), change)
        (kept,) = changed.history
        assert (changed.status, kept.before, kept.after) == (PLANNED, WantStatus.UNDER_REVIEW, PLANNED)
        assert (kept.by, kept.note, kept.at >= want.created_at) == (support.label, "This spring", True)

    async def test_the_same_again_is_nothing_new_unless_there_is_something_to_say(self) -> None:
        want = await a_want(APP)
        for note, steps in ((None, 1), (None, 1), ("Soon", 2)):
            assert len((await decided(want, note=note)).history) == steps
        assert await EmailJob.find({"type": ANNOUNCE}).count() == 2

    async def test_of_many_at_once_each_status_is_taken_once(self) -> None:
        want = await a_want(APP)
        await asyncio.gather(*(decided(want) for _ in range(10)))
        assert len((await stored(want)).history) == 1
        await asyncio.gather(*(decided(want, status) for status in WantStatus if status is not PENDING))
        steps = (await stored(want)).history
        assert all(one.after is following.before for one, following in pairwise(steps))

    @pytest.mark.parametrize("status", WantStatus)
    async def test_any_status_can_be_set_and_left(self, status: WantStatus) -> None:
        want = await a_want(APP)
        assert (await decided(want, status)).status is status
        assert (await decided(want, PLANNED)).is_open_to_votes
        assert (status in OPEN_TO_VOTES) is (status not in (WantStatus.COMPLETED, WantStatus.DECLINED, DUPLICATE))

    async def test_what_was_merged_is_decided_where_its_votes_are(self) -> None:
        want, into = await a_want(APP), await a_want(APP)
        await merge_want(SYSTEM, APP, str(want.id), str(into.id))
        with pytest.raises(Conflict, match=f"merged into another want, {into.id}"):
            await decided(want)

    async def test_support_decides_within_the_app(self) -> None:
        want, other = await a_want(APP), await a_want((await an_app()).id)
        for actor in (await an_actor(Role.VIEWER), await an_actor(Role.MARKETING), backend_of(APP)):
            with pytest.raises(Forbidden):
                await change_want_status(actor, APP, str(want.id), WantStatusChange(status=PLANNED))
        for want_id in (str(other.id), "0" * 24, "nothing"):
            with pytest.raises(NotFound, match="Want not found"):
                await change_want_status(SYSTEM, APP, want_id, WantStatusChange(status=PLANNED))


class TestTelling:
    async def test_author_and_voters_once_each(self) -> None:
        ada, bob = await a_reader(ADA), await a_reader(BOB)
        want = await a_want(APP, author=by(ADA))
        await voted(want, voter(ADA), voter(BOB), voter("stranger@example.com"), voter(shop="tea.myshopify.com"))
        changed = await decided(want, note="This spring")
        await work()
        deliveries = await Delivery.find_all().to_list()
        assert {delivery.contact_id for delivery in deliveries} == {ada.id, bob.id}
        assert len(deliveries) == await EmailJob.find({"type": DELIVER}).count() == 2
        for delivery in deliveries:
            assert delivery.source == f"want:{want.id}:{changed.history[0].id}"
            assert (delivery.category, delivery.content) == (ConsentCategory.PRODUCT, "template:want-planned")
            assert (delivery.values["want_title"], delivery.values["note"]) == (want.title, "This spring")
        assert (await stored(want)).announcing == []

    async def test_each_change_is_told_of(self) -> None:
        await a_reader(ADA)
        want = await a_want(APP, author=by(ADA))
        for status in (PLANNED, WantStatus.IN_PROGRESS, WantStatus.COMPLETED):
            await decided(want, status)
        await work()
        assert await told() == {ADA: 3}

    async def test_nobody_is_told_what_staff_keep_back_or_hide(self) -> None:
        await a_reader(ADA)
        want = await a_want(APP, author=by(ADA))
        await decided(want, notifyVoters=False)
        await decided(want, PENDING)
        await work()
        assert await told() == {}

    async def test_voters_of_what_was_merged_learn_where_their_vote_is(self) -> None:
        for email in (ADA, BOB, "eve@example.com"):
            await a_reader(email)
        want, into = await a_want(APP, author=by(ADA)), await a_want(APP, "Schedules", author=by("eve@example.com"))
        await voted(want, voter(BOB))
        await merge_want(SYSTEM, APP, str(want.id), str(into.id))
        await work()
        assert await told() == {ADA: 1, BOB: 1}
        (delivery, *_) = await Delivery.find_all().to_list()
        assert (delivery.content, delivery.values["target_title"]) == ("template:want-duplicate", "Schedules")
        await merge_want(SYSTEM, APP, str(into.id), str((await a_want(APP)).id), notify=False)
        await work()
        assert await told() == {ADA: 1, BOB: 1}

    async def test_however_many_they_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(want_people, "CHUNK", 3)
        want = await a_want(APP)
        for number in range(10):
            await voted(want, voter((await a_contact(f"voter-{number}@example.com")).email))
        await decided(want)
        await work()
        assert sorted((await told()).values()) == [1] * 10

    async def test_who_did_not_agree_gets_nothing_and_the_reason_is_kept(self, settings: Settings) -> None:
        await a_shop(APP, "tea.myshopify.com", email="uses@example.com")
        readers = {
            "agreed@example.com": ConsentState.OPTED_IN,
            "left@example.com": ConsentState.OPTED_OUT,
            "silent@example.com": None,
        }
        for email, state in readers.items():
            contact = await a_contact(email)
            if state:
                await with_consent(contact, ConsentCategory.PRODUCT, state)
        want = await a_want(APP, "Schedules <b>")
        await App.find_one({"_id": APP}).set({"wantBoard.pageUrl": "https://banners.example.com/wants/{id}"})
        await voted(want, *(voter(email) for email in [*readers, "uses@example.com"]))
        await decided(want, note="This spring")
        await work()
        post = MemoryProvider()
        async with sending_mail(settings, post):
            for delivery in await Delivery.find_all().to_list():
                await deliver_one(SYSTEM, delivery.id)
        sent = {message.recipient.email: message_from_bytes(message.content, policy=default) for message in post.sent}
        assert sent.keys() == {"agreed@example.com", "uses@example.com"}
        mail = sent["agreed@example.com"]
        assert f"/{APP}/newsletter/unsubscribe/" in mail["List-Unsubscribe"]
        for kind, title in (("plain", "Schedules <b>"), ("html", "Schedules &lt;b&gt;")):
            part = mail.get_body((kind,))
            assert part is not None
            said = part.get_content()
            for words in (title, "This spring", f"https://banners.example.com/wants/{want.id}", "/unsubscribe/"):
                assert words in said
        refused = await Delivery.find({"status": DeliveryStatus.SUPPRESSED.value}).to_list()
        assert {one.email: one.refusal for one in refused} == {
            "left@example.com": Refusal.OPTED_OUT,
            "silent@example.com": Refusal.NO_CONSENT,
        }

    @pytest.mark.parametrize("status", [status for status in WantStatus if status is not PENDING])
    async def test_there_are_words_for_every_status(self, status: WantStatus) -> None:
        assert built_in(template_key(status)) is not None


class TestDeaths:
    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_a_decision_that_was_made_is_told_of_once(self, last_arrives: bool) -> None:
        reader = await a_reader(ADA)
        for deaths in count():
            want = await a_want(APP, author=by(reader.email))
            try:
                with dying(deaths, last_arrives=last_arrives):
                    await decided(want)
            except Killed:
                await settle_changed_wants(SYSTEM)
            else:
                break
            await self._is_told_of_if_made(want)
        assert deaths >= 2

    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_a_worker_that_died_while_telling_is_followed_by_another(self, last_arrives: bool) -> None:
        for deaths in count():
            want = await a_want((await an_app()).id)
            for number in range(4):
                email = f"voter-{number}-{deaths}@example.com"
                await a_contact(email)
                await voted(want, voter(email))
            await decided(want)
            job = await job_leases.claim(SYSTEM, "worker", [ANNOUNCE])
            assert job is not None
            try:
                with dying(deaths, last_arrives=last_arrives):
                    await announce_change(job)
            except Killed:
                await announce_change(job)
                with clock.shifted(timedelta(minutes=2)):
                    await settle_changed_wants(SYSTEM)
            else:
                break
            deliveries = await Delivery.find({"appId": want.app_id}).to_list()
            assert Counter(one.email for one in deliveries).total() == len({one.email for one in deliveries}) == 4
            keys = {f"deliver:{one.id}" for one in deliveries}
            assert await EmailJob.find({"dedupeKey": {"$in": sorted(keys)}}).count() == 4
        assert deaths >= 2

    async def _is_told_of_if_made(self, want: Want) -> None:
        await work()
        sent = await Delivery.find({"source": {"$regex": f"^want:{want.id}:"}}).count()
        assert sent == ((await stored(want)).status is PLANNED)
        with clock.shifted(timedelta(minutes=2)):
            await settle_changed_wants(SYSTEM)
        assert (await stored(want)).announcing == []


async def test_what_is_told_to_nobody_any_more_is_not_looked_at_for_ever() -> None:
    want = await with_votes(await a_want(APP), 1)
    await decided(want)
    job = await job_leases.claim(SYSTEM, "worker", [ANNOUNCE])
    assert job is not None
    await job_leases.fail(SYSTEM, job, "No")
    with clock.shifted(timedelta(minutes=2)):
        assert [await settle_changed_wants(SYSTEM) for _ in range(2)] == [1, 0]
