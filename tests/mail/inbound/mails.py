"""Received mail to read."""

from email.message import EmailMessage

from mail.inbound import Received, read


def raw(
    text: str,
    *,
    subject: str = "Re: Your shop",
    sender: str = "Ada Byron <ada@tea.example>",
    date: str = "Mon, 3 Mar 2025 10:00:00 +0100",
    return_path: str | None = "ada@tea.example",
    headers: dict[str, str] | None = None,
    html: bool = False,
) -> bytes:
    message = EmailMessage()
    if return_path is not None:
        message["Return-Path"] = f"<{return_path}>"
    message["From"] = sender
    message["To"] = "Sam <sam@banners.example>"
    message["Subject"] = subject
    message["Message-ID"] = "<1@tea.example>"
    message["Date"] = date
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text, subtype="html" if html else "plain")
    return message.as_bytes()


def mail(text: str, **others: object) -> Received:
    """`others` as for `raw`."""
    return read(raw(text, **others))  # type: ignore[arg-type]
