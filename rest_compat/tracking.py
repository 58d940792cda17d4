"""The pixel and the links of mails, over REST."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from core.actor import Actor
from resolvers import tracking
from resolvers.tracking import Outcome
from resolvers.tracking_visits import visit_of

Token = Annotated[str, Path(alias="token")]

ANYBODY: Final = Actor.anonymous()
GIF: Final = bytes.fromhex(
    "474946383961 0100 0100 80 00 00 ffffff 000000 21f904 01 0000 00 00 2c 0000 0000 0100 0100 00 02 02 44 01 00 3b"
)
"""One transparent pixel: 43 bytes."""
NOT_KEPT: Final = {"cache-control": "no-store, no-cache, must-revalidate, private", "pragma": "no-cache"}
HEADERS: Final[Mapping[Outcome, Mapping[str, str]]] = {
    Outcome.RECORDED: NOT_KEPT,
    Outcome.IGNORED: NOT_KEPT,
    Outcome.TOO_MANY: {**NOT_KEPT, "x-not-recorded": Outcome.TOO_MANY.value},
    Outcome.UNAVAILABLE: {**NOT_KEPT, "x-not-recorded": Outcome.UNAVAILABLE.value},
}
"""Whoever counts on an answer is told where it is no promise."""
PIXELS: Final = {outcome: Response(GIF, 200, headers, "image/gif") for outcome, headers in HEADERS.items()}


async def open_pixel(request: Request, token: Token) -> Response:
    """A transparent pixel, whatever the token is. Where what asked for it was not recorded although the token is valid,
    `X-Not-Recorded` says why: `too_many` hits within a minute, or the database is `unavailable`."""
    return PIXELS[await tracking.record_open(ANYBODY, token, visit_of(request))]


async def follow_link(request: Request, token: Token) -> Response:
    """To the address that the link had when the mail was sent. `X-Not-Recorded` as for the pixel."""
    followed = await tracking.record_click(ANYBODY, token, visit_of(request))
    return Response(b"", 302, {**HEADERS[followed.outcome], "location": followed.url})
