"""What the apps' users want: their words are in `wants.toml`, the most wanted first. Who voted was told long ago."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from models.shops import Shop
from models.want_votes import WantVote
from models.wants import Want, WantAnswer, WantAuthor, WantChange, WantStatus
from resolvers.apps import AppUpdate, update_app
from resolvers.want_counts import DEFAULT_CURRENCY
from resolvers.want_identities import Identity
from resolvers.want_stakes import VotersShops, amount_in, stake_of
from resolvers.want_titles import tokens_of
from resolvers.wants import search_text_of
from seed.histories import ACTOR

FILE: Final = Path(__file__).with_name("wants.toml")
SUPPORT: Final = "staff:sofia@example.com"
BACKEND: Final = "api_key:seed"
PENDING, UNDER_REVIEW, PLANNED = WantStatus.PENDING, WantStatus.UNDER_REVIEW, WantStatus.PLANNED
IN_PROGRESS, COMPLETED, DECLINED = WantStatus.IN_PROGRESS, WantStatus.COMPLETED, WantStatus.DECLINED
DUPLICATE: Final = WantStatus.DUPLICATE

LIVES: Final[Mapping[WantStatus, tuple[WantStatus, ...]]] = {
    PENDING: (),
    UNDER_REVIEW: (UNDER_REVIEW,),
    PLANNED: (UNDER_REVIEW, PLANNED),
    IN_PROGRESS: (UNDER_REVIEW, PLANNED, IN_PROGRESS),
    COMPLETED: (UNDER_REVIEW, PLANNED, IN_PROGRESS, COMPLETED),
    DECLINED: (UNDER_REVIEW, DECLINED),
    DUPLICATE: (UNDER_REVIEW, DUPLICATE),
}
"""The way to each status."""
AGES: Final[Mapping[WantStatus, tuple[float, float]]] = {
    PENDING: (0.1, 5),
    UNDER_REVIEW: (6, 250),
    PLANNED: (40, 260),
    IN_PROGRESS: (70, 280),
    COMPLETED: (110, 330),
    DECLINED: (60, 300),
    DUPLICATE: (30, 200),
}
"""In days: how long ago it was asked for."""
ETAS: Final[Mapping[WantStatus, Sequence[str | None]]] = {
    PLANNED: (None, None, "This year", "In the next quarter"),
    IN_PROGRESS: ("Within some weeks", "Next month", "In beta: write to us"),
}
APPEAL: Final = 0.34
"""What share of the shops votes for the most wanted."""
STEEPNESS: Final = 0.75
"""How much less the others are wanted: by rank to this power."""
DONE: Final = 2.5
"""What is done was wanted by so many fewer as if it ranked that many times lower: it came before the crowd."""
PAYING: Final = 1.5
"""How much more those vote who pay."""
COLLEAGUE: Final = 0.12
"""How often somebody else of the shop votes too."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The apps' wants, and the votes for them."""

    wants: list[Want] = field(default_factory=list)
    votes: list[WantVote] = field(default_factory=list)


async def write_boards() -> None:
    """The apps' categories, and where their users read what is wanted."""
    for app_id, board in _file().items():
        page = f"https://{app_id}.example.com/wants/{{id}}"
        settings = {"wantBoard": {"categories": board["categories"], "pageUrl": page}}
        await update_app(ACTOR, app_id, AppUpdate.model_validate(settings))


def wishes(random: Random, shops: Sequence[Shop], now: datetime) -> Wishes:
    """Each want stands where its history leads, and counts what its votes and their shops come to."""
    found = Wishes()
    for app_id, board in _file().items():
        of_app = sorted(
            (shop for shop in shops if shop.app_id == app_id), key=lambda shop: (shop.created_at, shop.domain)
        )
        wants = [_want(random, app_id, words, of_app, now) for words in board["wants"]]
        votes = [_votes(random, want, rank, of_app, now) for rank, want in enumerate(wants, 1)]
        _merge(wants, votes, board["wants"])
        found.wants.extend(_counted(want, cast, shops, now) for want, cast in zip(wants, votes, strict=True))
        found.votes.extend(vote for cast in votes for vote in cast)
    found.wants.sort(key=lambda want: want.created_at)
    found.votes.sort(key=lambda vote: vote.created_at)
    return found


def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def _want(random: Random, app_id: str, words: dict[str, Any], shops: Sequence[Shop], now: datetime) -> Want:
    status = DUPLICATE if "merged_into" in words else WantStatus(words["status"])
    asked = now - timedelta(days=random.uniform(*AGES[status]))
    author = random.choice([shop for shop in shops if shop.created_at < asked] or shops[:1])
    at = moment_of(max(asked, author.created_at + timedelta(hours=2)))
    want = Want(
        app_id=app_id,
        title=words["title"],
        description=words["description"],
        category=words["category"],
        status=status,
        eta=random.choice(ETAS.get(status, (None,))),
        author=_author(author),
        title_tokens=tokens_of(words["title"]),
        search_text=search_text_of(words["title"], words["description"], []),
        created_at=at,
        updated_at=at,
    )
    want.history = list(_history(random, want, words.get("answer"), now))
    if want.history:
        want.updated_at = want.history[-1].at
    if answer := words.get("answer"):
        want.answer = WantAnswer(text=answer, at=want.updated_at, by=SUPPORT)
    return want


def _history(random: Random, want: Want, answer: str | None, now: datetime) -> Iterator[WantChange]:
    """A first look after a day or two, then one step after the other."""
    before, steps = PENDING, LIVES[want.status]
    moments = sorted(random.uniform(0.05, 0.95) for _ in steps[1:])
    for number, after in enumerate(steps):
        looked = want.created_at + (now - want.created_at) * (moments[number - 1] if number else 0)
        at = moment_of(looked + timedelta(hours=0 if number else random.uniform(3, 24)))
        note = answer if after in (COMPLETED, DECLINED) else None
        yield WantChange(before=before, after=after, at=at, by=SUPPORT, note=note)
        before = after


def _author(shop: Shop) -> WantAuthor:
    identity = _identity(shop)
    return WantAuthor(key=identity.key, **identity.fields)


def _identity(shop: Shop) -> Identity:
    return Identity.of_email(shop.email, shop.domain, []) if shop.email else Identity.of_shop(shop.domain)


def _votes(random: Random, want: Want, rank: int, shops: Sequence[Shop], now: datetime) -> list[WantVote]:
    """From the first look on until it was decided, by those who have the app then."""
    votes = {want.author.key: _vote(want, want.author.model_dump(), want.created_at)} if want.author else {}
    if not want.history:
        return list(votes.values())
    rank = round(rank * DONE) if want.status is COMPLETED else rank
    end = want.history[-1].at if want.status in (COMPLETED, DECLINED, DUPLICATE) else now
    for shop in shops:
        begin = max(want.history[0].at, shop.created_at + timedelta(hours=1))
        last = min(end, shop.uninstalled_at or end)
        pays = PAYING if shop.subscription and shop.subscription.price else 1.0
        if begin >= last or random.random() > pays * APPEAL / rank**STEEPNESS:
            continue
        people = [_identity(shop)]
        if shop.email and random.random() < COLLEAGUE:
            people.append(Identity.of_email(f"team@{shop.email.partition('@')[2]}", shop.domain, []))
        for person in people:
            at = moment_of(begin + (last - begin) * random.random() ** 2)
            votes.setdefault(person.key, _vote(want, {"key": person.key, **person.fields}, at))
    return list(votes.values())


def _vote(want: Want, who: Mapping[str, Any], at: datetime) -> WantVote:
    return WantVote(
        app_id=want.app_id,
        want_id=want.id,
        identity=who["key"],
        email=who["email"],
        email_key=who["email_key"],
        shop_domain=who["shop_domain"],
        cast_by=BACKEND,
        created_at=at,
        updated_at=at,
    )


def _merge(wants: Sequence[Want], votes: list[list[WantVote]], words: Sequence[dict[str, Any]]) -> None:
    """The votes of duplicates are those of what they were merged into."""
    places = {want.title: number for number, want in enumerate(wants)}
    for number, want in enumerate(wants):
        if want.status is DUPLICATE:
            place = places[words[number]["merged_into"]]
            want.merged_into = wants[place].id
            known = {vote.identity for vote in votes[place]}
            moved = {"want_id": wants[place].id, "merged_from": [want.id]}
            votes[place] += [one.model_copy(update=moved) for one in votes[number] if one.identity not in known]
            votes[number] = []


def _counted(want: Want, votes: Sequence[WantVote], shops: Sequence[Shop], now: datetime) -> Want:
    keys = {vote.email_key for vote in votes if vote.email_key}
    domains = {vote.shop_domain for vote in votes if vote.shop_domain}
    domains |= {shop.domain for shop in shops if shop.app_id == want.app_id and shop.email_key in keys}
    merchants = [shop for shop in shops if shop.domain in domains]
    own = [shop for shop in merchants if shop.app_id == want.app_id]
    want.vote_count = len(votes)
    want.stake = stake_of(votes, VotersShops(own, merchants), now)
    want.revenue_key = amount_in(want.stake.revenue, DEFAULT_CURRENCY)
    return want


def moment_of(at: datetime) -> datetime:
    """As the database keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
