"""How mail servers say that a mail was not delivered: `notices.toml`, and what is too intricate for a table."""

import re
from pathlib import Path
from typing import Final

from mail.phrases import any_of, read_table

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
REPLY_TO_A_NOTICE: Final = re.compile(r"(?:re|fwd?|aw|wg|rv|tr|res|enc|sv|vs|antw|odp)\s?(?:\[\d+\])?:\s*")
COPY: Final = re.compile(
    r"^[ \t>*|#=_+~-]{0,80}(?:"
    r"(?:this|here|below|following|included|attached|enclosed)[^\n]{0,40} (?:is|are) (?:a |the )?(?:copy|first|header|original)"
    r"|below (?:this|the next) line|a copy of (?:the|your)|(?:the )?(?:original|returned|undelivered|unsent|non-?delivered|failed|rejected|source) (?:message|mail|e-?mail)[^\n]{0,30}?(?:follows?|headers?|below|attached|details)?[ \t:*|=_-]*$"
    r"|(?:the )?(?:message )?headers? (?:of|and|follows?|lines)|(?:the )?message (?:headers?|text|body)(?: follows?)?\b[ \t:*|=_-]*"
    r"|(?:start|begin(?:ning)?) of (?:the )?(?:returned|original|message)|(?:the )?first [0-9]+ (?:lines|kb|bytes)|your message reads|old message:|attachment (?:is|contains)|original headers?:"
    r"|forwarded message|(?:mensaje|mensagem|messaggio) originale?\b|message d.origine|urspr.ngliche nachricht|kopie der nachricht|die kopfzeilen"
    r"|(?:a )?summary of the undelivered|the header of the original|header of the source|your original message"
    r")",
    re.MULTILINE,
)
"""A line at which the copy of the mail begins. What is behind it says nothing about the delivery."""
COPIED_FIELDS: Final = re.compile(
    r"^(?:received|return-path|message-id|mime-version|x-[a-z-]{2,40}|content-type|dkim-signature|list-id)[ \t]?:[^\n]+\n"
    r"(?:[ \t]+[^\n]*\n)*(?:(?:[a-z][a-z0-9-]{1,40}):[ \t])",
    re.MULTILINE,
)
"""A header that was copied without a word before it."""
