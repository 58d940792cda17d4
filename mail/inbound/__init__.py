"""Received mail, read: what it says, what is new in it, what it is, and what its sender means.

    mail = read(raw)                     # Received; only its size can be refused (TooLarge)
    feedback_report_of(mail)             # somebody called a mail of ours spam (RFC 5965)
    bounce_of(mail)                      # a mail of ours was not delivered, or is delayed (RFC 3464, and plain words)
    auto_reply_of(mail)                  # nobody wrote it: who is away, who has left, a desk that got it (RFC 3834)
    new_text(mail)                       # what its sender typed, without quotations and signature
    classify(mail)                       # all of these in their order, then what a person means
    bare_subject(mail.subject)           # without `Re:` and the like, to find its thread
    shown(mail.html)                     # its HTML, fit to be shown

Pure: no database, no network, no clock. Whatever a mail says, reading it does not fail, and takes time that grows with
its length alone.
"""

from mail.inbound.auto_replies import AutoReply, AutoReplyKind, auto_reply_of
from mail.inbound.bounces import BouncedRecipient, BounceReport, bounce_of
from mail.inbound.classification import Classification, Classified, Classifier, classify
from mail.inbound.delivery_status import Action
from mail.inbound.feedback import FeedbackReport, feedback_report_of
from mail.inbound.fields import Fields
from mail.inbound.mailboxes import Mailbox
from mail.inbound.reading import Attachment, Received, TooLarge, read
from mail.inbound.replies import Reply, new_text, reply_of
from mail.inbound.showing import shown
from mail.inbound.subjects import bare_subject

__all__ = [
    "Action",
    "Attachment",
    "AutoReply",
    "AutoReplyKind",
    "BounceReport",
    "BouncedRecipient",
    "Classification",
    "Classified",
    "Classifier",
    "FeedbackReport",
    "Fields",
    "Mailbox",
    "Received",
    "Reply",
    "TooLarge",
    "auto_reply_of",
    "bare_subject",
    "bounce_of",
    "classify",
    "feedback_report_of",
    "new_text",
    "read",
    "reply_of",
    "shown",
]
