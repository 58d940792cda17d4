"""Ids that follow from what they are of: what is stored under them is found again by them."""

from core.ids import derived_id


def test_they_are_the_same_for_ever() -> None:
    assert str(derived_id("confirm:a-token")) == "42ec564256060f39e83ab05f"
    assert derived_id(b"confirm:a-token") == derived_id("confirm:a-token")


def test_what_utf_8_has_no_place_for_is_no_failure() -> None:
    assert derived_id("a\ud800") == derived_id("a?")
