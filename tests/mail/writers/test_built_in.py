"""The writer that needs nobody: the same facts make the same draft, in five languages."""

from itertools import product

import pytest

from mail.writers import LANGUAGES, Assignment, Fact, WriterRefused
from mail.writers.built_in import BuiltInWriter, words_in
from mail.writers.checks import Draft, checked
from mail.writers.languages import language_of
from models.agent_actions import AgentGoal, AgentLanguage, AgentTone
from resolvers.agent_drafts import OUTREACH_GOALS, REPLY_GOALS

APP = [
    Fact("app_name", "Banners All Over", vouched=True),
    Fact("app_description", "Banners for every page of your shop.", vouched=True),
    Fact("app_link", "https://banners.example.com", vouched=True),
    Fact("from_price", "9.00 USD every 30 days", vouched=True),
    Fact("trial_days", "14", vouched=True),
    Fact("sender_name", "Sofia", vouched=True),
]
ADA = [Fact("first_name", "Ada"), Fact("company", "Tea & Time")]
TOPICS = ("billing", "bug", "feature", "how_to", "other", "privacy", "setup")
KINDS = [("outreach", goal.value) for goal in OUTREACH_GOALS] + [("reply", goal.value) for goal in REPLY_GOALS]


def an_assignment(
    kind: str = "outreach",
    goal: str = "introduce",
    *,
    language: str = "en",
    tone: str = "friendly",
    facts: list[Fact] | None = None,
    points: str = "",
) -> Assignment:
    return Assignment(kind, language, tone, goal, [*APP, *ADA] if facts is None else facts, points)


async def test_what_is_known_is_in_it() -> None:
    written = await BuiltInWriter().write(an_assignment())
    assert written.subject == "Banners All Over for Tea & Time"
    assert written.body.startswith("Hi Ada,\n\nI work on Banners All Over, an app for Shopify shops, and came across")
    assert "You can try it for 14 days before you decide. Plans begin at 9.00 USD every 30 days." in written.body
    assert written.body.endswith("Best wishes,\nSofia")


async def test_what_is_not_known_leaves_no_hole() -> None:
    written = await BuiltInWriter().write(an_assignment(facts=APP[:1]))
    assert written.subject == "Banners All Over"
    assert written.body.split("\n\n") == [
        "Hi,",
        "I work on Banners All Over, an app for Shopify shops.",
        "Is this of any use to you? If not, a short answer is enough, and I will not write again.",
        "Best wishes,\nBanners All Over",
    ]


async def test_the_same_assignment_gives_the_same_draft() -> None:
    first, second = [await BuiltInWriter().write(an_assignment()) for _ in range(2)]
    assert first == second


async def test_what_staff_want_said_takes_the_place_of_the_middle() -> None:
    written = await BuiltInWriter().write(an_assignment(points="We met in Berlin."))
    assert written.body.split("\n\n")[2] == "We met in Berlin."
    assert "Plans begin" not in written.body


async def test_what_facts_say_is_never_a_template() -> None:
    written = await BuiltInWriter().write(an_assignment(facts=[*APP, Fact("company", "{{ 7 * 7 }}{% if x %}")]))
    assert "{{ 7 * 7 }}{% if x %}" in written.body


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[1])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_draft_is_in_its_language_and_passes_all_checks(language: str, kind: tuple[str, str]) -> None:
    for tone, topic, facts in product(AgentTone, TOPICS, ([*APP, *ADA, Fact("subject", "Banner")], APP[:1])):
        told = [*facts, Fact("topic", topic)]
        written = await BuiltInWriter().write(an_assignment(*kind, language=language, tone=tone, facts=told))
        draft = Draft(written.subject, written.body, language, {"banners.example.com"}, told)
        assert [check for check in checked(draft) if not check.passed] == []
        assert language_of(written.body) in (language, None)


def test_there_are_words_for_each_tone_and_goal() -> None:
    assert {language.value for language in AgentLanguage} == set(LANGUAGES)
    for words in map(words_in, LANGUAGES):
        assert words.tones.keys() == set(AgentTone)
        assert words.outreach.keys() | words.reply.keys() == set(AgentGoal)


async def test_other_goals_are_refused() -> None:
    with pytest.raises(WriterRefused, match="knows no dance"):
        await BuiltInWriter().write(an_assignment(goal="dance"))


async def test_it_reads_by_phrases() -> None:
    read = await BuiltInWriter().read("Could you tell me how to move the banner?")
    assert (read.classification, read.usage) == ("question", None)
