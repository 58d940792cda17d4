"""What people want of an app, and who votes for it."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from core.actor import Actor
from models.want_votes import WantVote
from models.wants import Want, WantAuthor, WantStatus
from resolvers.want_board import PublicWant
from resolvers.want_counts import count_votes
from resolvers.want_identities import WantVoter
from resolvers.want_submitting import WantCreate, create_want
from resolvers.want_titles import tokens_of
from resolvers.want_votes import unvote_want, vote_for_want
from resolvers.wants import search_text_of

SYSTEM: Final = Actor.system("tests")

_numbers = count(1)


async def a_want(app_id: str, title: str = "", **fields: Any) -> Want:
    """Stored, and looked at by staff where nothing else is said."""
    title = title or f"Feature {next(_numbers)}"
    known = {"status": WantStatus.UNDER_REVIEW, "category": "general", "title_tokens": tokens_of(title)}
    searched = search_text_of(title, fields.get("description", ""), fields.get("tags", []))
    return await Want(app_id=app_id, title=title, search_text=searched, **{**known, **fields}).insert()


def by(email: str) -> WantAuthor:
    return WantAuthor(key=f"email:{email}", email=email, email_key=email)


def asked(**fields: object) -> WantCreate:
    """What somebody sends who asks for something."""
    return WantCreate.model_validate({"title": "Schedules", "description": "By the week", **fields})


async def submitted(app_id: str, actor: Actor = SYSTEM, **fields: object) -> Want:
    return (await create_want(actor, app_id, asked(**fields))).want


def voter(email: str | None = None, shop: str | None = None) -> WantVoter:
    return WantVoter.model_validate({"voterEmail": email, "shopDomain": shop})


NOBODY: Final = voter()


def voters(size: int) -> Sequence[WantVoter]:
    return [voter(f"voter-{number}@example.com") for number in range(size)]


async def voted(want: Want, *people: WantVoter, actor: Actor = SYSTEM) -> PublicWant:
    """The last of them."""
    outcomes = [await vote_for_want(actor, want.app_id, str(want.id), one) for one in people]
    return outcomes[-1]


async def unvoted(want: Want, one: WantVoter, actor: Actor = SYSTEM) -> PublicWant:
    return await unvote_want(actor, want.app_id, str(want.id), one)


async def with_votes(want: Want, size: int) -> Want:
    """So many people's, stored as they are."""
    votes = [_vote(want, f"fan-{next(_numbers)}@example.com") for _ in range(size)]
    await WantVote.insert_many(votes)
    counted = await count_votes(want.id)
    assert counted is not None
    return counted


def _vote(want: Want, email: str) -> WantVote:
    key = f"email:{email}"
    return WantVote(
        app_id=want.app_id, want_id=want.id, identity=key, email=email, email_key=email, cast_by=SYSTEM.label
    )


async def stored(want: Want) -> Want:
    """As it is now."""
    found = await Want.get(want.id)
    assert found is not None
    return found


async def votes_of(want: Want) -> list[WantVote]:
    return await WantVote.find({"appId": want.app_id, "wantId": want.id}).sort("_id").to_list()


async def who_voted(want: Want) -> set[str]:
    return {vote.identity for vote in await votes_of(want)}
