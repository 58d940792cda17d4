"""Who carries mail away. A provider never decides whether to: that was asked before."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mail.bounces import Bounce
from mail.message import Outgoing


class Outcome(StrEnum):
    """`accepted`: it is the receiving server's now. `deferred`: it was not taken, and may be another time; sending it
    again is safe. `refused`: it will not be taken. `uncertain`: nobody can say whether it was taken, because the answer
    to the finished message never came."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of handing over one message. `provider_id` is what the provider calls it, `response` what it said.
    `bounce` is what a server's refusal, or a deferral, says of the recipient's mailbox; None where it says nothing.
    `retry_after` is given where it was deferred for what has nothing to do with it: the provider can't be reached, does
    not let us in, or wants to be left alone for so many seconds."""

    outcome: Outcome
    response: str
    provider_id: str | None = None
    bounce: Bounce | None = None
    retry_after: float | None = None


class Unavailable(Exception):
    """The provider does not answer, or does not let us in; the message says which, and holds no credentials."""


class Provider(Protocol):
    """`name` is how events and deliveries call it. `repeatable` says that it recognises a message that it was given
    before, by `Outgoing.delivery`, and does not send it twice. `at_once` is how many messages it takes at a time."""

    name: str
    repeatable: bool
    at_once: int

    async def send(self, message: Outgoing) -> Receipt:
        """What goes wrong with the mail is a receipt, not an exception."""
        ...

    async def check(self) -> str:
        """Sends nothing, and says who would carry mail away. Raises `Unavailable`."""
        ...

    async def close(self) -> None: ...
