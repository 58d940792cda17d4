"""Takes people on in sequences, by the clock."""

from core.actor import Actor
from resolvers import sequence_advancing

ACTOR = Actor.system("sequences")


async def advance_sequences() -> None:
    """Everybody whose time has come."""
    await sequence_advancing.advance_sequences(ACTOR)
