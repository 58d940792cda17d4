"""Keeps what it is given: for tests."""

from collections.abc import Callable

from mail.message import Outgoing
from mail.providers import Outcome, Receipt


class MemoryProvider:
    """`answer` says what becomes of a message; what is accepted or uncertain is kept in `sent`."""

    name = "memory"
    repeatable = False
    at_once = 8

    def __init__(self, answer: Callable[[Outgoing], Receipt] = lambda _: Receipt(Outcome.ACCEPTED, "250 OK")) -> None:
        self.sent: list[Outgoing] = []
        self._answer = answer

    async def send(self, message: Outgoing) -> Receipt:
        receipt = self._answer(message)
        if receipt.outcome in (Outcome.ACCEPTED, Outcome.UNCERTAIN):
            self.sent.append(message)
        return receipt

    async def check(self) -> str:
        return "kept in memory until the process ends"

    async def close(self) -> None:
        """Holds nothing open."""
