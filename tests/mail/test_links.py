"""Tokens in links: read back as issued, by any key still in use; anything else is nothing."""

import string

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from mail.links import MAX_LINK, OPENED, Hit, TrackingTokens, UnsubscribeTokens

OLD, NEW = b"o" * 32, b"n" * 32
TRACKING = TrackingTokens([NEW, OLD])
UNSUBSCRIBE = UnsubscribeTokens([NEW, OLD])
ALPHABET = string.ascii_letters + string.digits + "-_"

deliveries = st.binary(min_size=12, max_size=12).map(ObjectId)
numbers = st.integers(OPENED, MAX_LINK)


@given(deliveries, numbers)
def test_a_tracking_token_has_31_characters_and_is_read_back(delivery: ObjectId, link: int) -> None:
    token = TRACKING.issue(delivery, link)
    assert len(token) == 31
    assert set(token) <= set(ALPHABET)
    assert TRACKING.read(token) == Hit(delivery, link)


@given(deliveries)
def test_an_unsubscribe_token_is_read_back(delivery: ObjectId) -> None:
    token = UNSUBSCRIBE.issue(delivery)
    assert len(token) == 39
    assert UNSUBSCRIBE.read(token) == delivery


@given(deliveries, numbers)
def test_a_previous_key_verifies_and_an_unknown_one_does_not(delivery: ObjectId, link: int) -> None:
    assert TRACKING.read(TrackingTokens([OLD]).issue(delivery, link)) == Hit(delivery, link)
    assert TRACKING.read(TrackingTokens([b"x" * 32]).issue(delivery, link)) is None


@given(deliveries, numbers, st.data())
def test_a_changed_character_never_verifies(delivery: ObjectId, link: int, data: st.DataObject) -> None:
    for issued, read in (
        (TRACKING.issue(delivery, link), TRACKING.read),
        (UNSUBSCRIBE.issue(delivery), UNSUBSCRIBE.read),
    ):
        position = data.draw(st.integers(0, len(issued) - 1))
        other = data.draw(st.sampled_from(ALPHABET.replace(issued[position], "")))
        assert read(issued[:position] + other + issued[position + 1 :]) is None


@given(st.text(max_size=60))
def test_text_that_was_not_issued_is_nothing(text: str) -> None:
    assert TRACKING.read(text) is None
    assert UNSUBSCRIBE.read(text) is None


def test_a_token_serves_one_purpose_even_with_the_same_key() -> None:
    delivery = ObjectId()
    assert UNSUBSCRIBE.read(TRACKING.issue(delivery, 1)) is None
    assert TRACKING.read(UNSUBSCRIBE.issue(delivery)) is None


@pytest.mark.parametrize(
    "change", [lambda t: t + "=", lambda t: t + "\n", lambda t: " " + t, lambda t: t[:-1], lambda t: t * 2]
)
def test_a_token_has_one_spelling(change: object) -> None:
    assert callable(change)
    assert TRACKING.read(change(TRACKING.issue(ObjectId(), 1))) is None
