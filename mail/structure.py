"""Whether a template's HTML came through a parser as it was meant."""

from html.parser import HTMLParser
from typing import Final

from mail.masking import MASK, Masked, Tag
from mail.plain_text import VOID
from mail.templates import TemplateProblem

ROOT: Final = 0


def check_source(masked: Masked) -> None:
    """Raises `TemplateProblem` for what a parser would move or drop without a word."""
    outline = _Outline(masked.html)
    for number in outline.in_names:
        tag = masked.tags[number]
        raise _problem(tag, f"{tag.text} can't stand between the attributes of an element: put it inside of a value")
    for number in outline.in_styles:
        tag = masked.tags[number]
        if tag.keyword != "{{":
            raise _problem(tag, f"{tag.text} can't stand in <style>: values alone can")


def check_result(masked: Masked, html: str) -> None:
    """Raises `TemplateProblem` where blocks of `html`, made from `masked.html`, no longer enclose whole elements."""
    before, after = _Outline(masked.html), _Outline(html)
    # Values in styles go wherever the style goes.
    places = [(number, place) for number, place in after.places if number not in before.in_styles]
    if [number for number, _ in before.places] != [number for number, _ in places]:
        raise TemplateProblem(None, "its elements and Jinja's blocks are not nested in one another", "html")
    opened: list[int] = []
    for number, place in places:
        tag = masked.tags[number]
        if tag.keyword in ("if", "for"):
            opened.append(place)
        elif tag.keyword in ("elif", "else", "endif", "endfor") and opened[-1] != place:
            raise _problem(tag, f"{tag.text} stands in another element than its beginning: close what was opened")
        elif tag.keyword == "{{" and place == ROOT:
            raise _problem(tag, f"{tag.text} stands outside of <html>")
        if tag.keyword in ("endif", "endfor"):
            opened.pop()


def _problem(tag: Tag, reason: str) -> TemplateProblem:
    return TemplateProblem(tag.line, reason, "html")


class _Outline(HTMLParser):
    """Where each mask stands. A place is a number of its own for each element's inside, attribute and comment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.places: list[tuple[int, int]] = []
        self.in_names: list[int] = []
        self.in_styles: set[int] = set()
        self._last_place = ROOT
        self._open: list[tuple[str, int]] = [("", ROOT)]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_names += [number for name in (tag, *dict(attrs)) for number in _numbers(name)]
        # A serialiser puts attributes into an order of its own.
        for numbers in sorted(_numbers(value or "") for _, value in attrs):
            place = self._new_place()
            self.places += [(number, place) for number in numbers]
        if tag not in VOID:
            self._open.append((tag, self._new_place()))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_comment(self, data: str) -> None:
        comment = f"<!--{data}-->"
        place = self._open[-1][1] if MASK.fullmatch(comment) else self._new_place()
        self.places += [(number, place) for number in _numbers(comment)]

    def handle_data(self, data: str) -> None:
        element, place = self._open[-1]
        if element == "style":
            self.in_styles.update(_numbers(data))
        else:
            self.places += [(number, place) for number in _numbers(data)]

    def _new_place(self) -> int:
        self._last_place += 1
        return self._last_place


def _numbers(text: str) -> list[int]:
    return [int(match[1] or match[2]) for match in MASK.finditer(text)]
