"""What a received mail is, and what a person means by it."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.inbound import Classification, Classified, classify, read
from mail.inbound.classification import meaning_of
from tests.mail.inbound.mails import mail, raw

POSITIVE: Final = [
    "Yes, we are interested. Can you send me more information?",
    "Sounds great, let's talk on Thursday.",
    "Perfect, thank you! It works now.",
    "Great app, love it!",
    "Sí, nos interesa mucho. ¿Podemos hablar mañana?",
    "Me gustaría tener una demo.",
    "Ja gerne, das klingt sehr interessant. Rufen Sie mich an.",
    "Wir haben Interesse an einer Demo.",
    "Oui, cela nous intéresse. Pouvez-vous nous envoyer un devis ?",
    "Parfait, merci beaucoup !",
    "Sim, temos interesse. Pode enviar a proposta?",
    "Gostaria de saber mais sobre o aplicativo.",
]
NEGATIVE: Final = [
    "No thanks.",
    "We are not interested at this time.",
    "We already have another provider for this.",
    "Thanks, but it is not a good fit for us.",
    "No, gracias. Ya tenemos un proveedor.",
    "No nos interesa.",
    "Wir haben daran kein Interesse.",
    "Nein danke, wir nutzen bereits etwas anderes.",
    "Non merci, nous avons déjà un outil.",
    "Nous ne sommes pas intéressés.",
    "Não temos interesse no momento.",
    "Não, obrigado.",
]
UNSUBSCRIBE: Final = [
    "Unsubscribe",
    "STOP",
    "Please remove me from your list.",
    "Stop emailing me!",
    "Take us off your mailing list please",
    "I never signed up for this, do not contact me again.",
    "How do I unsubscribe from these emails?",
    "Baja",
    "Por favor, denme de baja de su lista.",
    "Por favor, dadme de baja de esta lista.",
    "Por favor, cancele a minha subscrição.",
    "No quiero recibir más correos.",
    "Abmelden",
    "Bitte nehmen Sie mich aus Ihrem Verteiler.",
    "Ich möchte keine weiteren E-Mails.",
    "Désabonnez-moi",
    "Merci de me retirer de votre liste de diffusion.",
    "Je ne souhaite plus recevoir vos mails.",
    "Descadastrar",
    "Por favor, me remova da sua lista.",
    "Parem de me enviar e-mails.",
]
QUESTION: Final = [
    "How much does the Pro plan cost?",
    "Hi Sam,\n\nwhere do I find the setting for the colour?",
    "How can my customers unsubscribe from the newsletter?",
    "Can you remove the banner from our app?",
    "¿Cuánto cuesta el plan Pro?",
    "Wie viel kostet das?",
    "Combien coûte l'abonnement ?",
    "Quanto custa o plano?",
]
NEUTRAL: Final = [
    "Ok",
    "Thanks!",
    "Received, thank you.",
    "Gracias",
    "Danke",
    "Merci beaucoup",
    "Obrigado",
    "I'll check with the team.",
]
UNKNOWN: Final = ["", "https://tea.example", "The blue one.", "Tuesday 10:00"]
MEANINGS: Final = {
    Classification.POSITIVE: POSITIVE,
    Classification.NEGATIVE: NEGATIVE,
    Classification.UNSUBSCRIBE: UNSUBSCRIBE,
    Classification.QUESTION: QUESTION,
    Classification.NEUTRAL: NEUTRAL,
    Classification.UNKNOWN: UNKNOWN,
}
NOTICE: Final = (
    b"From: MAILER-DAEMON@tea.example\nTo: sam@banners.example\nSubject: Undelivered Mail Returned to Sender\n\n"
    b"<ann@tea.example>: host mx said: 550 5.1.1 User unknown\n"
)
COMPLAINT: Final = (
    b"From: fbl@tea.example\nTo: abuse@banners.example\nSubject: complaint\nContent-Type: multipart/report; "
    b"boundary=b\n\n"
    b"--b\n\nA complaint\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: %s\nUser-Agent: Tea/1\n\n--b--\n"
)


@pytest.mark.parametrize(("text", "meaning"), [(text, kind) for kind, texts in MEANINGS.items() for text in texts])
def test_what_a_person_means(text: str, meaning: Classification) -> None:
    classified = meaning_of(text)
    assert classified.classification is meaning, classified
    assert classified.reasons and 0 < classified.confidence <= 1


def test_only_what_is_new_is_understood() -> None:
    quoted = (
        "Thanks!\n\nOn Mon, 3 Mar 2025 at 10:00, Sam <sam@banners.example> wrote:\n> Not interested? "
        "Unsubscribe here.\n"
    )
    assert classify(mail(quoted)).classification is Classification.NEUTRAL


def test_complaints_come_first() -> None:
    assert classify(read(COMPLAINT % b"abuse")).classification is Classification.UNSUBSCRIBE
    assert classify(read(COMPLAINT % b"not-spam")).classification is Classification.AUTO_REPLY


def test_then_bounces() -> None:
    bounce = classify(read(b"Auto-Submitted: auto-replied\n" + NOTICE))
    assert (bounce.classification, bounce.confidence) == (Classification.BOUNCE, 1.0)


def test_a_report_of_success_is_no_bounce() -> None:
    success = (
        b"From: MAILER-DAEMON@tea.example\nContent-Type: multipart/report; report-type=delivery-status; "
        b"boundary=b\n\n--b\n\nDone\n"
        b"--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@tea.example\nAction: "
        b"delivered\nStatus: 2.0.0\n\n--b--\n"
    )
    assert classify(read(success)).classification is Classification.AUTO_REPLY


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I am out of office until 10 March, not interested in anything.", Classification.OUT_OF_OFFICE),
        ("Your request has been received.", Classification.AUTO_REPLY),
        ("Ada no longer works here. Please write to eva@tea.example.", Classification.AUTO_REPLY),
    ],
)
def test_then_automatic_replies(text: str, kind: Classification) -> None:
    classified = classify(mail(text, headers={"Auto-Submitted": "auto-replied"}))
    assert (classified.classification, classified.confidence) == (kind, 1.0)


def test_that_somebody_has_left_is_said() -> None:
    gone = classify(mail("Ada no longer works here.", headers={"Auto-Submitted": "auto-replied"}))
    assert "what it is: gone" in gone.reasons


def test_a_model_is_asked_of_what_a_person_wrote_alone() -> None:
    asked: list[str] = []

    def model(text: str) -> Classified | None:
        asked.append(text)
        return Classified(Classification.POSITIVE, 0.9, ("the model says so",)) if "blue" in text else None

    assert classify(mail("The blue one.\n\n> Which?\n"), model).reasons == ("the model says so",)
    assert classify(mail("No thanks."), model).classification is Classification.NEGATIVE
    assert classify(read(NOTICE), model).classification is Classification.BOUNCE
    assert asked == ["The blue one.", "No thanks."]


@given(st.text(max_size=300))
def test_any_text_means_something(text: str) -> None:
    classified = meaning_of(text)
    assert classified.classification in Classification and classified.reasons


def test_long_texts_are_read_in_part() -> None:
    assert classify(read(raw("please remove " * 100_000))).classification in Classification
