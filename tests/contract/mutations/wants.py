"""Mutations of what people say and want."""

from typing import Final

from tests.contract.mutations.sample import Sample
from tests.contract.requests.calling import APP, SHOP, Caller, Parameters
from tests.contract.requests.feedback import feedback
from tests.contract.requests.wants import a_want
from tests.factories import wants
from tests.factories.contacts import a_contact

VOTER: Final = {"voterEmail": "bob@example.com", "shopDomain": SHOP}


async def two_wants(_: Caller) -> Parameters:
    """Somebody voted for the first."""
    first, second = await wants.a_want(APP), await wants.a_want(APP)
    await wants.voted(first, wants.voter("bob@example.com"))
    return {"id": str(first.id), "intoId": str(second.id)}


async def a_voted_want(_: Caller) -> Parameters:
    want = await wants.a_want(APP)
    await wants.voted(want, wants.voter(*VOTER.values()))
    return {"id": str(want.id)}


async def a_want_of_somebody(_: Caller) -> Parameters:
    """Who is known by address."""
    author = await a_contact()
    return {"id": str((await wants.a_want(APP, author=wants.by(author.email))).id)}


SAMPLES: Final[dict[str, Sample]] = {
    "feedbackConvertToWant": Sample(feedback, {"input": {"title": "A bar that covers nothing"}}),
    "feedbackConvertToTicket": Sample(feedback, {"input": {"subject": "The bar covers the menu", "topic": "bug"}}),
    "wantVote": Sample(a_want, {"voter": VOTER}),
    "wantUnvote": Sample(a_voted_want, {"voter": VOTER}),
    "wantVoteToggle": Sample(a_want, {"voter": VOTER}),
    "wantMerge": Sample(two_wants, {"notifyVoters": True}),
    "wantCampaignDraft": Sample(a_want_of_somebody, {"input": {"name": "It is there"}}),
}
