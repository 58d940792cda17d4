"""How people ask for something."""

from typing import Final

from limits import RateLimitItemPerMinute

from core.access import SUPPORT, allow
from core.actor import Actor
from core.ids import Handle
from core.inputs import Email, Input, LongText, ShopDomain
from core.runtime import runtime
from core.scopes import Scope
from models.apps import App
from models.slack_routing import SlackTopic
from models.wants import Want, WantAuthor
from resolvers.apps import visible_app
from resolvers.slack_messages import tell_slack
from resolvers.want_board import Board, PublicWant
from resolvers.want_counts import announce_want
from resolvers.want_identities import WantVoter, identity_of
from resolvers.want_titles import tokens_of
from resolvers.want_votes import cast_own_vote
from resolvers.wants import WantTitle, check_category, search_text_of

SUBMISSIONS: Final = RateLimitItemPerMinute(10, namespace="want_submissions")
DEFAULT_CATEGORY: Final = "general"
TELLER: Final = Actor.system("wants")


class WantCreate(Input):
    """`authorEmail` and `shopDomain` say for whom an app's backend, or staff, ask; end users ask for themselves.
    Without `category` it is the app's first. With `vote` the author votes for it too."""

    title: WantTitle
    description: LongText = ""
    category: Handle | None = None
    author_email: Email | None = None
    shop_domain: ShopDomain | None = None
    vote: bool = False


@allow(SUPPORT, api_key=Scope.WANTS_WRITE, end_user=True)
async def create_want(actor: Actor, app_id: str, data: WantCreate) -> PublicWant:
    """Asks an app's company for something. It waits for a look of staff, unless the app publishes at once.

    Raises `RateLimited` beyond ten a minute of one person.
    """
    app = await visible_app(actor, app_id)
    author = WantVoter.model_construct(voter_email=data.author_email, shop_domain=data.shop_domain)
    identity = await identity_of(app, actor, author, field="authorEmail")
    want = want_of(app, data.title, data.description, data.category)
    await runtime().limits.attempt(SUBMISSIONS, app_id, identity.key if identity else actor.label)
    if identity is None:
        return await _inserted(want)
    want.author = WantAuthor(key=identity.key, **identity.fields)
    asked = await _inserted(want)
    if not data.vote:
        return asked
    return await cast_own_vote(Board(app, actor, identity), identity, want, actor.label)


async def _inserted(want: Want) -> PublicWant:
    await want.insert()
    await announce_want(want)
    await tell_slack(TELLER, SlackTopic.WANTS, want.app_id, f"New want: {want.title}", key=f"want:{want.id}")
    return PublicWant(want, is_own=True)


def want_of(app: App, title: str, description: str, category: str | None) -> Want:
    """As it is asked for. Raises `InvalidInput` for a category that the app does not have."""
    category = category or next(iter(app.want_board.categories), DEFAULT_CATEGORY)
    check_category(app, category)
    return Want(
        app_id=app.id,
        title=title,
        description=description,
        category=category,
        title_tokens=tokens_of(title),
        search_text=search_text_of(title, description, []),
    )
