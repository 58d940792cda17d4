"""The newsletters of the company's apps: their words are in `campaigns.toml`. What was sent went to those who had opted
in by then."""

import html
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.words import words_of
from models.campaigns import Audience, Campaign, CampaignStats, CampaignStatus
from models.contacts import ConsentState, Contact

FILE: Final = Path(__file__).with_name("campaigns.toml")
AUTHOR: Final = "staff:mateo@example.com"
WRITTEN_BEFORE: Final = timedelta(days=4)
SENT_WITHIN: Final = timedelta(minutes=3)
COLORS: Final = {"banners-all-over": "#1f6f5c", "reviews-all-over": "#7a3e9d", "upsells-all-over": "#b4491f"}
LAYOUT: Final = """\
<html>
<head>
<style>
body {{ margin: 0; background: #f4f4f1; font-family: Arial, sans-serif; color: #23262a; }}
.page {{ width: 600px; margin: 0 auto; background: #ffffff; border-top: 6px solid {color}; }}
.page td {{ padding: 28px 32px; font-size: 16px; line-height: 1.5; }}
h1 {{ margin: 0 0 16px; font-size: 26px; }}
.button {{ display: inline-block; padding: 12px 20px; background: {color}; color: #ffffff; text-decoration: none; }}
.small {{ font-size: 12px; color: #5c6166; }}
</style>
</head>
<body>
<table class="page" align="center" role="presentation"><tr><td>
<h1>{title}</h1>
{paragraphs}
<p><a class="button" href="{link}">{button}</a></p>
<p class="small">{{{{ app_name }}}}, {{{{ postal_address }}}}<br>
<a href="{{{{ unsubscribe_url }}}}">{{{{ unsubscribe_label }}}}</a></p>
</td></tr></table>
</body>
</html>
"""


def campaigns(contacts: Sequence[Contact], now: datetime) -> list[Campaign]:
    """Of each app some that were sent, one that will be, and a draft."""
    return [_campaign(words, contacts, now) for words in tomllib.loads(FILE.read_text("utf-8"))["campaigns"]]


def recipients_of(campaign: Campaign, contacts: Sequence[Contact]) -> list[Contact]:
    """Those to whom a campaign that was sent has gone."""
    sent = campaign.started_at
    return [contact for contact in contacts if sent is not None and _had_opted_in(contact, campaign, sent)]


def _had_opted_in(contact: Contact, campaign: Campaign, at: datetime) -> bool:
    consent, languages = contact.consents.newsletter, campaign.audience.languages
    if consent.state is not ConsentState.OPTED_IN or consent.at is None or consent.at > at:
        return False
    return contact.uses(campaign.app_id) and (not languages or contact.language in languages)


def _campaign(words: dict[str, Any], contacts: Sequence[Contact], now: datetime) -> Campaign:
    at = _at(words["days"], now) if "days" in words else None
    written = min(at or now, now) - WRITTEN_BEFORE
    campaign = Campaign(
        app_id=words["app"],
        name=words["name"],
        name_key=words["name"].casefold(),
        search_words=words_of(words["name"], words["subject"]),
        subject=words["subject"],
        html=_html(words),
        audience=Audience(**words.get("audience", {})),
        created_by=AUTHOR,
        created_at=written,
        updated_at=written,
    )
    if at is not None and at > now:
        campaign.status, campaign.scheduled_at = CampaignStatus.SCHEDULED, at
        return campaign
    return campaign if at is None else _sent(campaign, at, words["link"], contacts)


def _sent(campaign: Campaign, at: datetime, link: str, contacts: Sequence[Contact]) -> Campaign:
    sent = {"status": CampaignStatus.SENT, "started_at": at, "completed_at": at + SENT_WITHIN, "links": [link]}
    going: Campaign = campaign.model_copy(update={**sent, "updated_at": at + SENT_WITHIN, "run": 1, "chunks": 1})
    total = len(recipients_of(going, contacts))
    going.stats = CampaignStats(total=total, sent=total)
    return going


def _at(days: int, now: datetime) -> datetime:
    """In the morning of that day."""
    return (now + timedelta(days=days)).replace(hour=9, minute=30, second=0, microsecond=0)


def _html(words: dict[str, Any]) -> str:
    paragraphs = "\n".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in words["paragraphs"])
    return LAYOUT.format(
        color=COLORS[words["app"]],
        title=html.escape(words["title"], quote=False),
        paragraphs=paragraphs,
        link=words["link"],
        button=html.escape(words["button"], quote=False),
    )
