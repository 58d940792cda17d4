"""What follows from a received mail. Whatever is done here may be done again, also for another copy of the same mail:
what it leads to is named by the Message-ID, and there once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from beanie import PydanticObjectId

from core import clock
from core.ids import derived_id
from core.inputs import key_of_email
from core.runtime import runtime
from mail.inbound import Action
from models.deliveries import Delivery
from models.email_events import BounceKind, EmailEventType
from models.inbound_messages import InboundClassification, InboundMatch, InboundMessage
from models.slack_routing import SlackTopic
from resolvers.consent import Evidence
from resolvers.email_events import event_about, record_event
from resolvers.enrollment_exits import exit_by_reply, hold_for_absence
from resolvers.inbound_matching import Belonging, addresses_of
from resolvers.inbound_reading import Reading
from resolvers.inbound_receiving import KEEPER
from resolvers.inbound_tickets import add_to_ticket
from resolvers.slack_messages import tell_slack
from resolvers.unsubscribing import category_left, withdraw

SOURCE: Final = "inbound"
PER_SENDER: Final = 20
"""Mails of one sender in an hour from which something follows: more are a loop, or an attack."""
HOUR: Final = timedelta(hours=1)
LONGEST_DETAIL: Final = 500
STRANGER: Final = "It comes from somebody else than whom we wrote to: look at it yourself"
MACHINES: Final = (InboundClassification.AUTO_REPLY, InboundClassification.BOUNCE)


@dataclass(slots=True)
class Effects:
    """`outcomes` are for people; `ticket_id` is the ticket that the mail went to."""

    outcomes: list[str] = field(default_factory=list)
    ticket_id: PydanticObjectId | None = None


async def effects_of(message: InboundMessage, reading: Reading, found: Belonging) -> Effects:
    """Does what follows, and says what that was."""
    if reading.report:
        return Effects(await _of_report(message, reading, found))
    if reading.bounce:
        return Effects(await _of_bounce(message, reading, found))
    if message.classification is InboundClassification.OUT_OF_OFFICE:
        return Effects(await _of_absence(message, found))
    if message.classification in MACHINES:
        return Effects()
    if problem := await _why_not(message, found):
        return Effects([problem])
    return await _of_person(message, reading, found)


async def _of_report(message: InboundMessage, reading: Reading, found: Belonging) -> list[str]:
    report = reading.report
    if report is None or not report.is_complaint or found.delivery is None:
        return []
    if not _is_about(found, report.recipients, if_nobody=False):
        return ["It does not name who got that mail: nothing follows, unless a person says what it belongs to"]
    await _record(message, found.delivery, EmailEventType.COMPLAINED, detail=f"{report.kind}: {report.reporter}")
    return ["Recorded a complaint: no more mail that they may refuse"]


async def _of_bounce(message: InboundMessage, reading: Reading, found: Belonging) -> list[str]:
    bounce = reading.bounce
    if bounce is None or found.delivery is None:
        return []
    if not _is_about(found, [one for each in bounce.recipients for one in (each.email, each.final)], if_nobody=True):
        return ["It names somebody to whom that mail was not sent: nothing follows"]
    told = key_of_email(found.delivery.email)
    theirs = [one for one in bounce.recipients if told in (key_of_email(one.email), key_of_email(one.final))]
    one = next(iter(theirs or bounce.recipients), None)
    action = one.action if one else Action.FAILED
    detail = (f"{one.status} {one.diagnostic}".strip() if one else "") or "; ".join(bounce.reasons)
    if action is Action.DELAYED:
        await _record(message, found.delivery, EmailEventType.DELAYED, detail=detail)
        return ["Recorded that our mail is delayed"]
    if action is Action.DELIVERED:
        await _record(message, found.delivery, EmailEventType.DELIVERED, detail=detail)
        return ["Recorded that our mail was delivered"]
    kind = BounceKind(one.kind.value) if one else BounceKind.SOFT
    await _record(message, found.delivery, EmailEventType.BOUNCED, bounce=kind, detail=detail)
    return [f"Recorded a {kind.value} bounce"]


async def _of_absence(message: InboundMessage, found: Belonging) -> list[str]:
    """Whoever is back by now has not to be waited for. Of whom a person says that they are away, nobody knows until
    when."""
    back = message.returns_at
    is_over = back <= clock.now() if back else message.classified_by is None
    if found.enrollment_id is None or is_over or not _may_be_theirs(message, found):
        return []
    held = await hold_for_absence(KEEPER, found.enrollment_id, back)
    return [f"The sequence waits until {held.held_until:%Y-%m-%d}"] if held and held.held_until else []


def _is_about(found: Belonging, named: Sequence[str], *, if_nobody: bool) -> bool:
    """Reports can be forged, and the names of our mail guessed from others of them. One that came to the signed address
    of a mail is about it; another has to name who got that mail. `if_nobody` is for one that names nobody."""
    if found.by in (InboundMatch.ADDRESS, InboundMatch.PERSON) or found.delivery is None:
        return True
    keys = {key_of_email(address) for address in named if address}
    return key_of_email(found.delivery.email) in keys if keys else if_nobody


async def _of_person(message: InboundMessage, reading: Reading, found: Belonging) -> Effects:
    effects = Effects()
    delivery, leaves = found.delivery, message.classification is InboundClassification.UNSUBSCRIBE
    if delivery is not None and found.ticket is None and not _may_be_theirs(message, found):
        effects.outcomes.append(STRANGER)
    elif delivery is not None:
        await _record(message, delivery, EmailEventType.REPLIED)
        effects.outcomes.append("Recorded a reply")
        if found.enrollment_id and await exit_by_reply(KEEPER, found.enrollment_id):
            effects.outcomes.append("Ended the sequence for them")
        if leaves and found.ticket is None:
            effects.outcomes.append(await _leave(message, delivery, found))
    added = await add_to_ticket(KEEPER, message, reading, found)
    if added is None:
        await _tell(message, found)
    else:
        effects.outcomes.append(added.outcome)
        effects.ticket_id = added.ticket_id
    return effects


def _may_be_theirs(message: InboundMessage, found: Belonging) -> bool:
    """Who only names a mail of ours has to be who got it, or somebody of their house."""
    if found.by is not InboundMatch.REFERENCE or found.delivery is None:
        return True
    house = key_of_email(found.delivery.email).rpartition("@")[2]
    return message.sender_key.rpartition("@")[2] == house


async def _leave(message: InboundMessage, delivery: Delivery, found: Belonging) -> str:
    """Whoever answers at the address of a mail has it; by its name alone, the sender has to be who got it."""
    is_theirs = key_of_email(delivery.email) == message.sender_key
    if not is_theirs and found.by is not InboundMatch.ADDRESS:
        return STRANGER
    evidence = Evidence("reply by mail", text=message.new_text[:LONGEST_DETAIL] or None)
    entry_id = identity("consent", message, delivery.email)
    await withdraw(delivery, evidence, by=KEEPER, entry_id=entry_id, at=_when(message))
    return f"Withdrew the consent to {category_left(delivery).value} mail"


async def _record(message: InboundMessage, delivery: Delivery, type_: EmailEventType, **details: object) -> None:
    if isinstance(detail := details.get("detail"), str):
        details["detail"] = detail[:LONGEST_DETAIL] or None
    key = f"{SOURCE}:{type_.value}:{delivery.id}:{identity('event', message)}"
    event = event_about(delivery, type_, source=SOURCE, at=_when(message), dedupe_key=key, **details)
    await record_event(event)


async def _why_not(message: InboundMessage, found: Belonging) -> str | None:
    """Why nothing follows from what a person seems to have written; None where something may."""
    ours = {key_of_email(runtime().settings.mail_from), *(addresses_of(found.app) if found.app else ())}
    domain = runtime().settings.inbound_domain
    if message.sender_key in ours or (domain and message.sender_key.endswith(f"@{domain.lower()}")):
        return "It comes from ourselves: nothing follows"
    within = {"$gte": message.created_at - HOUR, "$lt": message.created_at}
    before = InboundMessage.find({"senderKey": message.sender_key, "createdAt": within}).limit(PER_SENDER)
    is_asked_for = message.run > 1
    if message.sender_key and not is_asked_for and await before.count() >= PER_SENDER:
        return f"There were {PER_SENDER} mails of this sender in the hour before: let it be processed again by hand"
    return None


async def _tell(message: InboundMessage, found: Belonging) -> None:
    """Of what somebody wrote to us, and not of whatever else comes to a mail server."""
    if found.by is None and not found.is_to_app:
        return
    app_id = found.app.id if found.app else None
    who = message.sender_name or message.sender
    text = f"{who} {'answered' if found.by else 'wrote'} “{message.subject}”: {message.classification.value}"
    await tell_slack(KEEPER, SlackTopic.REPLIES, app_id, text, key=f"inbound:{identity('slack', message)}")


def _when(message: InboundMessage) -> datetime:
    """As its sender says, but never later than it came."""
    return min(message.sent_at or message.created_at, message.created_at, clock.now())


def identity(kind: str, message: InboundMessage, *more: str) -> PydanticObjectId:
    """Follows from the mail, and not from the copy of it."""
    return derived_id("\0".join([kind, message.message_id, *more]))
