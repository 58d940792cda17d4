"""Every documented path: read it from top to bottom.

A row names the view that translates and the resolver that it calls. Who may call it is declared on the resolver.
"""

from typing import Final

from resolvers import apps, auth, health, users
from rest_compat import apps as apps_views
from rest_compat import auth as auth_views
from rest_compat import health as health_views
from rest_compat import users as users_views
from rest_compat.apps import AppWire
from rest_compat.auth import CurrentUserWire, HashWire, SessionWire
from rest_compat.edge import Data, DataMessage, Message, Paged
from rest_compat.health import HealthWire
from rest_compat.routing import Categories, Route
from rest_compat.users import UserWire

CATEGORIES: Final[Categories] = {
    "Auth": [
        Route("POST", "/auth/login", auth_views.log_in, auth.log_in, SessionWire, errors=(401,)),
        Route("POST", "/auth/refresh", auth_views.refresh_token, auth.refresh_token, SessionWire),
        Route("POST", "/auth/hash-password", auth_views.hash_password, auth.hash_password, HashWire, errors=(404,)),
        Route("GET", "/auth/me", auth_views.current_user, auth.current_user, CurrentUserWire),
    ],
    "Users": [
        Route("GET", "/users/", users_views.list_users, users.list_users, Paged[UserWire]),
        Route("POST", "/users/", users_views.create_user, users.create_user, DataMessage[UserWire], 201),
        Route("GET", "/users/{id}", users_views.get_user, users.get_user, Data[UserWire]),
        Route("PATCH", "/users/{id}", users_views.update_user, users.update_user, DataMessage[UserWire]),
        Route("DELETE", "/users/{id}", users_views.deactivate_user, users.deactivate_user, Message),
        Route("PATCH", "/users/{id}/password", users_views.change_password, users.change_password, Message),
    ],
    "Apps": [
        Route("GET", "/apps", apps_views.list_apps, apps.list_apps, Paged[AppWire]),
    ],
    "Health": [
        Route("GET", "/health", health_views.get_health, health.get_health, HealthWire, errors=(503,)),
    ],
}
