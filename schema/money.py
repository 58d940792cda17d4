"""Money: an amount and the currency it is in."""

from decimal import Decimal
from typing import Self

import strawberry


@strawberry.type(description="An amount in a currency. The amount is a decimal, written as text: nothing is rounded.")
class Money:
    amount: Decimal
    currency_code: str = strawberry.field(description="ISO 4217, such as USD.")

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Self:
        return cls(amount=amount, currency_code=currency)
