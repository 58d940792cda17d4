"""When a sequence may send: by the clock on the wall, whatever daylight saving does to it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sequences import BusinessHours
from resolvers.business_hours import Hours, hours_of

ZONES = [
    None,
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Antarctica/Troll",
    "America/Havana",
    "Africa/Cairo",
]

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def berlin(start: int = 9, end: int = 17, **fields: object) -> Hours:
    known = {"start_hour": start, "end_hour": end, "timezone": "Europe/Berlin"}
    return hours_of(BusinessHours.model_validate(known | fields))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-01-30T09:00:00+01:00", "2026-01-30T09:00:00+01:00"),
        ("2026-01-30T16:59:59+01:00", "2026-01-30T16:59:59+01:00"),
        ("2026-01-30T17:00:00+01:00", "2026-02-02T09:00:00+01:00"),
        ("2026-01-31T12:00:00+01:00", "2026-02-02T09:00:00+01:00"),
        ("2026-02-02T03:00:00+01:00", "2026-02-02T09:00:00+01:00"),
        ("2026-03-27T18:00:00+01:00", "2026-03-30T09:00:00+02:00"),
    ],
    ids=["as it opens", "to its end", "after it on a Friday", "on a Saturday", "before it", "over daylight saving"],
)
def test_from_monday_to_friday(moment: str, opening: str) -> None:
    assert berlin().next_open(at(moment)) == at(opening)


def test_a_holiday_is_left_out() -> None:
    assert berlin(holidays=["2026-12-25"]).next_open(at("2026-12-24T18:00:00+01:00")) == at("2026-12-28T09:00:00+01:00")


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    night = berlin(22, 6)
    assert night.is_open(at("2026-01-31T05:59:00+01:00"))  # of Friday's night
    assert not night.is_open(at("2026-01-31T22:00:00+01:00"))  # a Saturday
    assert not night.is_open(at("2026-02-02T05:00:00+01:00"))  # of Sunday's
    assert night.next_open(at("2026-01-31T06:00:00+01:00")) == at("2026-02-02T22:00:00+01:00")


def test_equal_hours_are_all_day() -> None:
    around = berlin(9, 9)
    assert around.is_open(at("2026-01-30T00:00:00+01:00"))
    assert around.next_open(at("2026-01-31T00:00:00+01:00")) == at("2026-02-02T00:00:00+01:00")


def test_an_hour_that_is_left_out_is_no_opening() -> None:
    """On the 29th of March 2026 the clock goes from 2 to 3."""
    every_day = {"days": [1, 2, 3, 4, 5, 6, 7]}
    assert berlin(2, 3, **every_day).next_open(at("2026-03-28T12:00:00+01:00")) == at("2026-03-30T02:00:00+02:00")
    assert berlin(2, 5, **every_day).next_open(at("2026-03-29T00:00:00+01:00")) == at("2026-03-29T03:00:00+02:00")


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    """On the 25th of October 2026 the clock goes from 3 back to 2."""
    hours = berlin(2, 3, days=[7])
    assert hours.is_open(at("2026-10-25T02:30:00+02:00"))
    assert hours.is_open(at("2026-10-25T02:30:00+01:00"))
    assert not hours.is_open(at("2026-10-25T03:00:00+01:00"))


def test_the_next_day_of_a_night_begins_at_midnight() -> None:
    assert berlin(22, 6).next_day(at("2026-01-29T23:00:00+01:00")) == at("2026-01-30T00:00:00+01:00")


moments = st.integers(0, 4 * 366 * 24 * 60 * 60).map(lambda seconds: START + timedelta(seconds=seconds))
several_hours = st.builds(
    lambda zone, offset, start, end, days, holidays: hours_of(
        BusinessHours(
            start_hour=start,
            end_hour=end,
            utc_offset=offset,
            timezone=zone,
            days=sorted(days),
            holidays=[day.isoformat() for day in holidays],
        )
    ),
    st.sampled_from(ZONES),
    st.integers(-48, 56).map(lambda quarters: quarters / 4),
    st.integers(0, 23),
    st.integers(0, 24),
    st.sets(st.integers(1, 7), min_size=1),
    st.lists(st.dates(date(2024, 1, 1), date(2027, 12, 31)), max_size=5),
)


@settings(max_examples=150)
@given(hours=several_hours, moment=moments, fraction=st.floats(0, 1, exclude_max=True))
def test_what_is_put_off_is_put_off_to_an_open_moment(hours: Hours, moment: datetime, fraction: float) -> None:
    put_off = hours.spread(moment, fraction, timedelta(hours=1))
    assert moment <= put_off
    assert hours.is_open(put_off)


@settings(max_examples=150)
@given(hours=several_hours, moment=moments)
def test_nothing_is_open_before_the_next_opening(hours: Hours, moment: datetime) -> None:
    opening = hours.next_open(moment)
    if opening > moment:
        steps = min(int((opening - moment) / timedelta(minutes=15)), 200)
        assert not any(hours.is_open(opening - (number + 1) * timedelta(minutes=15)) for number in range(steps))


@settings(max_examples=150)
@given(hours=several_hours, moment=moments)
def test_the_next_day_is_a_later_day(hours: Hours, moment: datetime) -> None:
    opening = hours.next_day(moment)
    assert hours.is_open(opening)
    assert hours.day(opening) > hours.day(moment)
