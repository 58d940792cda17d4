"""How mail servers say that a mail was not delivered: phrases of many servers, in many languages, as tables.

All of it is lower case. The servers that are known to write so: sendmail, postfix, exim, qmail and what came of it,
Exchange and Office 365, Gmail, Yahoo, Domino, GroupWise, Zimbra, Mimecast, Proofpoint, Amazon SES, Courier, MDaemon, IMail,
CommuniGate, MailMarshal, MailEnable, hMailServer, PMDF, X.400 gateways, and the hosts of large providers.
"""

import re
from typing import Final


def any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


DAEMON_ADDRESS: Final = re.compile(
    r"(?:mailer?-?_?daemon|postmaster|mdaemon|mail-?admin|mailsystem|mail[._]delivery[._]s\w+|mail-?router|bounces?"
    r"|mail[._-]?returned|ndr|smtp[._-]?gateway|microsoftexchange[0-9a-f]+|mail-?gateway|imss|no-?reply-?bounces?)\b.*"
    r"|.*(?:smtp_mail_service|_for_smtp_gateways|mailer-daemon)"
)
"""What stands before the @ of a mail server's own address."""
DAEMON_NAME: Final = any_of(
    r"mail (?:delivery|administrator|system|daemon|router|server|service)", r"mailer[ -]?daemon", r"delivery (?:sub)?system",
    r"system administrator", r"systemadministrator", r"postmaster", r"delivery service", r"internet mail delivery",
    r"microsoft outlook$", r"jetmail", r"mailserver", r"administrador del sistema", r"administrateur syst", r"mail transport",
)  # fmt: skip

SUBJECT: Final = any_of(
    # English
    r"undeliver", r"un-?delivered", r"returned (?:e?-?mail|message|to sender)", r"returning (?:message|to sender)",
    r"(?:mail|message|e-?mail) (?:system |delivery |transfer )*(?:error|fail|problem|rejected|warning|incomplete|blocked|not sent)",
    r"deliver(?:y|ed)? (?:status )*(?:notif|report|fail|problem|has failed|has been delayed|incomplete|delay|error|to .{1,80} failed)",
    r"failure (?:notice|delivery|notif)", r"non-? ?deliver", r"not (?:be )?(?:delivered|deliverable)", r"wasn.t delivered",
    r"(?:could not|couldn.t|cannot|can.t|unable to|failed to) (?:be )?(?:deliver|send|sent)", r"(?:failed|failing) (?:mail|delivery|message)",
    r"(?:mail|message|delivery) (?:is |has been |was )?(?:delayed|delay)", r"delayed (?:mail|delivery|message)",
    r"not (?:yet )?been delivered", r"(?:automatically )?rejected (?:mail|message)", r"bounced (?:mail|message|email)",
    r"(?:user|recipient|mailbox|address) (?:unknown|not found|does not exist|unavailable|is full)", r"unknown (?:user|recipient|address)",
    r"nameserver error report", r"processing error", r"mailbox full", r"over (?:the )?quota", r"\bndn\b", r"\bndr\b",
    r"nondeliverable", r"permanent (?:delivery )?(?:error|failure)", r"mail error", r"invalid (?:recipient|address|mailbox)",
    # German
    r"unzustellbar", r"nicht zugestellt", r"zustellung(?:s\w*)? ?(?:fehl|nicht|problem|status|bericht|verz)", r"nichtzustell",
    r"(?:nicht|un)zustellbarkeit", r"konnte nicht (?:zugestellt|ausgeliefert|übermittelt)", r"fehler bei der (?:zustellung|übermittlung)",
    r"rücksendung", r"zustell(?:fehler|problem)",
    # French
    r"non (?:remis|distribu|délivr|delivr)", r"[ée]chec (?:de |d.)(?:la )?(?:remise|distribution|livraison|envoi)", r"retour de courrier",
    r"[ée]tat de (?:la )?(?:remise|distribution)", r"impossible de (?:remettre|distribuer|délivrer)", r"utilisateur (?:inconnu|non recens)",
    # Spanish
    r"no (?:se (?:pudo|puede|ha podido) )?entrega", r"(?:error|fall[oa]|problema) (?:de|en la) entrega", r"no (?:ha sido |fue )?entregado",
    r"(?:mensaje|correo) (?:devuelto|rechazado)", r"estado de (?:la )?entrega", r"entrega (?:fallida|retrasada)",
    # Portuguese
    r"n[ãa]o (?:foi |p[ôo]de ser )?entregue", r"falha (?:na|de) entrega", r"(?:mensagem|e-?mail) devolvid", r"status d[ae] entrega",
    r"estado da entrega", r"erro (?:de|na) entrega",
    # Italian, Dutch, Polish, Swedish, Danish, Norwegian, Finnish, Czech, Turkish
    r"mancat[oa] (?:recapito|consegna)", r"non (?:recapitabil|consegnat|recapitat)", r"impossibile (?:recapitare|consegnare)",
    r"onbestelbaar", r"niet (?:bezorgd|afgeleverd|besteld)", r"bezorging mislukt", r"niedostarcz", r"nie (?:została )?dostarczon",
    r"nie można dostarczyć", r"zwrot (?:poczty|wiadomo)", r"oleverbar", r"kunde inte levereras", r"kunne ikke leveres",
    r"ikke lever", r"toimittaminen", r"nedoručiteln", r"nelze doručit", r"teslim edilemedi", r"iletilemedi",
    # Russian, Japanese, Chinese, Korean
    r"не доставлен", r"недоставлен", r"не удалось доставить", r"ошибка доставки", r"配信(?:不能|できません|に失敗|エラー|状況)", r"未配信", r"送信エラー",
    r"送信できません", r"送達", r"退信", r"无法(?:投递|送达|传递)", r"投递失败", r"传输失败", r"发送失败", r"無法(?:投遞|傳遞|送達)", r"未送达", r"배달(?:되지|할 수)", r"전송 실패",
)  # fmt: skip
REPLY_TO_A_NOTICE: Final = re.compile(r"(?:re|fwd?|aw|wg|rv|tr|res|enc|sv|vs|antw|odp)\s?(?:\[\d+\])?:\s*")

SENTENCE: Final = any_of(
    # English
    r"(?:could|can|was|were|has|have)(?: ?not|n.t|n’t)(?: yet)? (?:be |been )?(?:successfully )?(?:deliver|relay|sent\b|transmit|dispatch)",
    r"(?:unable|failed|not able|wasn.t able) to (?:deliver|relay|send|establish|reach)", r"undeliver", r"not deliver", r"non-?deliver",
    r"delivery (?:to |of |attempts? |has |status |was )*(?:the |this |these )?(?:following|has failed|failed|postponed|delayed|aborted|.{1,60} failed)",
    r"did(?: not|n.t) (?:reach|receive)", r"has been (?:delayed|returned|rejected|blocked)", r"permanent(?:ly)? (?:fatal |delivery )*(?:error|fail|reject)",
    r"following (?:destination |e-?mail |recipient )*address(?:es|\(es\))? (?:had|has|have|failed|were|was|do)", r"returned (?:to|because|as|for)",
    r"rejected (?:your|the|by|the following)", r"transcript of (?:the )?session", r"delivery errors?", r"delivery problems?", r"failed recipients?",
    r"delivery (?:error|failure|failed|notification|report)", r"delivery ?status ?notification", r"still (?:being retried|awaiting)", r"was (?:automatically )?rejected",
    r"problem delivering", r"(?:mailbox|account|quota|mailfolder) (?:is |has been )?(?:full|over|exceeded|disabled|unavailable)", r"user.?s mailbox is full",
    r"(?:user|recipient|address|mailbox) (?:is )?(?:unknown|not found|invalid)", r"unknown (?:user|recipient|address)", r"no such (?:user|recipient|mailbox)",
    r"doesn.t have an? \S+ account", r"addresses? (?:could ?n.t|could not) be found", r"wasn.t found at", r"(?:is|are) not a valid user",
    r"did not exactly match", r"message to .{3,80} (?:failed|was (?:not|rejected|blocked))", r"not accepting mail", r"message was not accepted", r"encountered an error",
    r"returned (?:mail|message)", r"message log follows", r"(?:is|was) being returned", r"returning (?:it|your|the)", r"over ?quota",
    # German, French, Spanish, Portuguese
    r"(?:nicht|un)(?: \w+)? ?(?:zugestellt|zustellbar|ausgeliefert|übermittelt|weitergeleitet)", r"zustellung .{0,60}(?:fehlgeschlagen|nicht möglich|gescheitert)",
    r"n.a (?:pas )?p(?:u|as) (?:pu )?[êe]tre (?:d[ée]livr|remis|distribu|transmis|envoy)", r"[ée]chec de (?:la )?(?:remise|distribution|livraison)", r"n.existe pas",
    r"no (?:ha )?(?:se )?(?:pudo|puede|podido|fue|ha sido|ha podido)(?: ser)? ?entrega", r"no (?:ha |se )?(?:pudo|podido) (?:ser )?entrega", r"no (?:fue |ha sido )entregado",
    r"n[ãa]o (?:p[ôo]de|foi|pode)(?: ser)? (?:entregue|enviad)", r"falha na entrega",
    # Others
    r"non (?:è stato )?(?:possibile |stato )?(?:recapita|consegna)", r"impossibile recapitare", r"(?:niet|kon niet) (?:worden )?(?:bezorgd|afgeleverd)",
    r"nie (?:mogła |została |można )?(?:zostać )?dostarcz", r"kunde inte levereras", r"kunne ikke leveres", r"не (?:может быть |было |удалось )?достав",
    r"невозможно доставить", r"配信(?:でき|不能|に失敗)", r"お届けできません", r"送信できません", r"无法(?:发送|投递|送达|传递)", r"投递失败", r"被退回", r"不能送达", r"無法(?:投遞|傳遞|送達)", r"배달(?:되지|할 수)",
)  # fmt: skip
"""What a notice says in its first lines."""

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

WHOM_TO_ASK: Final = any_of(
    r"contact\b", r"assistance", r"help ?desk", r"\bquestions?\b", r"please (?:send|forward|e-?mail|reply|visit|use|write)", r"if you (?:feel|believe|think|have)", r"^to:|^subject:|^sent:|^date:",
)  # fmt: skip
"""Lines that say nothing of the reason."""
NOT_ABOUT_IT: Final = any_of(
    WHOM_TO_ASK.pattern, r"^\s*(?:from|de|von|cc|bcc|reply-to|sender|errors-to|return-path|message-id|in-reply-to|references|list-\w+|x-[\w-]+|received)\s?:", r"abuse",
    r"https?://", r"mailto:", r"\bmail from:?\s*<", r"this (?:report|message) (?:was )?(?:generated|created|sent) by", r"unsubscribe", r"accepting (?:mail|messages) from", r"sent by", r"originally from",
)  # fmt: skip
"""Lines whose addresses are of somebody else: of who helps, of the sender."""

DELAYED: Final = any_of(
    r"(?:has|have|was|were) (?:not yet|been delayed)", r"not yet been", r"still (?:being retried|awaiting|trying|be retried)", r"warning (?:message )?only", r"will (?:continue|keep) (?:trying|to try)",
    r"delivery (?:status notification \()?delay", r"\bdelayed\b", r"will be retried", r"delivery attempts will continue", r"has been postponed", r"delivery incomplete", r"(?:is|been) (?:temporarily )?delayed",
    r"do not need to resend", r"wird verzögert", r"verzögert", r"retard[ée]", r"retrasad[oa]", r"atrasad[oa]", r"opóźnion", r"задерж",
)  # fmt: skip
"""That delivery goes on being tried."""
