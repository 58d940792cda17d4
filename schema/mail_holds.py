"""What an app holds while it has too many errors, in GraphQL."""

import strawberry
from strawberry import ID

from resolvers import mail_holds
from schema.apps import AppPayload, app
from schema.edge import Info, mutation


@strawberry.type
class MailHoldMutations:
    @mutation(mail_holds.end_mail_hold)
    async def mail_hold_end(self, info: Info, app_id: ID) -> AppPayload:
        return AppPayload(app=app(await mail_holds.end_mail_hold(info.context.actor, app_id)))
