"""Apps of the company."""

from itertools import count

from core import clock
from models.apps import App, AppMail, MailHold
from models.base import touched

_numbers = count(1)


async def an_app(app_id: str | None = None, *, name: str = "Banners", double_opt_in: bool = True) -> App:
    mail = AppMail(double_opt_in=double_opt_in)
    return await App(id=app_id or f"app-{next(_numbers)}", name=name, name_key=name.casefold(), mail=mail).insert()


async def mail_held(app_id: str, reason: str = "60 errors") -> None:
    """The app has so many errors that its marketing mail waits."""
    hold = MailHold(since=clock.now(), reason=reason)
    await App.change({"_id": app_id}, touched({"mailHold": hold.model_dump(by_alias=True)}))
