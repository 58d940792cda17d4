"""Mail that says that a mail was not delivered: to whom, why, and which mail it was."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mail.bounces import Bounce, reason
from mail.inbound.delivery_status import ENHANCED, STATUS, Action, Reported, groups_of, reported_in
from mail.inbound.fields import Fields, text_of
from mail.inbound.mailboxes import mailboxes
from mail.inbound.notices import COPIED_FIELDS, COPY, WHOM_TO_ASK
from mail.inbound.originals import ids_in, original_fields
from mail.inbound.parts import MESSAGES
from mail.inbound.reading import Received, received
from mail.inbound.second_opinion import addresses_found_by_flufl
from mail.inbound.signs import Signs, signs_of
from mail.inbound.undelivered import GUESSED, ITEM_OF_A_LIST, Mention, mentions

NOTICE: Final = 20_000
COPIED: Final = 200_000
"""Characters of a notice that are read, and of the mail that is copied behind it."""
MOST_RECIPIENTS: Final = 1_000
MOST_GUESSED: Final = 3
"""Recipients in the header of a mail, of which all are taken for those whom it did not reach."""
LOCAL_PART: Final = re.compile(r"^[ \t]{1,40}([\w.+-]{1,64})[ \t]{1,10}\(([^()\n]{5,200})\)[ \t]*$", re.MULTILINE)
REFUSED: Final = re.compile(r"(?<![\w.])5\d\d(?!\w|\.\d)")
UNSPECIFIC: Final = re.compile(r"^[45]\.0\.0\b")
"""A status that says nothing but that delivery failed; with a reason behind it also where it should not have been 4."""
PHONE: Final = re.compile(r"\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b")


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """`email` is the address that was written to, as far as the notice says, `final` the one at which delivery ended,
    if it is another. `status` is an enhanced status code (RFC 3463) or empty, `diagnostic` what the server said."""

    email: str
    final: str
    action: Action
    status: str
    diagnostic: str
    kind: Bounce


@dataclass(frozen=True, slots=True)
class BounceReport:
    """`message_id` is that of the mail which was not delivered; `message_ids` are all that are named, that one first;
    others may be of mails in its thread. `original` are its header fields, as far as they were sent back. `server` is
    who reports. `reasons` say by what it was recognised, for people."""

    recipients: tuple[BouncedRecipient, ...]
    message_id: str | None
    message_ids: tuple[str, ...]
    original: Fields = field(repr=False)
    server: str
    reasons: tuple[str, ...]

    @property
    def is_undelivered(self) -> bool:
        """Whether somebody did not get it, or not yet. Otherwise the report is of success."""
        return not self.recipients or any(one.action is not Action.DELIVERED for one in self.recipients)


def bounce_of(mail: Received) -> BounceReport | None:
    """None for what is no report of a delivery. `recipients` is empty where it is one, but does not say of whom."""
    signs = signs_of(mail)
    if signs is None:
        return None
    inner = _notice_within(mail) if signs.is_from_daemon else mail
    notice, copy = _without_copy(inner.text[:NOTICE], inner.text)
    if not signs.confirmed_by(notice):
        return None
    if not (signs.is_certain or signs.is_from_daemon) and not _is_structured(inner, notice):
        return None
    original = original_fields(inner.parts, copy)
    recipients = list(_reported(inner, notice)) or list(_mentioned(inner, notice, original, signs))
    ids = ids_in(original, inner.fields, copy or notice)
    return BounceReport(
        recipients=tuple(_each_once(recipients)[:MOST_RECIPIENTS]),
        message_id=ids[0] if ids else None,
        message_ids=ids,
        original=original,
        server=_server(inner),
        reasons=signs.reasons,
    )


def _is_structured(mail: Received, notice: str) -> bool:
    """Whether it names addresses as servers do, or sends a mail back. People tell of bounces in sentences."""
    if any(part.type in MESSAGES for part in mail.parts):
        return True
    return any(mention.rank <= ITEM_OF_A_LIST for mention in mentions(notice, frozenset()))


def _notice_within(mail: Received) -> Received:
    """A gateway may send the notice on as an attachment, without a word of its own."""
    attached = [part for part in mail.root.parts if part.type in MESSAGES and part.parts]
    own_status = any(part.type in STATUS for part in mail.root.parts)
    if mail.root.type in MESSAGES or own_status or not attached:
        return mail
    inner = attached[0].parts[0]
    return received(inner) if any(part.type in STATUS for part in inner.parts) else mail


def _without_copy(notice: str, whole: str) -> tuple[str, str]:
    """What a notice says itself, and the copy of the mail behind it."""
    low = notice.lower()
    ends = [
        found.start()
        for found in (COPY.search(low), COPIED_FIELDS.search(low))
        if found and low[: found.start()].strip()
    ]
    end = min(ends, default=len(notice))
    return notice[:end], whole[end : end + COPIED]


def _reported(mail: Received, notice: str) -> Iterator[BouncedRecipient]:
    """By the part that programs read."""
    for part in mail.parts:
        if part.type in STATUS:
            for reported in reported_in(part):
                yield _recipient(reported, notice)


def _recipient(reported: Reported, notice: str) -> BouncedRecipient:
    diagnostic, kind = reported.diagnostic, Bounce.SOFT
    if reported.action is Action.FAILED:
        said = UNSPECIFIC.sub("", diagnostic, count=1)
        kind = _kind(said, f"{said} {_said_in(notice, reported)}")
    return BouncedRecipient(
        email=reported.original,
        final=reported.final,
        action=reported.action,
        status=reported.status,
        diagnostic=diagnostic,
        kind=kind,
    )


def _said_in(notice: str, reported: Reported) -> str:
    found = mentions(notice, frozenset())
    addresses = {reported.final.lower(), reported.original.lower()}
    said = [mention.said for mention in found if {mention.email.lower(), mention.final.lower()} & addresses]
    return " ".join(said) or _reasons_in(notice)


def _mentioned(mail: Received, notice: str, original: Fields, signs: Signs) -> Iterator[BouncedRecipient]:
    """By its words, else by the header of the mail that was sent back."""
    own = frozenset(mailbox.email.lower() for mailbox in (*mail.to, *mail.sender, *mailboxes(original.raw("from"))))
    found = mentions(notice, own) or mentions(mail.subject, own)
    general = _reasons_in(notice) or mail.subject
    said = {mention.email.lower(): mention for mention in found}
    header = map(text_of, mail.fields.every("x-failed-recipients"))
    named = [mailbox.email for value in header for mailbox in mailboxes(value)]
    if not named and not any(mention.rank <= ITEM_OF_A_LIST for mention in found):
        named = addresses_found_by_flufl(mail.root.data[mail.root.head : mail.root.end])
    if not named:
        found = found or _local_parts(mail, notice, original)
        said |= {mention.email.lower(): mention for mention in found}
        named = [mention.email for mention in found] or _sent_to(original)
    for address in named:
        mention = said.get(address.lower()) or Mention(address, GUESSED, 0)
        yield _by_words(mention, general, signs)


def _local_parts(mail: Received, notice: str, original: Fields) -> list[Mention]:
    """Some servers name the part before the @ alone: `ann (mailbox is full)`. The rest is the mail's, or their own."""
    sent_to = {mailbox.local_part.lower(): mailbox.email for mailbox in mailboxes(original.raw("to"))}
    domain = mail.sender[0].domain if mail.sender else ""
    found = [(item[1], item[2]) for item in LOCAL_PART.finditer(notice)]
    addresses = [
        (sent_to.get(local.lower(), f"{local}@{domain}"), said)
        for local, said in found
        if domain or local.lower() in sent_to
    ]
    return [Mention(address, ITEM_OF_A_LIST, 0, said=said) for address, said in addresses[:MOST_GUESSED]]


def _sent_to(original: Fields) -> list[str]:
    found = [mailbox.email for mailbox in mailboxes(original.raw("to")) if "@" in mailbox.email]
    return found if len(found) <= MOST_GUESSED else []


def _by_words(mention: Mention, general: str, signs: Signs) -> BouncedRecipient:
    action = Action.DELAYED if signs.is_delay else Action.FAILED
    codes = ENHANCED.findall(mention.said) or ENHANCED.findall(general)
    return BouncedRecipient(
        email=mention.email,
        final=mention.final or mention.email,
        action=action,
        status=codes[0] if codes else "",
        diagnostic=mention.said.strip() or general,
        kind=_kind(mention.said, f"{mention.said} {general}") if action is Action.FAILED else Bounce.SOFT,
    )


def _kind(*said: str) -> Bounce:
    """By the first that says something. A refusal without a reason is policy, a failure without one may pass."""
    for text in said:
        if kind := reason(text):
            return kind
    return Bounce.POLICY if any(REFUSED.search(text) for text in said) else Bounce.SOFT


def _reasons_in(notice: str) -> str:
    """The notice without what says nothing of the reason: telephone numbers, whom to ask."""
    lines = [line.strip() for line in PHONE.sub(" ", notice).split("\n") if line.strip()]
    return " ".join(line for line in lines if not WHOM_TO_ASK.search(line.lower()))[:2_000]


def _server(mail: Received) -> str:
    for part in mail.parts:
        if part.type in STATUS:
            for fields in groups_of(part.content())[:1]:
                if server := fields.raw("reporting-mta"):
                    return server.partition(";")[2].strip() or server
    return mail.sender[0].domain if mail.sender else ""


def _each_once(recipients: list[BouncedRecipient]) -> list[BouncedRecipient]:
    """A recipient that is named twice keeps what is worse."""
    once: dict[str, BouncedRecipient] = {}
    for recipient in recipients:
        key = recipient.email.lower()
        known = once.get(key)
        if known is None or (known.kind is not Bounce.HARD and recipient.kind is Bounce.HARD):
            once[key] = recipient
    return list(once.values())
