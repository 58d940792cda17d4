"""Who does the jobs of each type. Jobs of other types wait for a worker that knows them."""

from typing import Final

from resolvers.gdpr import ERASE
from resolvers.rollup_rebuilds import REBUILD
from tasks import privacy, rollups, sending
from tasks.jobs import Handler

HANDLERS: Final[dict[str, Handler]] = {
    "campaign.chunk": sending.deliver_chunk,
    "mail.deliver": sending.deliver_one,
    ERASE: privacy.erase_contact,
    REBUILD: rollups.rebuild,
}
