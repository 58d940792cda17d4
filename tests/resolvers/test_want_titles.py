"""Which titles ask for the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.want_titles import ENOUGH, MOST_TOKENS, similarity, tokens_of


@pytest.mark.parametrize(
    ("title", "tokens"),
    [
        ("Schedule banners by the week", ["schedule", "banner", "week"]),
        ("Please add: BANNERS, more banners!", ["banner"]),
        ("Categories & discounts", ["category", "discount"]),
        ("Prévisualiser l'affichage", ["previsualiser", "affichage"]),
        ("A/B tests", ["test"]),
        ("予約 バナー", ["予約", "ハナー"]),
        ("Progress bar", ["progress", "bar"]),
        ("!?", []),
    ],
)
def test_words_that_say_what_it_is_about(title: str, tokens: list[str]) -> None:
    assert tokens_of(title) == tokens


@pytest.mark.parametrize(
    ("one", "other", "is_similar"),
    [
        ("Schedule banners by the week", "Weekly schedule for banners", True),
        ("Dark mode", "Please add a dark mode to the editor", True),
        ("Export reviews as CSV", "CSV export", True),
        ("Export reviews as CSV", "Import products", False),
        ("Dark mode", "Discount codes", False),
        ("!", "!", False),
    ],
)
def test_titles_that_share_enough_words_are_similar(one: str, other: str, is_similar: bool) -> None:
    assert (similarity(tokens_of(one), tokens_of(other)) >= ENOUGH) is is_similar


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_title_says_it_is_as_similar_as_the_other_is_to_it(one: str, other: str) -> None:
    tokens, others = tokens_of(one), tokens_of(other)
    assert len(tokens) == len(set(tokens)) <= MOST_TOKENS
    assert 0 <= similarity(tokens, others) == similarity(others, tokens) <= 1
    assert similarity(tokens, tokens) == (1 if tokens else 0)
