"""What an app's backend may be let in to: the one list of API key scopes."""

from enum import StrEnum


class Scope(StrEnum):
    SHOPS_READ = "shops:read"
    PLANS_READ = "plans:read"
    EVENTS_WRITE = "events:write"
    NEWSLETTER_WRITE = "newsletter:write"
    WANTS_READ = "wants:read"
    WANTS_WRITE = "wants:write"
    MAGIC_LINKS_WRITE = "magic-links:write"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    LOGS_WRITE = "logs:write"
    FEEDBACK_WRITE = "feedback:write"
