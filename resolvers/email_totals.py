"""What several rollups amount to, and how much of that is good and bad."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.email_rollups import LinkClicks


@dataclass(slots=True)
class Total:
    """Of several day rollups as they are stored: `counts` by type, `sources` by source and type, `links` by address."""

    counts: dict[str, int] = field(default_factory=dict)
    sources: dict[str, dict[str, int]] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    unique_opens: int = 0
    unique_clicks: int = 0

    @property
    def busiest_links(self) -> Sequence[LinkClicks]:
        order = sorted(self.links, key=lambda url: (-self.links[url], url))
        return [LinkClicks(url=url, clicks=self.links[url]) for url in order]

    @property
    def reporting(self) -> frozenset[str]:
        """The sources that tell of deliveries."""
        return frozenset(name for name, source in self.sources.items() if source.get("delivered"))

    def delivered(self, reporting: Collection[str]) -> int:
        """What arrived: of the providers that report it, what they reported. A plain mail server reports nothing but
        failures: of its mail, what was sent and did not come back."""
        silent = [source for name, source in self.sources.items() if name not in reporting]
        reported = sum(source.get("delivered", 0) for source in self.sources.values())
        assumed = sum(source.get("sent", 0) - source.get("bounced", 0) for source in silent)
        return min(reported + max(assumed, 0), max(self.counts.get("sent", 0), reported))


def total_of(rollups: Iterable[Mapping[str, Any]]) -> Total:
    """Of day rollups as they are stored; one that was not counted yet adds nothing."""
    total = Total()
    for rollup in rollups:
        _add(total.counts, rollup.get("counts", {}))
        for source in rollup.get("sources", ()):
            _add(total.sources.setdefault(source["source"], {}), source)
        for link in rollup.get("links", ()):
            total.links[link["url"]] = total.links.get(link["url"], 0) + link["clicks"]
        total.unique_opens += rollup.get("uniqueOpens", 0)
        total.unique_clicks += rollup.get("uniqueClicks", 0)
    return total


def _add(total: dict[str, int], part: Mapping[str, Any]) -> None:
    for name, value in part.items():
        if value and name != "source":
            total[name] = total.get(name, 0) + value


def share(part: int, whole: int) -> float:
    """From 0 to 1; 0 of nothing. Late reports can let there be more opens than deliveries for a while."""
    return min(part / whole, 1.0) if whole > 0 else 0.0
