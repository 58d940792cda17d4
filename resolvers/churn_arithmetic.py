"""How much more often something had happened to shops that left than to shops that stayed: arithmetic alone.

Intervals hold the true number 19 times in 20. Those of shares are Wilson's (1927), which stay within 0 and 1 and hold
for small numbers too. Those of the lift, a ratio of two shares, follow from them on the logarithmic scale (Zou and
Donner, 2008): so they are never surer than the shares themselves, even where those are all or next to nothing.
"""

from dataclasses import dataclass
from math import exp, hypot, log, sqrt
from typing import Final

Z: Final = 1.959963984540054
"""Of the normal distribution, 95 % lie within so many standard deviations."""
FEWEST: Final = 5
"""Of fewer shops nothing can be said."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and the 95 % interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left_with` of the `left` shops that left had a signal, and `stayed_with` of the `stayed` ones.

    Of fewer than five shops of either kind, or fewer than five that had it at all, it is too few to say anything but
    the counts. `has_lift` is false of what the shops that stayed were chosen by: it can't tell them apart.
    """

    left_with: int
    left: int
    stayed_with: int
    stayed: int
    has_lift: bool = True

    @property
    def is_too_few(self) -> bool:
        return min(self.left, self.stayed, self.left_with + self.stayed_with) < FEWEST

    @property
    def left_share(self) -> Estimate | None:
        """0 to 1."""
        return None if self.is_too_few else share_of(self.left_with, self.left)

    @property
    def stayed_share(self) -> Estimate | None:
        return None if self.is_too_few else share_of(self.stayed_with, self.stayed)

    @property
    def lift(self) -> Estimate | None:
        """How many times as large the share of those that left is. None too where one of the shares is nothing."""
        if self.is_too_few or not self.has_lift or not self.left_with or not self.stayed_with:
            return None
        return _ratio(share_of(self.left_with, self.left), share_of(self.stayed_with, self.stayed))

    @property
    def at_least(self) -> float | None:
        """The lower end of the lift. Of what none had that stayed it is known too: the smallest share that those that
        left may have, by the largest that those that stayed may."""
        left, stayed = self.left_share, self.stayed_share
        if left is None or stayed is None or not self.has_lift:
            return None
        return self.lift.low if self.lift else left.low / stayed.high

    @property
    def is_clear(self) -> bool:
        """Whether chance alone seldom makes such a difference: the interval of the lift does not hold 1."""
        lift, at_least = self.lift, self.at_least
        return (at_least is not None and at_least > 1) or (lift is not None and lift.high < 1)


def share_of(part: int, whole: int) -> Estimate:
    """Wilson's interval around a share; `whole` is at least 1."""
    share, squared = part / whole, Z * Z
    middle = (share + squared / (2 * whole)) / (1 + squared / whole)
    spread = Z * sqrt(share * (1 - share) / whole + squared / (4 * whole * whole)) / (1 + squared / whole)
    # At the ends it is exactly the share, but for how a computer rounds.
    return Estimate(share, max(0.0, min(share, middle - spread)), min(1.0, max(share, middle + spread)))


def _ratio(above: Estimate, below: Estimate) -> Estimate:
    """Of two shares that are not 0. How far each may be off adds up as the sides of a right angle do."""
    ratio = above.value / below.value
    down = hypot(log(above.value / above.low), log(below.high / below.value))
    up = hypot(log(above.high / above.value), log(below.value / below.low))
    return Estimate(ratio, ratio * exp(-down), ratio * exp(up))


def by_lift(comparison: Comparison) -> tuple[float, int]:
    """To sort by, what tells the most first: by what the lift is at least, so that chance does not lead."""
    return -(comparison.at_least or 0.0), -comparison.left_with
