"""What the company is: its staff, its apps and what they cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from core.actor import Role
from models.plans import Interval

POSTAL_ADDRESS: Final = "All Over Apps Ltd\n1 Harbour Street\nBristol BS1 5TY\nUnited Kingdom"
OWNER: Final = "owner@example.com"
STAFF: Final[tuple[tuple[str, str, str, Role], ...]] = (
    ("Olivia", "Owens", OWNER, Role.OWNER),
    ("Adam", "Novak", "adam@example.com", Role.ADMIN),
    ("Sofia", "Lindqvist", "sofia@example.com", Role.SUPPORT),
    ("Mateo", "Rossi", "mateo@example.com", Role.MARKETING),
    ("Vera", "Klein", "vera@example.com", Role.VIEWER),
)


@dataclass(frozen=True, slots=True)
class CatalogApp:
    """`popularity` is the share of merchants that try it; `activity` what its shops do in it, as an event's name."""

    id: str
    name: str
    description: str
    popularity: float
    activity: str
    plans: tuple[dict[str, Any], ...]


APPS: Final = (
    CatalogApp(
        "banners-all-over",
        "Banners All Over",
        "Announcement bars, countdowns and pop-ups that know where the visitor comes from.",
        popularity=0.62,
        activity="banner-published",
        plans=(
            {"handle": "free", "name": "Free", "price": Decimal(0), "features": ["1 banner"]},
            {
                "handle": "growth",
                "name": "Growth",
                "price": Decimal("9.99"),
                "trialDays": 14,
                "features": ["20 banners", "Schedules"],
            },
            {
                "handle": "pro",
                "name": "Pro",
                "price": Decimal(29),
                "trialDays": 14,
                "features": ["Unlimited banners", "Schedules", "Geolocation", "A/B tests"],
            },
        ),
    ),
    CatalogApp(
        "reviews-all-over",
        "Reviews All Over",
        "Collects product reviews with photos, and shows them where they sell.",
        popularity=0.48,
        activity="review-received",
        plans=(
            {
                "handle": "starter",
                "name": "Starter",
                "price": Decimal("7.99"),
                "trialDays": 7,
                "features": ["100 review requests a month"],
            },
            {
                "handle": "plus",
                "name": "Plus",
                "price": Decimal("19.99"),
                "trialDays": 14,
                "features": ["Unlimited requests", "Photos", "Questions and answers"],
            },
            {
                "handle": "plus-annual",
                "name": "Plus, by the year",
                "price": Decimal(199),
                "interval": Interval.ANNUAL,
                "trialDays": 14,
                "features": ["Unlimited requests", "Photos", "Questions and answers", "Two months free"],
            },
        ),
    ),
    CatalogApp(
        "upsells-all-over",
        "Upsells All Over",
        "Offers what goes with the cart, before and after the checkout.",
        popularity=0.34,
        activity="upsell-accepted",
        plans=(
            {
                "handle": "basic",
                "name": "Basic",
                "price": Decimal(12),
                "trialDays": 14,
                "features": ["5 offers", "Cart page"],
            },
            {
                "handle": "unlimited",
                "name": "Unlimited",
                "price": Decimal(49),
                "trialDays": 30,
                "features": ["Unlimited offers", "Cart and checkout", "Post-purchase", "Priority support"],
            },
        ),
    ),
)
