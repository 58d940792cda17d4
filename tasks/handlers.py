"""Who does the jobs of each type. Jobs of other types wait for a worker that knows them."""

from typing import Final

from resolvers.automation_backtests import BACKTEST
from resolvers.automation_clock import RUN
from resolvers.automation_webhooks import WEBHOOK
from resolvers.campaign_jobs import CHUNK, START
from resolvers.gdpr import ERASE
from resolvers.inbound_receiving import PROCESS as PROCESS_INBOUND
from resolvers.metric_rebuilds import REBUILD as METRICS_REBUILD
from resolvers.rollup_rebuilds import REBUILD
from resolvers.slack_messages import POST
from resolvers.transactional import DELIVER
from resolvers.want_announcements import ANNOUNCE
from resolvers.webhook_events import PROCESS
from tasks import automations, inbound, metrics, privacy, rollups, sending, slack, wants, webhooks
from tasks.jobs import Handler

HANDLERS: Final[dict[str, Handler]] = {
    ANNOUNCE: wants.announce_change,
    BACKTEST: automations.do_backtest,
    RUN: automations.run_schedule,
    WEBHOOK: automations.call_webhook,
    START: sending.start_campaign,
    CHUNK: sending.deliver_chunk,
    DELIVER: sending.deliver_one,
    ERASE: privacy.erase_contact,
    PROCESS_INBOUND: inbound.process_inbound,
    METRICS_REBUILD: metrics.rebuild,
    REBUILD: rollups.rebuild,
    PROCESS: webhooks.process_webhook,
    POST: slack.post_lane,
}
