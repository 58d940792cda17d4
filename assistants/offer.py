"""What assistants get of a server, whatever they reach it by."""

from dataclasses import dataclass

from assistants.catalogue import Catalogue
from assistants.resources import Resources
from core.assistant_settings import Reach


@dataclass(frozen=True)
class Offer:
    """What there is, and how much of it assistants are given."""

    catalogue: Catalogue
    resources: Resources
    reach: Reach
    version: str
