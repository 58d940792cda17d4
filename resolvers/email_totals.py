"""What several rollups amount to."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.email_rollups import DayRollup, EmailCounts, LinkClicks, SourceCounts


@dataclass(frozen=True, slots=True)
class Total:
    """Of several day rollups. `links` has the most clicked first."""

    counts: EmailCounts
    sources: Sequence[SourceCounts]
    unique_opens: int
    unique_clicks: int
    links: Sequence[LinkClicks]


def total_of(rollups: Sequence[DayRollup]) -> Total:
    counts, sources, links = EmailCounts(), dict[str, SourceCounts](), dict[str, int]()
    for rollup in rollups:
        _add(counts, rollup.counts)
        for source in rollup.sources:
            _add(sources.setdefault(source.source, SourceCounts(source=source.source)), source)
        for link in rollup.links:
            links[link.url] = links.get(link.url, 0) + link.clicks
    return Total(
        counts,
        [sources[name] for name in sorted(sources)],
        sum(rollup.unique_opens for rollup in rollups),
        sum(rollup.unique_clicks for rollup in rollups),
        [LinkClicks(url=url, clicks=links[url]) for url in sorted(links, key=lambda url: (-links[url], url))],
    )


def _add(total: EmailCounts | SourceCounts, part: EmailCounts | SourceCounts) -> None:
    for name, value in part.__dict__.items():
        if value and type(value) is int:
            total.__dict__[name] += value
