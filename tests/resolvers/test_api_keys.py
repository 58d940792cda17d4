"""Keys of the apps' backends."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from core.keys import is_well_formed
from core.pages import Page
from core.scopes import Scope
from core.tokens import fingerprint
from models.api_keys import ApiKey, ApiKeyStatus
from resolvers import api_keys
from resolvers.api_keys import ApiKeyCreate, ApiKeyFilter, ApiKeySortKey, ApiKeyUpdate
from tests.factories.api_keys import an_api_key, backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


def new(**fields: object) -> ApiKeyCreate:
    return ApiKeyCreate.model_validate({"appId": APP, "name": "Backend"} | fields)


def update(**fields: object) -> ApiKeyUpdate:
    return ApiKeyUpdate.model_validate(fields)


async def listed(actor: Actor, **filters: object) -> list[str]:
    found = await api_keys.list_api_keys(
        actor, Page(), ApiKeyFilter.model_validate(filters), ApiKeySortKey.NAME.order()
    )
    return [key.name for key in found.items]


class TestWorks:
    async def test_a_new_key_is_shown_once_and_only_its_digest_is_kept(self) -> None:
        owner = await an_actor()
        issued = await api_keys.create_api_key(owner, new(allowedOrigins=["https://Banners.example.com"]))
        assert is_well_formed(issued.secret)
        kept = await api_keys.get_api_key(owner, str(issued.api_key.id))
        assert (kept.digest, kept.created_by, kept.last_used) == (fingerprint(issued.secret), owner.id, None)
        assert kept.allowed_origins == ["https://banners.example.com"]
        assert issued.secret.startswith(kept.key.removesuffix("…"))
        assert issued.secret not in repr(kept.model_dump())

    async def test_a_key_has_every_scope_unless_some_are_named(self) -> None:
        assert set((await an_api_key(APP)).api_key.scopes) == set(Scope)
        assert (await an_api_key(APP, scopes=["plans:read", "plans:read"])).api_key.scopes == [Scope.PLANS_READ]

    async def test_keys_of_a_development_server_can_be_told_from_those_of_production(self) -> None:
        assert (await an_api_key(APP)).secret.startswith("aoa_test_")

    async def test_lists_filter_by_app_activity_and_name(self) -> None:
        viewer, other = await an_actor(Role.VIEWER), await an_app()
        await an_api_key(APP, name="Worker")
        off = await an_api_key(APP, name="Old worker")
        await an_api_key(other.id, name="Elsewhere")
        await api_keys.update_api_key(await an_actor(), str(off.api_key.id), update(isActive=False))
        assert await listed(viewer) == ["Elsewhere", "Old worker", "Worker"]
        assert await listed(viewer, appId=APP) == ["Old worker", "Worker"]
        assert await listed(viewer, isActive=False) == ["Old worker"]
        assert await listed(viewer, appId=APP, search="OLD W") == ["Old worker"]
        assert await listed(viewer, search=".*") == []

    async def test_each_key_counts_once_in_the_statistics(self) -> None:
        owner, other = await an_actor(), await an_app()
        await an_api_key(other.id)
        off, gone, both = [str((await an_api_key(APP)).api_key.id) for _ in range(3)]
        await api_keys.update_api_key(owner, off, update(isActive=False))
        await api_keys.revoke_api_key(owner, gone)
        soon = {"expiresAt": clock.now() + timedelta(hours=1)}
        await an_api_key(APP, **soon)
        await api_keys.update_api_key(owner, both, update(isActive=False, **soon))
        with clock.shifted(timedelta(hours=2)):
            stats = await api_keys.api_key_stats(owner)
        assert (stats.total, stats.active, stats.inactive, stats.expired) == (5, 1, 3, 1)
        assert dict(stats.by_app) == {APP: 4, other.id: 1}

    async def test_without_keys_the_statistics_are_zero(self) -> None:
        stats = await api_keys.api_key_stats(await an_actor())
        assert (stats.total, stats.active, stats.inactive, stats.expired, dict(stats.by_app)) == (0, 0, 0, 0, {})

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        owner = await an_actor()
        issued = await an_api_key(APP, scopes=["plans:read"], expiresAt=clock.now() + timedelta(days=1))
        changed = await api_keys.update_api_key(owner, str(issued.api_key.id), update(name="Worker", expiresAt=None))
        assert (changed.name, changed.scopes, changed.expires_at) == ("Worker", [Scope.PLANS_READ], None)
        assert changed.digest == issued.api_key.digest
        assert await listed(owner, search="worker") == ["Worker"]

    async def test_regenerating_puts_another_key_in_the_same_place(self) -> None:
        owner, old = await an_actor(), await an_api_key(APP)
        issued = await api_keys.regenerate_api_key(owner, str(old.api_key.id))
        assert issued.api_key.id == old.api_key.id
        assert issued.api_key.digest == fingerprint(issued.secret) != old.api_key.digest
        assert await ApiKey.find({"appId": APP}).count() == 1

    async def test_a_key_says_what_state_it_is_in(self) -> None:
        owner = await an_actor()
        key = (await an_api_key(APP, expiresAt=clock.now() + timedelta(hours=1))).api_key
        states = [key.status]
        with clock.shifted(timedelta(hours=1)):
            states.append(key.status)
        states.append((await api_keys.update_api_key(owner, str(key.id), update(isActive=False))).status)
        states.append((await api_keys.revoke_api_key(owner, str(key.id))).status)
        assert states == [ApiKeyStatus.ACTIVE, ApiKeyStatus.EXPIRED, ApiKeyStatus.INACTIVE, ApiKeyStatus.REVOKED]

    async def test_a_deleted_key_is_gone(self) -> None:
        identity = str((await an_api_key(APP)).api_key.id)
        assert await api_keys.delete_api_key(await an_actor(), identity) == identity
        assert await ApiKey.count() == 0


class TestARevokedKey:
    async def test_can_t_be_switched_on_or_regenerated(self) -> None:
        owner, identity = await an_actor(), str((await an_api_key(APP)).api_key.id)
        await api_keys.revoke_api_key(owner, identity)
        with pytest.raises(InvalidInput, match="final") as refused:
            await api_keys.update_api_key(owner, identity, update(isActive=True))
        assert refused.value.field == "isActive"
        with pytest.raises(InvalidInput, match="final"):
            await api_keys.regenerate_api_key(owner, identity)
        assert not (await api_keys.get_api_key(owner, identity)).is_active

    async def test_can_still_be_named_so_that_people_know_what_it_was(self) -> None:
        owner, identity = await an_actor(), str((await an_api_key(APP)).api_key.id)
        await api_keys.revoke_api_key(owner, identity)
        assert (await api_keys.update_api_key(owner, identity, update(name="Leaked"))).name == "Leaked"

    async def test_keeps_the_time_when_it_was_first_revoked(self) -> None:
        owner, identity = await an_actor(), str((await an_api_key(APP)).api_key.id)
        first = await api_keys.revoke_api_key(owner, identity)
        with clock.shifted(timedelta(hours=1)):
            again = await api_keys.revoke_api_key(owner, identity)
        assert again.revoked_at == first.revoked_at is not None


class TestWhoMay:
    async def test_nobody_and_no_backend_sees_keys(self) -> None:
        with pytest.raises(Unauthenticated):
            await listed(Actor.anonymous())
        with pytest.raises(Forbidden):
            await listed(backend_of(APP))

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETING, Role.VIEWER])
    async def test_only_admins_write(self, role: Role) -> None:
        actor, identity = await an_actor(role), str((await an_api_key(APP)).api_key.id)
        for attempt in (
            api_keys.create_api_key(actor, new()),
            api_keys.update_api_key(actor, identity, update(name="Mine")),
            api_keys.revoke_api_key(actor, identity),
            api_keys.regenerate_api_key(actor, identity),
            api_keys.delete_api_key(actor, identity),
        ):
            with pytest.raises(Forbidden):
                await attempt


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"name": ""}, "name"),
            ({"scopes": ["everything"]}, "scopes.0"),
            ({"allowedOrigins": ["https://example.com/path"]}, "allowedOrigins.0"),
            ({"allowedOrigins": ["*"]}, "allowedOrigins.0"),
            ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
            ({"expiresAt": "tomorrow"}, "expiresAt"),
            ({"key": "aoa_live_mine"}, "key"),
            ({"appId": None}, "appId"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            new(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    @pytest.mark.parametrize("name", ["appId", "digest", "revokedAt", "lastUsed"])
    def test_what_the_server_owns_can_t_be_sent(self, name: str) -> None:
        with pytest.raises(ValidationError, match="not permitted"):
            update(**{name: None})


class TestMissing:
    async def test_a_key_needs_an_app(self) -> None:
        with pytest.raises(NotFound, match="Unknown app") as missing:
            await api_keys.create_api_key(await an_actor(), new(appId="nowhere"))
        assert missing.value.field == "appId"

    @pytest.mark.parametrize("identity", ["0" * 24, "nonsense", '{"$ne": null}'])
    async def test_an_unknown_key_is_not_found(self, identity: str) -> None:
        owner = await an_actor()
        for attempt in (
            api_keys.get_api_key(owner, identity),
            api_keys.update_api_key(owner, identity, update(name="X", isActive=True)),
            api_keys.update_api_key(owner, identity, update(name="X")),
            api_keys.revoke_api_key(owner, identity),
            api_keys.regenerate_api_key(owner, identity),
            api_keys.delete_api_key(owner, identity),
        ):
            with pytest.raises(NotFound, match="API key not found"):
                await attempt

    async def test_deleting_twice_is_not_found(self) -> None:
        owner, identity = await an_actor(), str((await an_api_key(APP)).api_key.id)
        await api_keys.delete_api_key(owner, identity)
        with pytest.raises(NotFound):
            await api_keys.delete_api_key(owner, identity)
