"""How people are taken out of prospects: nobody is won as a customer who asked to be forgotten."""

from typing import Final

from models.prospects import Prospect, ProspectNote
from resolvers.holdings import Holding, deleting

PROSPECT_NOTES: Final = Holding(
    ProspectNote,
    lambda person: {"emailKey": person.contact.email_key},
    frozenset({"note", "created_at"}),
    deleting,
)
PROSPECTS: Final = Holding(
    Prospect,
    lambda person: {"emailKey": person.contact.email_key},
    frozenset(
        {
            "email",
            "name",
            "company",
            "title",
            "domain",
            "shop_domain",
            "country",
            "language",
            "source",
            "tags",
            "facts",
            "score",
            "status",
            "created_at",
        }
    ),
    deleting,
)
