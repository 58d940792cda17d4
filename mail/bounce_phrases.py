"""What mail servers write when they refuse a mail, by what it means for the address. All of it is lower case."""

import re
from typing import Final


def any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


PASSING: Final = any_of(
    # A mailbox that is full.
    r"quota", r"(?:box|folder|disk|storage|inbox|disc)\W+(?:of (?:the|your) \w+ )?(?:is )?full", r"full (?:mail ?box|inbox)",
    r"insufficient (?:\w+ )?storage", r"(?:exceed(?:s|ed|ing)?|over) (?:its |the |their |your |my )?(?:\w+ ){0,2}(?:storage|space|limit\b(?! of recipients))",
    r"(?:size|space|storage|mailbox) (?:limit )?(?:is |has been |was )?(?:exceeded|exceeds|used up|not enough)", r"not (?:have )?enough (?:disk |storage )?space",
    r"(?:disk|mailbox) space limit", r"too (?:much|many) (?:mail|messages) (?:data |stored )?(?:in|on)", r"would exceed (?:the )?(?:maximum|quota|its)",
    r"mail file size exceeds the maximum size allowed for mail delivery", r"out of (?:disk )?space", r"exceeding receiving limits",
    # Too much at a time, and later.
    r"too (?:many|quickly|fast)", r"rate (?:that|limit)", r"temporar", r"try (?:it )?again", r"come back later", r"gr[ae]y ?-?list", r"throttl",
    r"deferred", r"\bdelayed\b", r"will (?:be retried|retry|continue)", r"postponed", r"\bbusy\b",
    # Nobody answered, or not in time.
    r"tim(?:ed?|e) ?-?out", r"time expired", r"expired after", r"(?:message|delivery) (?:\w+ ){0,3}expired", r"(?:in|on) the (?:mail )?queue (?:for )?too long",
    r"not (?:been )?collected after", r"retry time(?:out)? (?:not reached|exceeded)", r"allowed queue period", r"(?:did|does|is) not respon", r"not responding",
    r"can.?t connect", r"(?:unable|failed|not able|couldn.t|could not) to? ?(?:connect|establish)", r"connection (?:\w+ )?(?:refused|reset|timed|failed|dropped|lost|closed)",
    r"lost connection", r"no route to host", r"network (?:is )?(?:unreachable|error)", r"could not find a gateway", r"delivery failed \d+ attempts",
    r"maximum (?:number of )?(?:delivery )?attempts", r"exceeded (?:the )?(?:max(?:imum)? )?(?:number of )?(?:retries|attempts)", r"server (?:is )?(?:unavailable|not available|down)",
    r"service (?:currently )?not available", r"host (?:name )?lookup failure",
    # Something is wrong at their end.
    r"too many hops", r"looping|loops? back|mail loop|loop detected|routing loop", r"command (?:died|failed|output)", r"(?:local|system) config(?:uration)? error",
    r"local error", r"internal (?:server )?error", r"(?:system|disk) (?:is )?full", r"i/o error", r"cannot allocate memory", r"no space left",
    # German, French, Spanish, Portuguese, Italian, Russian, Chinese, Japanese.
    r"postfach .{0,30}(?:voll|überfüllt)", r"mailbox voll", r"(?:bo[iî]te|messagerie) .{0,40}pleine", r"(?:buz[oó]n|casilla) .{0,30}llen[oa]", r"caixa .{0,30}cheia",
    r"cuota", r"casella .{0,30}piena", r"переполнен", r"превышен", r"邮箱.{0,6}满", r"空间.{0,4}(?:不足|满)", r"容量",
)  # fmt: skip
UNWANTED: Final = any_of(
    r"\bspam", r"junk", r"unsolicited", r"virus", r"malware", r"phish", r"bloc(?:k|ked|king)\b", r"reputation", r"bulk", r"\bube\b",
    r"(?:black|block|deny|safe) ?list", r"\b(?:rbl|dnsbl|uribl|batv)\b", r"polic(?:y|ies)\b", r"\b(?:dmarc|dkim|spf|ptr)\b", r"reverse dns|\brdns\b",
    r"relay (?:access )?(?:denied|not)", r"to relay", r"(?:not|n.t) relay", r"authenticat", r"not (?:authori[sz]ed|permitted|allowed)",
    r"relaying", r"rcpthosts", r"\bsenders?\b", r"message (?:size|content|too)", r"too (?:large|big|long)", r"(?:maximum|fixed) (?:\w+ )*size",
    r"suspicious", r"(?:isn.t|are not|is not|n.t) accepting (?:mail|messages) from", r"only accept(?:s|ing) (?:mail|messages)", r"recipient preferences",
    r"prohibit", r"complaint", r"\b(?:helo|ehlo)\b", r"client host", r"attachment", r"permission", r"security", r"header", r"content (?:filter|rejected|denied)",
    r"resent-from",
)  # fmt: skip
ABOUT_THE_SENDER_ALONE: Final = any_of(
    r"\bspam",
    r"black ?list",
    r"(?:dns|rb)bl",
    r"sender (?:address|verif|reject)",
    r"bloc(?:ked|king) by",
    r"poor reputation",
    r"recipient preferences",
)
"""So clearly that it outweighs the code of an unknown address."""

WHO: Final = r"(?:users?|recipients?|mail ?box(?:es)?|(?:e-?mail )?address(?:es)?|addressees?|accounts?|alias|customer|person|local.?part|user ?id)"
IS: Final = r"(?:\W{1,5}|[^a-z]{1,3})(?:\S{1,100} )?(?:is |was |has been |were |are )?(?:currently |been )?"
"""Between who and what: `mailbox ann@example.com is unavailable`."""
NOT: Final = r"(?:not|n.t|never)"
UNKNOWN_ADDRESS: Final = any_of(
    rf"unknown (?:\w+ )?{WHO}", r"unknown e-?mail", rf"unknown or (?:illegal|invalid) {WHO}", rf"{WHO}{IS}(?:un|not )(?:known|available)", r"userunknown",
    rf"{WHO}{IS}not (?:be )?(?:found|active|local|recogni[sz]ed|present|exist|ok\b|listed|valid)", rf"{WHO}{IS}(?:invalid|inactive|disabled|deactivated|suspended|frozen)",
    rf"{WHO}{IS}(?:closed|deleted|removed|expired|discontinued|terminated|blocked for inactivity|locked)", rf"(?:invalid|inactive|deactivated|disabled)/? ?(?:\w+ )?{WHO}",
    rf"{WHO}\W+(?:\S+ ){{0,3}}(?:does{NOT}? ?(?:not )?exist|do not exist|no longer|couldn.t be found|could not be found)", r"(?:<[^ >]+@[^ >]+>|\S+@\S+\.\w+\S?) (?:does(?:n.t| not) exist|not found|wasn.t found|was not found|unknown)",
    rf"no such (?:local |virtual |e-?mail )?{WHO}", rf"no {WHO} (?:here |available |exists? |found )?(?:by (?:that|this)|with (?:that|this)|for this|found)", r"no mailbox (?:here|found|by)",
    rf"(?:no|any) {WHO} by that name", r"does(?:n.t| not) have an? (?:\S+ )?account", rf"(?:not a|isn.t a|is no) (?:\w+ )?(?:known|valid|local|active|existing) {WHO}", rf"(?:not an|isn.t an) (?:active|existing) {WHO}",
    rf"invalid (?:[\w-]+ ){{0,2}}{WHO}", r"no longer (?:active|valid|in use|accepts?|exists?|works?|here|available)", r"or not local", r"un-?route?able address", r"not our customer", r"non-?existent",
    r"addresse?s? (?:were|was) (?:unknown|not found|rejected)", r"bad (?:destination |recipient )*(?:address|mailbox|recipient|syntax)", r"no valid recipients", r"(?:bad|not in my valid)rcptto", r"badrecipientto",
    r"nobody (?:here )?by that name", r"no one at this address", r"(?:user|recipient|account|person) (?:is )?(?:gone|moved|relocated)", r"has moved", r"missing home director", r"can.?t accept user",
    r"no (?:\S+ )?in (?:name )?directory", r"not listed in (?:the )?(?:domino|public|name|address|directory)", r"no matches to nameserver", r"final email delivery point", r"email name is not found",
    r"recipient.{0,3} not found", r"recip(?:ient)?notfound", r"wasn.t found at", r"could(?: not|n.t) (?:find|be found|locate) (?:\w+ )?(?:user|account|recipient|address|mailbox)?", r"unavailable or access denied",
    r"server rejected recipients", r"address rejected\W*$", r"address rejected: (?:not in list|invalid)", r"^(?:5\d\d[ -])?(?:#?5\.1\.0 )?-? ?address rejected", r"\bis currently suspended", r"did not exactly match",
    r"account unavailable", r"is unable to receive (?:e-?)?mail",
    # German, French, Spanish, Portuguese, Italian, Polish, Dutch
    r"(?:empf(?:ae|ä)nger|adresse|postfach|benutzer|konto)\w* .{0,40}(?:unbekannt|existiert nicht|nicht (?:gefunden|bekannt|vorhanden))", r"unbekannte[rn]? (?:empf|benutzer|adresse)",
    r"(?:destinataire|utilisateur|adresse|bo[iî]te)\w* .{0,60}(?:inconnu|invalide|n.existe (?:pas|plus)|introuvable|archiv|non recens|d[ée]sactiv)", r"(?:usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta|persona)\w* .{0,60}(?:desconocid|no existe|no encontrad|inexistente|inv[aá]lid)",
    r"no existe (?:ese|esa|el|la|dicha|este|esta)", r"(?:usu[aá]rio|destinat[aá]rio|endere[cç]o|caixa|conta)\w* .{0,60}(?:desconhecid|n[aã]o existe|inexistente|inv[aá]lid|n[aã]o encontrad)",
    r"(?:utente|destinatario|indirizzo|casella) .{0,40}(?:sconosciut|non esist|inesistente|non trovat)", r"nessun utente", r"(?:u[zż]ytkownik|adres|konto)\w* .{0,30}(?:nie istnieje|nieznan)", r"(?:bestaat niet|gebruiker onbekend|onbekende (?:gebruiker|ontvanger))",
    # Russian, Chinese, Japanese
    r"не существует", r"пользовател\w+ .{0,20}не найден", r"(?:нет такого|неизвестн\w+) (?:пользовател|адрес|получател)", r"(?:用户|收件人|邮箱|地址|账号|帐号).{0,12}(?:不存在|未找到|停用|禁用|失效)", r"不存在.{0,6}(?:用户|收件人)",
    r"(?:アドレス|ユーザー?|宛先|メールボックス).{0,20}(?:存在し|見つかり|不明|ありませ)",
)  # fmt: skip
"""That the address does not exist, or no longer."""
NAMED_UNKNOWN: Final = any_of(
    r"user unknown",
    r"unknown user",
    r"no such (?:user|recipient|mailbox)",
    r"(?:user|mailbox|recipient|address|account) (?:\S+ )?(?:does(?:n.t| not) exist|not found|unknown)",
)
"""So clearly that it outweighs a code that says nothing of the address."""
UNKNOWN_HOST: Final = any_of(
    rf"(?:host|domain)(?: name)?{IS}(?:unknown|not (?:be )?found|not known|disabled|couldn.t be found|invalid)", r"domain (?:\S+ )?(?:does(?:n.t| not) exist|couldn.t be found|could not be found)",
    r"(?:no such|unknown|invalid|non-?existent|any) (?:\w+ )?(?:host|domain)s?\b", r"null ?mx", r"does(?:n.t| not) accept (?:e-?)?mail", r"domain must exist", r"domain may not exist", r"nxdomain", r"name or service not known",
    r"domain mentioned in .{0,20}address is unknown", r"no (?:route|mx record|mail exchanger|mx) (?:\w+ )?(?:found )?(?:to|for) (?:the )?(?:domain|host)?", r"bad (?:destination )?(?:host|system|domain)",
)  # fmt: skip
"""That no host takes mail for the domain."""
NOT_IN_DIRECTORY: Final = re.compile(r"recipient address rejected: access denied")
"""With 5.4.1 it is Microsoft's answer for an address that is not in a company's directory."""
