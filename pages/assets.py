"""Files of the pages, each under a name that holds a hash of its content: browsers keep them for good."""

import hashlib
import mimetypes
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
LONGEST_NAME: Final = 255
"""Bytes, as file systems have it: to ask for a longer one is an error, not an answer."""
COMPRESSED: Final = [Middleware(GZipMiddleware, minimum_size=1000)]

# Some systems map these to types that browsers refuse for modules and fonts.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/ttf", ".ttf")


class Assets:
    """Those that a front-end build left in a folder, hashes in their names, and those that are added from elsewhere."""

    def __init__(self, built: Path) -> None:
        self._built = built
        self._added: dict[str, tuple[bytes, str | None]] = {}

    def add(self, file: Path) -> str:
        """The path under which the file is served from now on."""
        content = file.read_bytes()
        name = f"{file.stem}-{hashlib.sha256(content).hexdigest()[:10]}{file.suffix}"
        self._added[name] = content, mimetypes.guess_type(file.name)[0]
        return f"/assets/{name}"

    def route(self) -> Route:
        return Route("/assets/{name}", self._serve, methods=["GET"], middleware=COMPRESSED)

    def _serve(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name in self._added:
            content, media_type = self._added[name]
            return Response(content, headers=FOREVER, media_type=media_type)
        file = self._built / name
        if len(name.encode()) > LONGEST_NAME or not file.is_file():
            raise HTTPException(404, "No such file: the page it belongs to was built anew, reload it")
        return FileResponse(file, headers=FOREVER)
