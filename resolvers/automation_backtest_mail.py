"""The mail that an automation would have planned, in a back-test: sent or refused in the order of its moments, after
consent, which is that of today, and the week's cap."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from models.apps import App
from models.automations import AutomationStep
from models.contacts import ConsentCategory
from resolvers.automation_mail import MOST_A_WEEK, WEEK, category_of, is_marketing
from resolvers.sending import can_send_all

BATCH: Final = 500
NO_ADDRESS: Final = "Nothing is known of the shop's address"
TOO_MANY: Final = f"Automations wrote to the person {MOST_A_WEEK} times within 7 days"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that there would have been, with the mails that it came to. `sent` has the steps whose mail went out."""

    number: int
    address: str
    mails: Sequence[tuple[datetime, AutomationStep]]
    sent: list[str]


class Planned(NamedTuple):
    """Compared by moment, then by entry and place in it."""

    at: datetime
    number: int
    place: int
    step: AutomationStep
    entry: Entry
    refusal: str | None


@dataclass
class BacktestMails:
    """What became of mails, by step, and those whose time has not come."""

    sent: Counter[str] = field(default_factory=Counter)
    refused: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    planned: list[Planned] = field(default_factory=list)
    """A heap."""
    lately: dict[str, list[datetime]] = field(default_factory=dict)
    """When somebody got marketing mail, at most so often as the cap allows: by address."""

    async def plan(self, app: App, entries: Iterable[Entry]) -> None:
        """The mails of some entries, of which none is earlier than those that were settled."""
        mails = [(entry, place, at, step) for entry in entries for place, (at, step) in enumerate(entry.mails)]
        refusals = await _refusals(app, {(category_of(step), entry.address) for entry, _, _, step in mails})
        for entry, place, at, step in mails:
            refusal = refusals[category_of(step), entry.address]
            heapq.heappush(self.planned, Planned(at, entry.number, place, step, entry, refusal))

    def settle(self, until: datetime | None = None) -> None:
        """What would have gone out by then; without a moment, all."""
        while self.planned and (until is None or self.planned[0].at <= until):
            mail = heapq.heappop(self.planned)
            refusal = mail.refusal or self._capped(mail)
            if refusal is not None:
                self.refused[mail.step.id][refusal] += 1
            else:
                self.sent[mail.step.id] += 1
                mail.entry.sent.append(mail.step.id)

    def _capped(self, mail: Planned) -> str | None:
        """What speaks against one more; where nothing does, it is counted."""
        if not is_marketing(mail.step):
            return None
        lately = [at for at in self.lately.get(mail.entry.address, ()) if at > mail.at - WEEK]
        if len(lately) >= MOST_A_WEEK:
            return TOO_MANY
        self.lately[mail.entry.address] = [*lately, mail.at]
        return None


async def _refusals(
    app: App, asked: Iterable[tuple[ConsentCategory, str]]
) -> dict[tuple[ConsentCategory, str], str | None]:
    """Why mail of a category may not go to an address; None where it may."""
    by_category: defaultdict[ConsentCategory, list[str]] = defaultdict(list)
    for category, address in sorted(asked):
        by_category[category].append(address)
    refusals: dict[tuple[ConsentCategory, str], str | None] = {}
    for category, addresses in by_category.items():
        refusals[category, ""] = NO_ADDRESS
        known = [address for address in addresses if address]
        for start in range(0, len(known), BATCH):
            verdicts = await can_send_all(known[start : start + BATCH], category, app)
            said = {address: None if one.allowed else one.sentence for address, one in verdicts.items()}
            refusals |= {(category, address): refusal for address, refusal in said.items()}
    return refusals
