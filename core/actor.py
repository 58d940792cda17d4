"""Who acts: staff, an app's backend, an end user of an app, the system itself, or nobody."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    SUPPORT = "support"
    MARKETING = "marketing"
    VIEWER = "viewer"


class Kind(StrEnum):
    STAFF = "staff"
    API_KEY = "api_key"
    END_USER = "end_user"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the user's or the key's id, or the name of the part of the system; `app_id` the one app that a key
    or an end user is bound to."""

    kind: Kind
    id: str = ""
    role: Role | None = None
    app_id: str | None = None
    scopes: frozenset[str] = frozenset()
    email: str | None = None
    authenticated_at: datetime | None = None
    """The login that a token goes back to; None for keys and the system."""

    @classmethod
    def anonymous(cls) -> Self:
        return cls(Kind.ANONYMOUS)

    @classmethod
    def system(cls, name: str) -> Self:
        return cls(Kind.SYSTEM, id=name)

    @classmethod
    def staff(cls, user_id: str, role: Role, email: str, authenticated_at: datetime | None = None) -> Self:
        return cls(Kind.STAFF, id=user_id, role=role, email=email, authenticated_at=authenticated_at)

    @classmethod
    def end_user(cls, user_id: str, app_id: str, email: str, authenticated_at: datetime | None = None) -> Self:
        """`id` says nothing about the person, since histories name it; `email` is the address that they proved."""
        return cls(Kind.END_USER, id=user_id, app_id=app_id, email=email, authenticated_at=authenticated_at)

    @property
    def is_staff(self) -> bool:
        return self.kind is Kind.STAFF

    @property
    def label(self) -> str:
        """How histories name the actor: `staff:64f…`, `api_key:64f…`, `system:upkeep`."""
        return f"{self.kind.value}:{self.id}" if self.id else self.kind.value

    def sees_app(self, app_id: str) -> bool:
        """False means that the app must not exist for this actor."""
        return self.app_id is None or self.app_id == app_id
