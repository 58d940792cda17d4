"""When an hour's mail is too bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.email_alerts import EmailAlertKind
from resolvers.email_alert_rules import RULES, TIMES_THE_MEAN, MailCounts, says_something, too_much

BOUNCES, COMPLAINTS = EmailAlertKind.BOUNCES, EmailAlertKind.COMPLAINTS
NOTHING = MailCounts()


def counts(kind: EmailAlertKind, sent: int, count: int) -> MailCounts:
    return MailCounts(sent, bounced=count) if kind is BOUNCES else MailCounts(sent, complained=count)


@pytest.mark.parametrize(
    ("kind", "hour", "week", "is_too_much"),
    [
        (BOUNCES, (100, 5), (0, 0), True),  # 5 %
        (BOUNCES, (100, 4), (0, 0), False),
        (BOUNCES, (50, 50), (0, 0), True),
        (BOUNCES, (49, 49), (0, 0), False),  # too few were sent
        (BOUNCES, (100, 3), (1000, 10), True),  # three times 1 %
        (BOUNCES, (100, 2), (1000, 10), False),
        (BOUNCES, (100, 3), (49, 0), False),  # a week of too little is no mean
        (BOUNCES, (100, 3), (1000, 0), False),  # three times nothing is nothing
        (BOUNCES, (100, 0), (1000, 0), False),
        (BOUNCES, (100, 5), (1000, 100), True),  # the limit holds, however bad it usually is
        (COMPLAINTS, (1000, 1), (0, 0), True),  # 0.1 %
        (COMPLAINTS, (1001, 1), (0, 0), False),
        (COMPLAINTS, (100, 1), (0, 0), True),
        (COMPLAINTS, (99, 99), (0, 0), False),
        (COMPLAINTS, (10_000, 6), (100_000, 20), True),
        (COMPLAINTS, (10_000, 5), (100_000, 20), False),
    ],
)
def test_the_rules(kind: EmailAlertKind, hour: tuple[int, int], week: tuple[int, int], is_too_much: bool) -> None:
    assert (too_much(kind, counts(kind, *hour), counts(kind, *week)) is not None) is is_too_much


def test_the_numbers_say_how_bad_it_is() -> None:
    numbers = too_much(BOUNCES, counts(BOUNCES, 200, 8), counts(BOUNCES, 1000, 10))
    assert numbers is not None
    assert (numbers.sent, numbers.count, numbers.rate, numbers.mean) == (200, 8, 0.04, 0.01)
    assert numbers.threshold == 0.03


def test_what_bounces_now_may_have_been_sent_before() -> None:
    numbers = too_much(BOUNCES, counts(BOUNCES, 60, 300), NOTHING)
    assert numbers is not None
    assert (numbers.rate, numbers.mean) == (1, None)


kinds = st.sampled_from(EmailAlertKind)
amounts = st.integers(0, 10_000)
mail = st.builds(MailCounts, sent=amounts, bounced=amounts, complained=amounts)


@given(kinds, mail, mail)
def test_an_alert_is_over_its_threshold_which_is_never_over_the_limit(
    kind: EmailAlertKind, hour: MailCounts, week: MailCounts
) -> None:
    numbers = too_much(kind, hour, week)
    if numbers is None:
        return
    assert says_something(kind, hour)
    assert 0 < numbers.threshold <= numbers.rate <= 1
    assert numbers.threshold <= float(RULES[kind].limit)
    if numbers.mean:
        assert numbers.threshold == pytest.approx(min(float(RULES[kind].limit), TIMES_THE_MEAN * numbers.mean))


@given(kinds, mail, mail, st.integers(1, 100))
def test_more_of_the_same_is_no_less_bad(kind: EmailAlertKind, hour: MailCounts, week: MailCounts, more: int) -> None:
    worse = MailCounts(hour.sent, hour.bounced + more, hour.complained + more)
    if too_much(kind, hour, week):
        assert too_much(kind, worse, week)


@given(kinds, mail, mail)
def test_one_kind_does_not_look_at_the_other(kind: EmailAlertKind, hour: MailCounts, week: MailCounts) -> None:
    alone = counts(kind, hour.sent, hour.of(kind))
    assert too_much(kind, hour, week) == too_much(kind, alone, counts(kind, week.sent, week.of(kind)))


@given(kinds, mail)
def test_without_a_week_the_limit_alone_counts(kind: EmailAlertKind, hour: MailCounts) -> None:
    numbers = too_much(kind, hour, NOTHING)
    assert numbers is None or numbers.threshold == float(RULES[kind].limit)
