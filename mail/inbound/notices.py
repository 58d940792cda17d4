"""How mail servers say that a mail was not delivered: `notices.toml`, and what is too intricate for a table."""

import re
from pathlib import Path
from typing import Final

from mail.phrases import any_of, joined, read_table

TABLE: Final = read_table(Path(__file__).with_name("notices.toml"))
DAEMON_NAME: Final = any_of(TABLE["daemon_names"])
SUBJECT: Final = any_of(TABLE["subjects"])
SENTENCE: Final = any_of(TABLE["sentences"])
DELAYED: Final = any_of(TABLE["delayed"])
WHOM_TO_ASK: Final = any_of(TABLE["whom_to_ask"])
NOT_ABOUT_IT: Final = any_of([*TABLE["not_about_it"], *TABLE["whom_to_ask"]])

DAEMON_ADDRESS: Final = re.compile(
    r"(?:mailer?-?_?daemon|post_?master|mdaemon|mail-?admin|mailsystem|mail[._]delivery[._]s\w+|mail-?router|bounces?"
    r"|mail[._-]?returned|ndr|smtp[._-]?gateway|microsoftexchange[0-9a-f]+|mail-?gateway|imss|no-?reply-?bounces?)\b.*"
    r"|.*(?:smtp_mail_service|_for_smtp_gateways|mailer-daemon)"
)
"""What stands before the @ of a mail server's own address."""
COPY: Final = re.compile(rf"^[ \t>*|#=_+~-]{{0,80}}(?:{joined(TABLE['copies'])})", re.MULTILINE)
COPIED_FIELDS: Final = re.compile(
    r"^(?:received|return-path|message-id|mime-version|x-[a-z-]{2,40}|content-type|dkim-signature|list-id)[ \t]?:"
    r"[^\n]+\n(?:[ \t]+[^\n]*\n)*(?:(?:[a-z][a-z0-9-]{1,40}):[ \t])",
    re.MULTILINE,
)
"""A header that was copied without a word before it."""
RECIPIENT_FOLLOWS: Final = re.compile(
    rf"(?:{joined(TABLE['recipient_follows'])})\W{{0,5}}(?:\[?smtp:|rfc822[;:])?[\s<'\"\[(]*$"
)
ALIAS_FOLLOWS: Final = any_of(TABLE["alias_follows"])
ITEM: Final = re.compile(
    r"^[\s>*|=#.\"'<(\[•·\u2013—-]*(?:\d{1,3}[.)]\s+)?(?:to:\s*)?(?:\[?smtp:|rfc822;\s*)?[\s<'\"(\[]*$"
)
"""Nothing but what begins an item of a list stands before the address."""
AFTER_ITEM: Final = re.compile(
    rf"[>\"')\]]*\s*(?:$|[:;,.(<\[|=-]|\.\.\.|(?:{joined(TABLE['reason_follows'])})\b)", re.IGNORECASE
)
