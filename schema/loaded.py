"""Fields that are what a loader has for a key of their object."""

from collections.abc import Awaitable, Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar, cast

import strawberry
from strawberry.dataloader import DataLoader

from core.access import Access
from core.actor import Actor
from schema.edge import Context, Info
from schema.serving.cost import ITEMS
from schema.serving.plain_fields import LOAD

S = TypeVar("S")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def loaded(
    kind: type[S],
    batch: Callable[[Any], DataLoader[K, V]],
    key: Callable[[S], K | None],
    description: str | None = None,
    *,
    seen_by: Callable[[Actor], bool] | None = None,
    access: Access | None = None,
    absent: Any = None,
    items: int | None = None,
) -> Any:
    """What `batch` (one of `Loaders`) has for the key of an object of `kind`.

    The answer is `absent` where there is no key, and for an actor by whom it is not seen; it is refused to one whom
    `access` refuses. `items` are about how many there are, of a list.
    """
    # To a type checker the cached property of a class is its method; it is the property, and knows its name.
    name = str(cast(cached_property[DataLoader[K, V]], batch).attrname)

    def load(context: Context, source: S) -> Awaitable[V] | Any:
        if access is not None:
            access.check(context.actor)
        wanted = key(source) if seen_by is None or seen_by(context.actor) else None
        if wanted is None:
            return absent
        loader: DataLoader[K, V] = getattr(context.loaders, name)
        return loader.load(wanted)

    def resolve(self: Any, info: Info) -> Any:
        return load(info.context, self)

    metadata = {LOAD: load} if items is None else {LOAD: load, ITEMS: items}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata)
