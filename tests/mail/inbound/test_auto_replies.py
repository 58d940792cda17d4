"""Automatic replies: by their header, by their words, and what they say."""

from datetime import date
from typing import Final

import pytest

from mail.inbound import AutoReplyKind, auto_reply_of, read
from mail.inbound.return_dates import return_date
from tests.mail.inbound.mails import mail

RECEIPT: Final = b"""From: ada@tea.example
Subject: Read: Your shop
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b

Your message was read.
--b--
"""
AWAY: Final = {
    "en": (
        "Out of Office",
        "I am out of the office until Monday, 10 March with limited access to email.",
        date(2025, 3, 10),
    ),
    "en, back on": (
        "Automatic reply: Your shop",
        "Thanks for your mail. I'll be back on March 17th, 2025.",
        date(2025, 3, 17),
    ),
    "es": (
        "Respuesta automática: Su tienda",
        "Estoy de vacaciones hasta el 14 de marzo. En caso de urgencia llame.",
        date(2025, 3, 14),
    ),
    "de": ("Abwesenheitsnotiz", "Ich bin vom 03.03. bis einschließlich 14.03.2025 nicht im Büro.", date(2025, 3, 14)),
    "de, back": (
        "Automatische Antwort",
        "Ab dem 17. März bin ich wieder für Sie da. In dringenden Fällen …",
        date(2025, 3, 17),
    ),
    "fr": ("Réponse automatique", "Je suis absent du bureau jusqu'au 14 mars inclus.", date(2025, 3, 14)),
    "pt": ("Resposta automática: Sua loja", "Estou de férias e retorno em 17/03/2025.", date(2025, 3, 17)),
    "nobody knows": ("Out of office", "I am currently away from my desk.", None),
}
GONE: Final = [
    "Ada Byron no longer works at Tea & Time. Please write to eva@tea.example.",
    "Ada ya no trabaja en la empresa. Escriba a eva@tea.example.",
    "Frau Byron ist nicht mehr bei uns tätig. Bitte wenden Sie sich an eva@tea.example.",
    "Ada ne travaille plus dans la société. Merci de contacter eva@tea.example.",
    "A Ada não trabalha mais na empresa. Por favor escreva para eva@tea.example.",
]
RECEIVED: Final = [
    "Thank you for contacting us. Your request has been received (ticket #10422) and we will get back to you shortly.",
    "Gracias por contactar con nosotros. Hemos recibido su solicitud, número de ticket 10422.",
    "Vielen Dank für Ihre Anfrage. Ihre Anfrage ist bei uns eingegangen (Ticketnummer 10422).",
    "Merci pour votre message. Votre demande a bien été enregistrée sous le numéro de ticket 10422.",
    "Obrigado por entrar em contato. Recebemos a sua solicitação, número do chamado 10422.",
]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; owner-email=x"},
        {"X-Autoreply": "yes"},
        {"X-Autorespond": ""},
        {"Precedence": "auto_reply"},
        {"X-POST-MessageClass": "9; Autoresponder"},
    ],
)
def test_a_header_says_that_it_is_automatic(headers: dict[str, str]) -> None:
    reply = auto_reply_of(mail("Hello, how are you?", headers=headers))
    assert reply is not None and reply.certain


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "no"},
        {"X-Auto-Response-Suppress": "All"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "no"},
        {"List-Id": "<users.tea.example>"},
    ],
)
def test_a_header_that_says_nothing_of_it(headers: dict[str, str]) -> None:
    assert auto_reply_of(mail("Sounds good to me.", headers=headers)) is None


def test_nor_does_an_empty_return_path() -> None:
    assert auto_reply_of(mail("Sounds good to me.", return_path="")) is None


@pytest.mark.parametrize("language", AWAY)
def test_who_is_away_says_until_when(language: str) -> None:
    subject, text, day = AWAY[language]
    reply = auto_reply_of(mail(text, subject=subject))
    assert reply is not None
    assert (reply.kind, reply.returns_on, reply.certain) == (AutoReplyKind.OUT_OF_OFFICE, day, False)


def test_the_date_alone_is_of_the_header_where_there_is_one() -> None:
    text = "I am out of office. I return tomorrow."
    assert getattr(auto_reply_of(mail(text, headers={"Auto-Submitted": "auto-replied"})), "returns_on", 0) == date(
        2025, 3, 4
    )
    undated = auto_reply_of(mail(text, date="", headers={"Auto-Submitted": "auto-replied"}))
    assert undated is not None and undated.returns_on is None


def test_words_alone_have_to_be_more_than_one_sign() -> None:
    signs = (
        "I am out of office until 10 March. In urgent cases please call my colleague. Your mail will not be forwarded."
    )
    reply = auto_reply_of(mail(signs))
    assert reply is not None and len(reply.reasons) >= 2


@pytest.mark.parametrize("text", GONE)
def test_who_has_left_names_who_is_there(text: str) -> None:
    reply = auto_reply_of(mail(text, subject="Your shop"))
    assert reply is not None
    assert (reply.kind, reply.successors) == (AutoReplyKind.GONE, ("eva@tea.example",))


@pytest.mark.parametrize("text", RECEIVED)
def test_a_desk_received_it(text: str) -> None:
    reply = auto_reply_of(mail(text, sender="Tea & Time <noreply@tea.example>", subject="[Ticket 10422] Your shop"))
    assert reply is not None and reply.kind is AutoReplyKind.ACKNOWLEDGEMENT


def test_a_receipt_of_a_mail_program() -> None:
    reply = auto_reply_of(read(RECEIPT))
    assert reply is not None and reply.kind is AutoReplyKind.RECEIPT


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Your shop", "I'm out of office next week, can we talk after that?"),
        ("Re: Your shop", "Sorry for the late reply, I was on vacation. Yes, let's talk. I am back in the office now."),
        ("Re: Your shop", "Thanks for your email. We have received the invoice and will get back to you."),
        ("Re: Automatic reply: Your shop", "Back now! What was it about?"),
        ("Vacation banner", "How can I show a banner that says we are on vacation until August 12?"),
        ("Absence of the widget", "The widget is not shown."),
        ("away", "Can you take the popup away?"),
        ("Re: Angebot", "Ich bin ab Montag im Urlaub, melden Sie sich bitte danach. Geht das?"),
        ("Re: Offre", "Je suis en vacances la semaine prochaine, peut-on se parler après ?"),
        ("Re: Your shop", "Yes.\n\n> Automatic reply: I am out of office until Monday. In urgent cases call.\n"),
    ],
)
def test_a_person_writes_no_automatic_reply(subject: str, text: str) -> None:
    assert auto_reply_of(mail(text, subject=subject)) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I will return on 2025-03-20.", date(2025, 3, 20)),
        ("back on Monday", date(2025, 3, 10)),
        ("back on Thursday, March 6th", date(2025, 3, 6)),
        ("away from 5 March to 12 March", date(2025, 3, 12)),
        ("away 05.03. - 12.03.2025", date(2025, 3, 12)),
        ("I am back next week", date(2025, 3, 10)),
        ("back on 3 January", date(2026, 1, 3)),
        ("back on 3 January 2026, call 20 12 13 14", date(2026, 1, 3)),
        ("back on 04/05/2025", date(2025, 5, 4)),
        ("I was away until 3 February 2025", None),
        ("back on 31 February", None),
        ("back soon; our office has 12 rooms and opens at 9:30", None),
        ("regreso el lunes 17 de marzo de 2025", date(2025, 3, 17)),
        ("de retour le lundi 17 mars", date(2025, 3, 17)),
        ("wieder am Montag, den 17. März", date(2025, 3, 17)),
        ("volto na segunda-feira, 17 de março", date(2025, 3, 17)),
        ("9" * 5_000, None),
    ],
)
def test_a_day_as_people_write_it(text: str, day: date | None) -> None:
    assert return_date(text, date(2025, 3, 3)) == day


def test_the_month_comes_first_in_america() -> None:
    assert return_date("back on 04/05/2025", date(2025, 3, 3), month_first=True) == date(2025, 4, 5)
    american = mail(
        "I am out of office and back on 04/05/2025.", subject="Out of office", date="Mon, 3 Mar 2025 10:00:00 -0500"
    )
    reply = auto_reply_of(american)
    assert reply is not None and reply.returns_on == date(2025, 4, 5)
