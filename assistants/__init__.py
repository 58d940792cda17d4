"""What assistants get over the Model Context Protocol: tools, resources and prompts, made of the operations that are
there for everybody.

The protocol's own server takes a while to load: as an attribute, `http` is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING

from core.loading import modules_of

if TYPE_CHECKING:
    from assistants import http

    __all__ = ["http"]

__getattr__ = modules_of(__name__)
