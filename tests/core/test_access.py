"""Who may call."""

import pytest

from core.access import (
    ADMINS,
    MARKETING,
    OWNERS,
    PUBLIC,
    STAFF,
    SUPPORT,
    Access,
    access_of,
    allow,
    allow_all,
    allow_all_or_key,
)
from core.actor import Actor, Kind, Role
from core.errors import DomainError, Forbidden, Unauthenticated
from core.scopes import Scope

NOBODY = Actor.anonymous()
SYSTEM = Actor.system("upkeep")
VIEWER = Actor.staff("1", Role.VIEWER, "viewer@example.com")
ADMIN = Actor.staff("2", Role.ADMIN, "admin@example.com")
READER = Actor(Kind.API_KEY, id="3", app_id="banners", scopes=frozenset({Scope.PLANS_READ}))
WRITER = Actor(Kind.API_KEY, id="4", app_id="banners", scopes=frozenset({Scope.EVENTS_WRITE}))
CUSTOMER = Actor.end_user("5", "banners", "customer@example.com")
EVERYBODY = (NOBODY, SYSTEM, VIEWER, ADMIN, READER, WRITER, CUSTOMER)


def admitted(access: Access) -> set[str]:
    def enters(actor: Actor) -> bool:
        try:
            access.check(actor)
        except DomainError:
            return False
        return True

    return {actor.label for actor in EVERYBODY if enters(actor)}


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access(), {SYSTEM}),
        (Access(ADMINS), {SYSTEM, ADMIN}),
        (Access(STAFF), {SYSTEM, ADMIN, VIEWER}),
        (Access(STAFF, Scope.PLANS_READ), {SYSTEM, ADMIN, VIEWER, READER}),
        (Access(api_key=Scope.EVENTS_WRITE), {SYSTEM, WRITER}),
        (Access(ADMINS, end_user=True), {SYSTEM, ADMIN, CUSTOMER}),
        (PUBLIC, set(EVERYBODY)),
    ],
)
def test_each_kind_of_caller_needs_to_be_named(access: Access, expected: set[Actor]) -> None:
    assert admitted(access) == {actor.label for actor in expected}


def test_roles_include_those_above_them() -> None:
    assert OWNERS < ADMINS < SUPPORT < STAFF
    assert ADMINS < MARKETING < STAFF
    assert Role.MARKETING not in SUPPORT
    assert Role.SUPPORT not in MARKETING


def test_nobody_is_asked_to_log_in_and_somebody_is_told_why_not() -> None:
    with pytest.raises(Unauthenticated):
        Access(STAFF).check(NOBODY)
    for actor, sentence in ((VIEWER, "role viewer"), (WRITER, "lacks the scope plans:read"), (CUSTOMER, "End users")):
        with pytest.raises(Forbidden, match=sentence):
            Access(ADMINS, Scope.PLANS_READ).check(actor)


@pytest.mark.parametrize(
    ("access", "schemes"),
    [
        (PUBLIC, ()),
        (Access(api_key=Scope.NEWSLETTER_WRITE, public=True), ("apiKey",)),
        (Access(STAFF), ("jwt",)),
        (Access(end_user=True), ("jwt",)),
        (Access(STAFF, Scope.PLANS_READ), ("jwt", "apiKey")),
    ],
)
def test_the_documentation_says_which_credentials_open_it(access: Access, schemes: tuple[str, ...]) -> None:
    assert access.schemes == schemes


async def test_an_operation_checks_whoever_calls_it() -> None:
    @allow(ADMINS)
    async def double(actor: Actor, number: int, *, plus: int = 0) -> int:
        return 2 * number + plus

    @allow_all
    async def greet(actor: Actor) -> str:
        return "hello"

    @allow_all_or_key(Scope.NEWSLETTER_WRITE)
    async def part(actor: Actor) -> str:
        return "goodbye"

    assert await double(ADMIN, 2, plus=1) == 5
    assert [await part(actor) for actor in (NOBODY, READER, VIEWER, CUSTOMER)] == ["goodbye"] * 4
    assert access_of(double) == Access(ADMINS)
    assert await greet(NOBODY) == "hello"
    with pytest.raises(Forbidden):
        await double(VIEWER, 2)


def test_a_key_sees_its_app_and_staff_see_all() -> None:
    assert [actor.sees_app("banners") for actor in (READER, CUSTOMER, VIEWER)] == [True, True, True]
    assert [actor.sees_app("reviews") for actor in (READER, CUSTOMER, VIEWER)] == [False, False, True]


def test_histories_name_the_actor() -> None:
    assert [actor.label for actor in (NOBODY, SYSTEM, VIEWER)] == ["anonymous", "system:upkeep", "staff:1"]
