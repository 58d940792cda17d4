"""The sequences of the demonstration company are in flight, and what happened in them hangs together."""

from collections import Counter, defaultdict
from itertools import pairwise
from random import Random
from typing import Final

import pytest
from beanie import PydanticObjectId

from core.settings import Settings
from models.app_events import AppEvent
from models.deliveries import Delivery
from models.enrollments import EnrollmentStatus, ExitReason, StepOutcome
from models.sequences import StepType
from models.shops import Shop
from resolvers.business_hours import hours_of
from resolvers.sequence_mail import delivery_id_of
from seed.catalog import APPS
from seed.lives import YEAR
from seed.people import people
from seed.prospects import prospecting
from seed.sequences import Outreach, outreach
from tests.seed.conftest import NOW

History = tuple[list[Shop], list[AppEvent]]
OWNER: Final = PydanticObjectId()


@pytest.fixture
def made(history: History, settings: Settings) -> Outreach:
    shops = history[0]
    known = people(Random(7), shops, {app.id: app.name for app in APPS}, settings, NOW)
    hoped_for = prospecting(Random(8), shops, known.contacts, [OWNER], NOW)
    return outreach(Random(9), hoped_for, OWNER, NOW - YEAR, NOW)


def test_two_sequences_of_two_apps_with_people_in_all_states(made: Outreach) -> None:
    assert len({sequence.app_id for sequence in made.sequences}) == len(made.sequences) == 2
    statuses = Counter(enrollment.status for enrollment in made.enrollments)
    assert statuses.total() > 100
    assert {EnrollmentStatus.COMPLETED, EnrollmentStatus.EXITED, EnrollmentStatus.ACTIVE} <= set(statuses)
    reasons = {enrollment.exit_reason for enrollment in made.enrollments}
    assert {ExitReason.REPLIED, ExitReason.UNSUBSCRIBED, ExitReason.BOUNCED} <= reasons
    assert any(enrollment.has_open_task for enrollment in made.enrollments)


def test_mail_went_out_within_hours_in_order_and_once(made: Outreach) -> None:
    hours = {sequence.id: hours_of(sequence.business_hours) for sequence in made.sequences}
    by_enrollment: defaultdict[PydanticObjectId, list[Delivery]] = defaultdict(list)
    for delivery in made.deliveries:
        assert delivery.outreach is not None
        assert delivery.sent_at is not None
        assert delivery.id == delivery_id_of(delivery.outreach.enrollment_id, delivery.outreach.step)
        assert hours[delivery.outreach.sequence_id].is_open(delivery.sent_at)
        by_enrollment[delivery.outreach.enrollment_id].append(delivery)
    assert len({delivery.id for delivery in made.deliveries}) == len(made.deliveries)
    for deliveries in by_enrollment.values():
        moments = [delivery.sent_at for delivery in deliveries if delivery.sent_at]
        assert all(earlier < later for earlier, later in pairwise(moments))


def test_no_day_has_more_than_its_cap(made: Outreach) -> None:
    caps = {sequence.id: sequence.daily_send_cap for sequence in made.sequences}
    days = Counter((one.outreach.sequence_id, one.outreach.day) for one in made.deliveries if one.outreach)
    assert all(sent <= caps[sequence_id] for (sequence_id, _), sent in days.items())


def test_histories_say_what_was_sent(made: Outreach) -> None:
    sent = {delivery.id for delivery in made.deliveries}
    for enrollment in made.enrollments:
        orders = [passed.order for passed in enrollment.history]
        assert orders == sorted(set(orders))
        for passed in enrollment.history:
            if passed.type is StepType.EMAIL:
                assert (passed.outcome, passed.delivery_id in sent) == (StepOutcome.SENT, True)
        assert enrollment.live is (enrollment.status is EnrollmentStatus.ACTIVE)
        assert (enrollment.next_at is None) is not enrollment.live
        if enrollment.next_at:
            assert enrollment.next_at > NOW


def test_nothing_happens_in_the_future(made: Outreach) -> None:
    assert all(event.at <= NOW for event in made.events)
    assert all(delivery.created_at <= NOW for delivery in made.deliveries)
