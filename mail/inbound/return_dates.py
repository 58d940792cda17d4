"""When somebody who is away says that they are back: dates as people write them, in five languages."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from mail.inbound.languages import any_of

READ: Final = 3_000
"""Characters in which the date is looked for."""
LONGEST_AWAY: Final = timedelta(days=500)
NEAR: Final = 60
"""Characters between the words that lead to a date and the date."""

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene januar jänner jaenner janvier janv janeiro gennaio gen januari stycznia",
            "february feb febrero februar février fevrier févr fevr fév fevereiro fev febbraio februari lutego",
            "march mar marzo märz maerz mär mars março marco mrz maart marca",
            "april apr abril abr avril avr aprile kwietnia",
            "may mayo mai maio maggio mag mei maja",
            "june jun junio juni juin junho giugno giu czerwca",
            "july jul julio juli juillet juil julho luglio lug lipca",
            "august aug agosto ago août aout augustus sierpnia",
            "september sep sept septiembre septembre setembro set settembre września",
            "october oct octubre oktober okt octobre outubro out ottobre ott października",
            "november nov noviembre novembre novembro listopada",
            "december dec diciembre dic dezember dez décembre decembre déc dezembro dicembre grudnia",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lunes montag lundi segunda segunda-feira lunedì lunedi maandag",
            "tuesday tue tues martes dienstag mardi terça terca terça-feira martedì martedi dinsdag",
            "wednesday wed miércoles miercoles mittwoch mercredi quarta quarta-feira mercoledì mercoledi woensdag",
            "thursday thu thur thurs jueves donnerstag jeudi quinta quinta-feira giovedì giovedi donderdag",
            "friday fri viernes freitag vendredi sexta sexta-feira venerdì venerdi vrijdag",
            "saturday sat sábado sabado samstag sonnabend samedi sabato zaterdag",
            "sunday sun domingo sonntag dimanche domenica zondag",
        )
    )
    for name in names.split()
}
RELATIVE: Final = {
    "tomorrow": 1, "mañana": 1, "morgen": 1, "demain": 1, "amanhã": 1, "day after tomorrow": 2, "übermorgen": 2,
    "pasado mañana": 2, "après-demain": 2, "depois de amanhã": 2,
}  # fmt: skip
NEXT_WEEK: Final = (
    "next week", "nächste woche", "nächster woche", "kommende woche", "la semaine prochaine", "la próxima semana",
    "la semana que viene", "próxima semana", "semana que vem",
)  # fmt: skip

NAMES_OF_MONTHS: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
NAMES_OF_WEEKDAYS: Final = "|".join(sorted(WEEKDAYS, key=len, reverse=True))


def _year(name: str) -> str:
    return rf"(?:,?\s{{0,2}}(?:(?:de|del|of)\s)?(?P<{name}>(?:19|20)\d\d|'\d\d)(?!\d))?"


ORDINAL: Final = r"(?:st|nd|rd|th|er|º|ª|\.)?"
DATE: Final = re.compile(
    "|".join(
        (
            r"(?<!\d)(?P<iso>\d{4}-\d{1,2}-\d{1,2})(?!\d)",
            rf"(?<![\w.])(?P<day>\d{{1,2}}){ORDINAL}\s{{0,2}}(?:of\s|de\s|d[\u2019']|-)?\s?"
            rf"(?P<month>{NAMES_OF_MONTHS})(?!\w)\.?{_year('year')}",
            rf"(?<!\w)(?P<month2>{NAMES_OF_MONTHS})\.?\s{{1,2}}(?P<day2>\d{{1,2}}){ORDINAL}(?![\d:]){_year('year2')}",
            r"(?<![\d.])(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?:(?P=mark)(?P<year3>(?:20)?\d\d))?(?!\d)(?![./-]\d)",
            rf"(?<!\w)(?P<relative>{'|'.join(sorted((*RELATIVE, *NEXT_WEEK), key=len, reverse=True))})(?!\w)",
            rf"(?<!\w)(?P<weekday>{NAMES_OF_WEEKDAYS})(?!\w)",
        )
    )
)
BACK: Final = re.compile(any_of("automatic", "back") + r"[\s,:(]{0,4}[^.\n\d]{0,40}$")
UNTIL: Final = re.compile(any_of("automatic", "until") + r"[\s,:(]{0,4}(?:\w+,?\s){0,3}$")
RANGE: Final = re.compile(r"\s{0,2}[-\u2013—]\s{0,2}$")


def return_date(text: str, sent: date, *, month_first: bool = False) -> date | None:
    """The day that is named for coming back, else the last day away, else the only day to come that is named.

    `sent` is the day of the mail, from which `tomorrow` and dates without a year are counted. In `5/6/2026` the month
    is read first where `month_first` says so and it makes sense. None where nothing is said, or of days that are over.
    """
    text = text[:READ].lower()
    found = [(match, day) for match, day in _dates(text, sent, month_first) if sent <= day <= sent + LONGEST_AWAY]
    for leads in (BACK, UNTIL, RANGE):
        for match, day in found:
            if leads.search(text[max(0, match.start() - NEAR) : match.start()]):
                return _with_weekday(found, match, day)
    days = {day for match, day in found if not match["weekday"]}
    return days.pop() if len(days) == 1 else None


def _with_weekday(found: list[tuple[re.Match[str], date]], match: re.Match[str], day: date) -> date:
    """`Monday, 5 January` is one day: what stands right behind its weekday says which."""
    if not match["weekday"]:
        return day
    for following, other in found:
        if 0 <= following.start() - match.end() <= len(", the ") and not following["weekday"]:
            return other
    return day


def _dates(text: str, sent: date, month_first: bool) -> Iterator[tuple[re.Match[str], date]]:
    for match in DATE.finditer(text):
        try:
            day = _day(match, sent, month_first)
        except (ValueError, OverflowError):
            continue
        if day is not None:
            yield match, day


def _day(match: re.Match[str], sent: date, month_first: bool) -> date | None:
    if match["iso"]:
        return date(*map(int, match["iso"].split("-")))
    if month := match["month"] or match["month2"]:
        return _in_year(int(match["day"] or match["day2"]), MONTHS[month], match["year"] or match["year2"], sent)
    if match["a"]:
        return _numbers(match, sent, month_first)
    if weekday := match["weekday"]:
        return sent + timedelta(days=(WEEKDAYS[weekday] - sent.weekday() - 1) % 7 + 1)
    relative = match["relative"]
    return sent + timedelta(days=7 - sent.weekday() if relative in NEXT_WEEK else RELATIVE[relative])


def _numbers(match: re.Match[str], sent: date, month_first: bool) -> date | None:
    """`5/6`: which is the month is known where the other can't be one, or would be long past."""
    first, second = int(match["a"]), int(match["b"])
    if match["mark"] == "-" and not match["year3"]:
        return None
    orders = (
        [(second, first), (first, second)]
        if month_first and match["mark"] == "/"
        else [(first, second), (second, first)]
    )
    if match["mark"] == ".":
        orders = orders[:1] if not month_first else [(first, second)]
    candidates = []
    for day, month in orders:
        if 1 <= month <= 12 and 1 <= day <= 31:
            try:
                candidates.append(_in_year(day, month, match["year3"], sent))
            except ValueError:
                continue
    return next((day for day in candidates if sent <= day <= sent + timedelta(days=120)), next(iter(candidates), None))


def _in_year(day: int, month: int, year: str | None, sent: date) -> date:
    """The next such day, where no year is given."""
    if year:
        number = int(year.strip("'"))
        return date(number + 2000 if number < 100 else number, month, day)
    this_year = date(sent.year, month, day)
    return this_year if this_year >= sent - timedelta(days=7) else date(sent.year + 1, month, day)
