"""What was counted since the test began: the registry lives as long as the process."""

from collections.abc import Mapping

from core.measurements import REGISTRY

Series = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def counted() -> Series:
    """All series with their values, but the buckets of histograms."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def value_of(series: Series, name: str, **labels: str) -> float:
    return series.get((name, frozenset(labels.items())), 0.0)


class Since:
    """Counts from when it is made on."""

    def __init__(self) -> None:
        self._before = counted()

    def __call__(self, name: str, **labels: str) -> float:
        return value_of(counted(), name, **labels) - value_of(self._before, name, **labels)
