"""The merchants that use the company's apps. Their addresses end with `.example` (RFC 2606): nobody's mail."""

import re
import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Market:
    country: str
    currency: str
    locale: str
    weight: int
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    brands: tuple[str, ...]
    trades: tuple[str, ...]


MARKETS: Final = (
    Market(
        "US", "USD", "en-US", 34,
        ("Emma", "Noah", "Ava", "Liam", "Mia", "Ethan", "Grace", "Mason"),
        ("Miller", "Carter", "Nguyen", "Brooks", "Rivera", "Coleman"),
        ("Copper Creek", "Juniper", "Lone Pine", "Harbor", "Wild Sage", "Redwood", "Sunday", "Prairie", "Blue Heron"),
        ("Coffee", "Candle Co", "Outfitters", "Soap", "Denim", "Ceramics", "Pet Supply", "Tea", "Bicycles", "Leather"),
    ),
    Market(
        "GB", "GBP", "en-GB", 14,
        ("Oliver", "Amelia", "Harry", "Isla", "Freya", "Alfie"),
        ("Clarke", "Hughes", "Patel", "Walsh", "Bennett"),
        ("Foxglove", "Thistle", "Copperfield", "Little Wren", "Marlow", "Bramble", "Northgate"),
        ("Gin", "Stationery", "Wool", "Teas", "Prints", "Garden", "Knitwear", "Biscuits"),
    ),
    Market(
        "DE", "EUR", "de-DE", 12,
        ("Lena", "Jonas", "Greta", "Felix", "Klara", "Moritz"),
        ("Schneider", "Wagner", "Hoffmann", "Yilmaz", "Brandt"),
        ("Nordlicht", "Waldmeister", "Kupferkanne", "Lindenhof", "Morgenrot", "Kieselstein"),
        ("Keramik", "Kaffee", "Naturseifen", "Papeterie", "Strickwaren", "Spielzeug", "Lampen"),
    ),
    Market(
        "CA", "CAD", "en-CA", 9,
        ("Chloe", "Lucas", "Zoe", "Owen", "Nora"),
        ("Tremblay", "MacDonald", "Singh", "Roy", "Campbell"),
        ("Maple Row", "Frost & Fir", "Loon Lake", "Cedar Bay", "Aurora"),
        ("Outdoor", "Syrup", "Blankets", "Paddles", "Skincare", "Toys"),
    ),
    Market(
        "FR", "EUR", "fr-FR", 8,
        ("Camille", "Louis", "Manon", "Hugo", "Inès"),
        ("Lefèvre", "Moreau", "Garnier", "Dubois", "Benali"),
        ("Petit Matin", "Belle Saison", "Rue Verte", "La Mésange", "Bleu Lavande"),
        ("Savons", "Bijoux", "Thés", "Papeterie", "Maison", "Bougies"),
    ),
    Market(
        "AU", "AUD", "en-AU", 8,
        ("Jack", "Ruby", "Cooper", "Matilda", "Archie"),
        ("Taylor", "Walker", "Kelly", "Tran", "Harris"),
        ("Saltwater", "Banksia", "Coral Coast", "Wattle", "Southern Cross"),
        ("Surf", "Swimwear", "Honey", "Skincare", "Hats", "Coffee"),
    ),
    Market(
        "ES", "EUR", "es-ES", 6,
        ("Lucía", "Hugo", "Carmen", "Pablo", "Alba"),
        ("García", "Navarro", "Serrano", "Ortega", "Vidal"),
        ("Luna Roja", "Olivar", "Casa Brava", "Sol de Abril", "Azahar"),
        ("Aceites", "Cerámica", "Joyas", "Calzado", "Perfumes"),
    ),
    Market(
        "BR", "BRL", "pt-BR", 4,
        ("Júlia", "Miguel", "Beatriz", "Rafael"),
        ("Silva", "Souza", "Almeida", "Costa"),
        ("Ipê Amarelo", "Mar Aberto", "Casa Jambo", "Flor do Campo"),
        ("Café", "Moda", "Bolsas", "Cosméticos"),
    ),
    Market(
        "JP", "JPY", "ja-JP", 3,
        ("Yui", "Haruto", "Sakura", "Ren"),
        ("Sato", "Suzuki", "Tanaka", "Ito"),
        ("Komorebi", "Hinata", "Tsubaki", "Shizuku"),
        ("Tea", "Paper", "Ceramics", "Knives"),
    ),
    Market(
        "SE", "SEK", "sv-SE", 2,
        ("Astrid", "Elias", "Freja", "Nils"),
        ("Lindberg", "Ek", "Nyström", "Holm"),
        ("Fjällräv", "Norrsken", "Björk", "Havsbris"),
        ("Keramik", "Garn", "Kaffe", "Friluft"),
    ),
)  # fmt: skip
SHOPIFY_PLANS: Final = {"basic": 60, "shopify": 25, "advanced": 11, "plus": 4}
TEST_SHOPS: Final = 0.02
ENDINGS: Final = ("", "shop", "store", "studio", "and-co", "online")


@dataclass(frozen=True, slots=True)
class Merchant:
    domain: str
    name: str
    email: str
    owner: str
    market: Market
    shopify_plan: str

    is_test: bool

    def facts(self) -> dict[str, Any]:
        """What an app's backend tells about the shop when it installs."""
        return {
            "name": self.name,
            "email": self.email,
            "owner": self.owner,
            "country": self.market.country,
            "currency": self.market.currency,
            "locale": self.market.locale,
            "shopify_plan": self.shopify_plan,
            "is_test": self.is_test,
        }


def merchants(random: Random, count: int) -> list[Merchant]:
    """No two have the same domain."""
    found: dict[str, Merchant] = {}
    while len(found) < count:
        merchant = _merchant(random)
        found.setdefault(merchant.domain, merchant)
    return list(found.values())


def _merchant(random: Random) -> Merchant:
    market = random.choices(MARKETS, [market.weight for market in MARKETS])[0]
    name = f"{random.choice(market.brands)} {random.choice(market.trades)}"
    handle = "-".join(filter(None, (_handle(name), random.choice(ENDINGS))))
    owner = f"{random.choice(market.first_names)} {random.choice(market.last_names)}"
    return Merchant(
        domain=f"{handle}.myshopify.com",
        name=name,
        email=f"{_handle(owner.split(maxsplit=1)[0])}@{handle}.example",
        owner=owner,
        market=market,
        shopify_plan=random.choices(list(SHOPIFY_PLANS), list(SHOPIFY_PLANS.values()))[0],
        is_test=random.random() < TEST_SHOPS,
    )


def _handle(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
