"""Periods of UTC days, as arguments in GraphQL."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers.metric_periods import MetricsInterval

strawberry.enum(MetricsInterval, description="Weeks begin on Monday, UTC.")

From = Annotated[datetime | None, strawberry.argument(name="from", description="The first UTC day.")]
To = Annotated[
    datetime | None,
    strawberry.argument(
        name="to", description="The last UTC day, included: today where it is left out or in the future."
    ),
]
Days = Annotated[
    int | None,
    strawberry.argument(description="Instead of `from`: so many days until `to`. 30 by default, at most 1,100."),
]
