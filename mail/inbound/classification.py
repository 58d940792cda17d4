"""What a received mail is, and what its sender means by it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from mail.inbound.auto_replies import AutoReplyKind, auto_reply_of
from mail.inbound.bounces import bounce_of
from mail.inbound.feedback import feedback_report_of
from mail.inbound.languages import any_of, pattern, whole
from mail.inbound.reading import Received
from mail.inbound.replies import new_text

READ: Final = 4_000
"""Characters that are read. What people mean they say early."""
WORDS_OF_A_SHORT_TEXT: Final = 12


class Classification(StrEnum):
    """Of a person: what they mean. `unknown` where nothing of it is understood, or nothing was written."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    QUESTION = "question"
    OUT_OF_OFFICE = "out_of_office"
    AUTO_REPLY = "auto_reply"
    UNSUBSCRIBE = "unsubscribe"
    BOUNCE = "bounce"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Classified:
    """`confidence` is from 0 to 1. `reasons` are for people to see."""

    classification: Classification
    confidence: float
    reasons: tuple[str, ...]


class Classifier(Protocol):
    """Something that knows more of what people mean than phrases do, such as a model. It is asked about the new text
    alone, of mail that a person wrote; None if it can't say."""

    def __call__(self, text: str) -> Classified | None: ...


UNSUBSCRIBE: Final = pattern("meaning", "unsubscribe")
UNSUBSCRIBE_ALONE: Final = re.compile(rf"\W{{0,5}}{whole('meaning', 'unsubscribe_alone')}\W{{0,5}}")
NEGATIVE: Final = pattern("meaning", "negative")
POSITIVE: Final = pattern("meaning", "positive")
NEUTRAL: Final = re.compile(rf"\W{{0,3}}{whole('meaning', 'neutral')}\W{{0,5}}")
QUESTION: Final = re.compile(any_of("meaning", "questions") + r"|[?\uff1f]")
NEGATED: Final = re.compile(
    r"(?:\bnot|n.t|\bnever|\bno longer|\bno|\bnicht|\bkein\w*|\bne|\bpas|\bnão|\bnao|\bni|\bsin|\bsem)\s(?:\w+\s){0,2}$"
)
GREETING: Final = re.compile(
    r"\W{0,3}(?:hi|hello|hey|dear|hola|hallo|bonjour|ol[aá]|guten (?:tag|morgen)|buenos d[ií]as|buenas|sehr "
    r"geehrte\w*|liebe\w*|good (?:morning|afternoon|day)|bom dia|boa tarde|salut)\b[^.?!\n]{0,60}(?:\n|,|!)"
)
LINKS: Final = re.compile(r"https?://\S+")


def classify(mail: Received, model: Classifier | None = None) -> Classified:
    """In this order: a feedback report, a bounce, an automatic reply, and only then what a person means.

    A complaint is an `unsubscribe`: whoever calls our mail spam wants no more of it.
    """
    if report := feedback_report_of(mail):
        kind = Classification.UNSUBSCRIBE if report.is_complaint else Classification.AUTO_REPLY
        return Classified(kind, 1.0, (f"a feedback report of {report.reporter or 'a mail host'}: {report.kind}",))
    if bounce := bounce_of(mail):
        kind = Classification.BOUNCE if bounce.is_undelivered else Classification.AUTO_REPLY
        return Classified(kind, 1.0 if bounce.recipients else 0.8, bounce.reasons)
    text = new_text(mail)
    if auto := auto_reply_of(mail, text):
        away = auto.kind is AutoReplyKind.OUT_OF_OFFICE
        kind = Classification.OUT_OF_OFFICE if away else Classification.AUTO_REPLY
        reasons = auto.reasons if away else (*auto.reasons, f"what it is: {auto.kind.value}")
        return Classified(kind, 1.0 if auto.certain else 0.8, reasons)
    if model is not None and text and (said := model(text)):
        return said
    return meaning_of(text)


def meaning_of(text: str) -> Classified:
    """Of the new text of a mail that a person wrote, by its phrases."""
    low = LINKS.sub(" ", text[:READ].lower()).replace("\u2019", "'").strip()
    low = GREETING.sub("", low, count=1).strip()
    if not low:
        return Classified(Classification.UNKNOWN, 1.0, ("nothing was written",))
    return _wish_to_leave(low) or _opinion(low) or _rest(low)


def _is_short(low: str) -> bool:
    return len(low.split()) <= WORDS_OF_A_SHORT_TEXT


def _wish_to_leave(low: str) -> Classified | None:
    if UNSUBSCRIBE_ALONE.fullmatch(low):
        return Classified(Classification.UNSUBSCRIBE, 0.95, (f"it says no more than: {low[:80]}",))
    if wish := UNSUBSCRIBE.search(low):
        confidence = 0.9 if _is_short(low) else 0.75
        return Classified(Classification.UNSUBSCRIBE, confidence, (f"it says: {wish[0].strip()[:80]}",))
    return None


def _opinion(low: str) -> Classified | None:
    negative = [found[0].strip() for found in NEGATIVE.finditer(low)]
    positive = [
        found[0].strip()
        for found in POSITIVE.finditer(low)
        if not NEGATED.search(low[max(found.start() - 30, 0) : found.start()])
    ]
    positive = [said for said in positive if not any(said in refused or refused in said for refused in negative)]
    if negative and len(negative) >= len(positive):
        return _said(Classification.NEGATIVE, negative, against=len(positive), short=_is_short(low))
    if positive:
        return _said(Classification.POSITIVE, positive, against=len(negative), short=_is_short(low))
    return None


def _rest(low: str) -> Classified:
    if question := QUESTION.search(low):
        confidence = 0.8 if "?" in question[0] else 0.6
        return Classified(Classification.QUESTION, confidence, (f"it asks: {question[0].strip()[:80]}",))
    if neutral := NEUTRAL.match(low):
        confidence = 0.8 if neutral.end() >= len(low) else 0.5
        return Classified(Classification.NEUTRAL, confidence, (f"it says: {neutral[0].strip()[:80]}",))
    return Classified(Classification.UNKNOWN, 0.5, ("no phrase of it is known",))


def _said(kind: Classification, phrases: list[str], *, against: int, short: bool) -> Classified:
    confidence = 0.6 + 0.1 * min(len(phrases) - 1, 2) + (0.15 if short else 0) - 0.2 * min(against, 2)
    return Classified(kind, round(max(confidence, 0.3), 2), tuple(f"it says: {phrase[:80]}" for phrase in phrases[:5]))
