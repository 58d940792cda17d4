"""What people write back, in five languages: some of each kind."""

from typing import Final

ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "Great news, thank you! We have been waiting for exactly this.",
        "Does this work with the free plan too?",
        "How do I switch the banner off for a single page?",
        "Thanks, I will have a look at it next week.",
        "We are not interested in this at the moment.",
        "Love the new colours. Can we have them in dark mode as well?",
        "Could you call me about the annual plan? I have two shops.",
        "Received, thanks.",
    ),
    "de": (
        "Super, vielen Dank! Darauf haben wir gewartet.",
        "Gilt das auch für den kostenlosen Tarif?",
        "Wie schalte ich das Banner auf einer einzelnen Seite aus?",
        "Danke, ich sehe es mir nächste Woche an.",
        "Im Moment haben wir daran kein Interesse.",
        "Können Sie mir sagen, was der Jahrestarif für zwei Shops kostet?",
    ),
    "fr": (
        "Excellente nouvelle, merci beaucoup !",
        "Est-ce que cela marche aussi avec la formule gratuite ?",
        "Comment désactiver la bannière sur une seule page ?",
        "Merci, je regarde la semaine prochaine.",
        "Cela ne nous intéresse pas pour le moment.",
    ),
    "es": (
        "¡Genial, muchas gracias! Justo lo que necesitábamos.",
        "¿Funciona también con el plan gratuito?",
        "¿Cómo desactivo el banner en una sola página?",
        "Gracias, lo miro la semana que viene.",
        "De momento no nos interesa.",
    ),
    "pt": (
        "Ótima notícia, muito obrigado!",
        "Isto funciona também com o plano gratuito?",
        "Como desligo o banner numa única página?",
        "Obrigado, vejo na próxima semana.",
        "De momento não temos interesse.",
    ),
}
LEAVING: Final[dict[str, str]] = {
    "en": "Please unsubscribe me from this list.",
    "de": "Bitte tragen Sie mich aus dem Verteiler aus.",
    "fr": "Merci de me désabonner de cette liste.",
    "es": "Por favor, dadme de baja de esta lista.",
    "pt": "Por favor, cancele a minha subscrição.",
}
AWAY: Final[dict[str, tuple[str, str]]] = {
    "en": ("Automatic reply", "I am out of the office and will be back on {day}. I will answer your mail then."),
    "de": ("Automatische Antwort", "Ich bin nicht im Büro und ab dem {day} wieder für Sie da."),
    "fr": ("Réponse automatique", "Je suis absent du bureau, de retour le {day}."),
    "es": ("Respuesta automática", "Estoy fuera de la oficina y vuelvo el {day}."),
    "pt": ("Resposta automática", "Estou ausente do escritório e volto no dia {day}."),
}
"""The beginning of the subject, and the text."""
ATTRIBUTIONS: Final[dict[str, str]] = {
    "en": "On {day}, {app} <news@example.com> wrote:",
    "de": "Am {day} schrieb {app} <news@example.com>:",
    "fr": "Le {day}, {app} <news@example.com> a écrit :",
    "es": "El {day}, {app} <news@example.com> escribió:",
    "pt": "Em {day}, {app} <news@example.com> escreveu:",
}
REPLYING: Final[dict[str, str]] = {"en": "Re", "de": "AW", "fr": "RE", "es": "RE", "pt": "RES"}
UNKNOWN: Final[tuple[tuple[str, str, str], ...]] = (
    ("Rank first on every search engine", "sales@rank-first.example", "Dear sir, we rank your shop first in 30 days."),
    ("Partnership?", "lena@agency-north.example", "Hello, we build shops for others. Do you have a partner programme?"),
    ("Your invoice", "billing@supplies.example", "Please find the invoice of this month attached."),
    ("Podcast", "host@shop-talk.example", "Would one of you like to be our guest in spring?"),
)
"""Subject, sender and text of what belongs to nothing."""
