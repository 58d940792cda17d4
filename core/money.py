"""Amounts that are added up: as whole ten-thousandths of a currency's unit, so that sums are exact whatever their
order."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

PLACES: Final = 4
UNITS: Final = 10**PLACES
"""In one unit of a currency."""
IN_HUNDREDTH: Final = UNITS // 100


def units_of(amount: Decimal) -> int:
    """Rounded half to even."""
    return int((amount * UNITS).to_integral_value(ROUND_HALF_EVEN))


def amount_of(units: int) -> Decimal:
    """With as many decimals as it needs, and two at least."""
    hundredths, rest = divmod(units, IN_HUNDREDTH)
    return Decimal(units).scaleb(-PLACES) if rest else Decimal(hundredths).scaleb(-2)
