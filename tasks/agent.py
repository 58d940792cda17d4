"""Looks after the e-mail agent's work by the clock."""

from core.actor import Actor
from resolvers import agent_sending, agent_upkeep

ACTOR = Actor.system("agent")


async def resume_agent_mail() -> None:
    """Plans mail that somebody sent whose server died before it came to that."""
    await agent_sending.resume_agent_mail(ACTOR)


async def expire_agent_drafts() -> None:
    """Ends drafts whose time is over."""
    await agent_upkeep.expire_agent_drafts(ACTOR)
