"""What a sample of a mutation is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.requests.calling import Caller, Parameters, nothing
from tests.factories.people import bearer

Headers = Mapping[str, str]
Variables = Mapping[str, Any]


async def the_owner(caller: Caller) -> Headers:
    return bearer(caller.owner)


@dataclass(frozen=True, slots=True)
class Sample:
    """`needs` makes what must exist, and returns what the arguments name: an `id` may have another name there, where
    it is the only one. `sent` are the other variables, or makes them of what `needs` returned; an enum's value may be
    in REST's words. `by` makes the headers of who may do it, where that is not the owner."""

    needs: Callable[[Caller], Awaitable[Parameters]] = nothing
    sent: Variables | Callable[[Parameters], Variables] = field(default_factory=dict)
    by: Callable[[Caller], Awaitable[Headers]] = the_owner
