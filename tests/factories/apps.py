"""Apps of the company."""

from itertools import count

from models.apps import App, AppMail

_numbers = count(1)


async def an_app(app_id: str | None = None, *, name: str = "Banners", double_opt_in: bool = True) -> App:
    mail = AppMail(double_opt_in=double_opt_in)
    return await App(id=app_id or f"app-{next(_numbers)}", name=name, name_key=name.casefold(), mail=mail).insert()
