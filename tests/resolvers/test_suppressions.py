"""Addresses that must not be written to."""

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from core import clock
from core.access import ADMINS
from core.actor import Actor, Role
from core.addresses import digest_of_email, digests_of_email
from core.errors import Forbidden, NotFound
from core.pages import Page
from core.settings import Settings
from models.suppressions import SoftBounces, Suppression, SuppressionReason, SuppressionScope
from resolvers.suppressions import (
    SuppressionCreate,
    SuppressionFilter,
    SuppressionRemoval,
    SuppressionSortKey,
    add_suppression,
    list_suppressions,
    note_complaint,
    note_delivery,
    note_hard_bounce,
    note_soft_bounce,
    remove_suppression,
    suppress,
    suppressions_of,
)
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor

ADDRESS = "ada@example.com"
REMOVAL = SuppressionRemoval(reason="The mailbox is back, says its owner")

platform = pytest.mark.usefixtures("platform")


async def held() -> list[SuppressionReason]:
    return [suppression.reason for suppression in (await suppressions_of([ADDRESS]))[ADDRESS]]


async def bounce_softly(*days_ago: float) -> None:
    for days in days_ago:
        await note_soft_bounce(ADDRESS, at=clock.now() - timedelta(days=days), source="tests")


async def removed(suppression: Suppression) -> Suppression:
    return await remove_suppression(await an_actor(Role.ADMIN), str(suppression.id), REMOVAL)


@platform
class TestWorks:
    async def test_an_address_is_blocked_by_hand_and_kept_as_a_hash_alone(self, settings: Settings) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_contact(ADDRESS)
        given = SuppressionCreate.model_validate({"email": "ADA@example.com", "note": "Asked on the phone"})
        added = await add_suppression(marketing, given)
        assert (added.reason, added.scope, added.source) == ("manual", "all", marketing.label)
        assert (added.digest, added.contact_id) == (digest_of_email(settings, ADDRESS), ada.id)
        assert ADDRESS not in added.model_dump_json()

    async def test_lists_filter_by_address_reason_and_removal(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        await note_hard_bounce(ADDRESS, at=clock.now(), source="tests")
        await removed(await suppress("bob@example.com", SuppressionReason.MANUAL, at=clock.now(), source="tests"))

        async def listed(**filters: object) -> list[str]:
            given, order = SuppressionFilter.model_validate(filters), SuppressionSortKey.SINCE.order()
            return [one.reason.value for one in (await list_suppressions(viewer, Page(), given, order)).items]

        assert await listed() == ["hard_bounce", "manual"]
        assert await listed(email="Ada@example.com") == ["hard_bounce"]
        assert await listed(reason="manual") == ["manual"]
        assert await listed(isRemoved=False) == ["hard_bounce"]

    async def test_a_removal_says_by_whom_and_why(self) -> None:
        admin = await an_actor(Role.ADMIN)
        added = await suppress(ADDRESS, SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")
        gone = await remove_suppression(admin, str(added.id), REMOVAL)
        assert (gone.removed_by, gone.removal_reason) == (admin.label, REMOVAL.reason)
        assert await held() == []

    async def test_a_new_cause_blocks_anew_and_one_from_before_the_removal_does_not(self) -> None:
        added = await suppress(ADDRESS, SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")
        await removed(added)
        await note_hard_bounce(ADDRESS, at=clock.now() - timedelta(hours=1), source="tests")
        assert await held() == []
        with clock.shifted(timedelta(hours=1)):
            await note_hard_bounce(ADDRESS, at=clock.now(), source="tests")
        assert await held() == [SuppressionReason.HARD_BOUNCE]

    async def test_a_complaint_leaves_transactional_mail(self) -> None:
        await note_complaint(ADDRESS, at=clock.now(), source="tests")
        (complaint,) = (await suppressions_of([ADDRESS]))[ADDRESS]
        assert complaint.scope is SuppressionScope.ALL_BUT_TRANSACTIONAL

    async def test_the_newest_complaint_counts_in_whatever_order_they_arrive(self) -> None:
        now = clock.now()
        for days in (2, 0, 1):
            await note_complaint(ADDRESS, at=now - timedelta(days=days), source="tests")
        assert [suppression.since for suppression in (await suppressions_of([ADDRESS]))[ADDRESS]] == [now]

    async def test_the_same_cause_many_times_at_once_is_one_suppression(self) -> None:
        now = clock.now()
        await asyncio.gather(*(note_hard_bounce(ADDRESS, at=now, source="tests") for _ in range(10)))
        assert await held() == [SuppressionReason.HARD_BOUNCE]

    def test_what_was_hashed_with_a_former_key_is_still_recognised(self) -> None:
        former, current = SecretStr("the first secret, of 32 characters"), SecretStr("the second one, of 32 characters")
        before = Settings(secret_key=former)
        after = Settings(secret_key=current, previous_secret_keys=(former,))
        assert digest_of_email(before, ADDRESS) in digests_of_email(after, ADDRESS.upper())
        assert digest_of_email(after, ADDRESS) != digest_of_email(before, ADDRESS)


@platform
class TestSoftBounces:
    async def test_two_do_not_block_and_a_third_does(self) -> None:
        await bounce_softly(9, 5)
        assert await held() == []
        await bounce_softly(1)
        assert await held() == [SuppressionReason.SOFT_BOUNCES]

    async def test_they_count_in_whatever_order_they_arrive(self) -> None:
        await bounce_softly(1, 9, 5)
        assert await held() == [SuppressionReason.SOFT_BOUNCES]

    async def test_mail_that_arrives_in_between_ends_the_row(self) -> None:
        await bounce_softly(9, 5)
        await note_delivery(ADDRESS, at=clock.now() - timedelta(days=3))
        await bounce_softly(1)
        assert await held() == []

    async def test_word_of_mail_that_arrived_may_come_late(self) -> None:
        await bounce_softly(9, 5)
        await note_delivery(ADDRESS, at=clock.now() - timedelta(days=12))
        await bounce_softly(1)
        assert await held() == [SuppressionReason.SOFT_BOUNCES]

    async def test_three_over_more_than_14_days_do_not_block(self) -> None:
        await bounce_softly(15, 5, 0.5)
        assert await held() == []

    async def test_the_same_one_told_several_times_counts_once(self) -> None:
        at = clock.now()
        await asyncio.gather(*(note_soft_bounce(ADDRESS, at=at, source="tests") for _ in range(5)))
        assert await held() == []

    async def test_mail_to_an_address_that_never_bounced_leaves_no_trace(self) -> None:
        await note_delivery(ADDRESS, at=clock.now())
        assert await SoftBounces.count() == 0


@platform
class TestWhoMay:
    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_only_admins_remove(self, role: Role) -> None:
        added = await suppress(ADDRESS, SuppressionReason.COMPLAINT, at=clock.now(), source="tests")
        with pytest.raises(Forbidden):
            await remove_suppression(await an_actor(role), str(added.id), REMOVAL)

    async def test_support_adds_none(self) -> None:
        with pytest.raises(Forbidden):
            await add_suppression(await an_actor(Role.SUPPORT), SuppressionCreate(email=ADDRESS))


class TestValidation:
    @pytest.mark.parametrize(("fields", "wrong"), [({"email": "nobody"}, "email"), ({"scope": "some"}, "scope")])
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            SuppressionCreate.model_validate({"email": ADDRESS} | fields)
        assert error.value.errors()[0]["loc"] == (wrong,)

    def test_a_removal_needs_a_reason(self) -> None:
        with pytest.raises(ValidationError):
            SuppressionRemoval.model_validate({"reason": " "})


@platform
class TestMissing:
    async def test_removing_twice_is_not_found(self) -> None:
        added = await suppress(ADDRESS, SuppressionReason.MANUAL, at=clock.now(), source="tests")
        await removed(added)
        for identity in (str(added.id), "0" * 24, "nonsense"):
            with pytest.raises(NotFound):
                await remove_suppression(Actor.system("tests"), identity, REMOVAL)
