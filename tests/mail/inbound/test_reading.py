"""Reading received mail: what it says, however it is broken."""

import struct
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mail.inbound import Mailbox, TooLarge, read
from mail.inbound.mailboxes import mailboxes
from mail.inbound.parts import DEEPEST, MOST_PARTS
from mail.inbound.reading import MAX_MAIL


def _whole() -> EmailMessage:
    message = EmailMessage()
    message["From"] = '"Byron, Ada" <ada@Tea.example>'
    message["To"] = "Sam <sam@banners.example>, tom@banners.example"
    message["Cc"] = "Eva <eva@tea.example>"
    message["Reply-To"] = "desk@tea.example"
    message["Subject"] = "Größe und Preis"
    message["Date"] = "Mon, 3 Mar 2025 10:00:00 +0100"
    message["Message-ID"] = "<1@tea.example>"
    message["In-Reply-To"] = "<0@banners.example>"
    message["References"] = "<a@banners.example> <0@banners.example>"
    message["Delivered-To"] = "inbox+token@banners.example"
    message.set_content("Hello Sam,\nhow much is it?\n")
    message.add_alternative("<p>Hello Sam,<br>how much is it?</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7 ...", maintype="application", subtype="pdf", filename="Preis über alles.pdf")
    return message


@pytest.mark.parametrize("policy", [_whole().policy, SMTP])
def test_a_mail_as_it_should_be(policy: object) -> None:
    raw = _whole().as_bytes(policy=policy)  # type: ignore[arg-type]
    mail = read(raw)
    assert mail.size == len(raw)
    assert mail.sender == (Mailbox("ada@tea.example", "Byron, Ada"),)
    assert [mailbox.email for mailbox in mail.to] == ["sam@banners.example", "tom@banners.example"]
    assert mail.cc == (Mailbox("eva@tea.example", "Eva"),)
    assert mail.reply_to == (Mailbox("desk@tea.example"),)
    assert mail.delivered_to == ("inbox+token@banners.example",)
    assert mail.return_path is None
    assert mail.subject == "Größe und Preis"
    assert mail.date == datetime(2025, 3, 3, 9, tzinfo=UTC)
    assert (mail.message_id, mail.in_reply_to) == ("<1@tea.example>", ("<0@banners.example>",))
    assert mail.references == ("<a@banners.example>", "<0@banners.example>")
    assert mail.text == "Hello Sam,\nhow much is it?\n" and not mail.text_is_made
    assert mail.html is not None and "<p>Hello Sam" in mail.html
    (attachment,) = mail.attachments
    assert (attachment.name, attachment.content_type) == ("Preis über alles.pdf", "application/pdf")
    assert (attachment.size, attachment.content()) == (12, b"%PDF-1.7 ...")


def test_html_alone_has_a_text_too() -> None:
    mail = read(
        b"Content-Type: text/html; charset=utf-8\n\n<p>Hello <b>Sam</b>,</p><ul><li>one<li>two</ul><script>x()</script>"
    )
    assert mail.text == "Hello Sam,\n\n- one\n- two\n" and mail.text_is_made


def test_text_around_a_picture_is_all_of_the_text() -> None:
    mail = read(
        b'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nabove\n--b\nContent-Type: image/png; name="a.png"\n'
        b"Content-ID: <a>\nContent-Transfer-Encoding: base64\n\nAAAA\n--b\n\nbelow\n--b--\n"
    )
    assert mail.text.split() == ["above", "below"]
    assert [(file.name, file.size, file.content_id, file.inline) for file in mail.attachments] == [
        ("a.png", 3, "a", True)
    ]


def test_a_footer_in_text_below_html_does_not_hide_it() -> None:
    mail = read(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>The point</p>\n--b\n\nA "
        b"list's footer\n--b--\n"
    )
    assert "The point" in mail.text and "A list's footer" in mail.text
    assert mail.html is not None and "<pre>A list&#x27;s footer" in mail.html


def test_a_mail_within_a_mail_is_a_file_and_no_text() -> None:
    mail = read(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee there\n--b\nContent-Type: message/rfc822\n\n"
        b"Subject: Older\nFrom: eva@tea.example\n\nWhat Eva wrote\n--b--\n"
    )
    assert mail.text.strip() == "See there"
    assert [file.name for file in mail.attachments] == ["Older.eml"]
    assert b"What Eva wrote" in mail.attachments[0].content()


def test_flowed_text_is_put_together() -> None:
    mail = read(
        b"Content-Type: text/plain; format=flowed\n\nA paragraph that \nwas broken.\n\n> quoted \n> too\n-- \nAda\n"
    )
    assert mail.text == "A paragraph that was broken.\n\n> quoted too\n-- \nAda\n"


@pytest.mark.parametrize(
    ("charset", "encoded", "text"),
    [
        ("utf-8", "Größe".encode(), "Größe"),
        ("iso-8859-1", "“Größe” 5 €".encode("cp1252"), "“Größe” 5 €"),
        ("us-ascii", "Größe".encode("cp1252"), "Größe"),
        ("us-ascii", "Größe".encode(), "Größe"),
        ("gb2312", "镕基".encode("gb18030"), "镕基"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("iso-2022-jp", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        ("unicode-1-1-utf-7", b"Gr+APYA3w-e", "Größe"),
        ("cp-850", "Größe".encode("cp850"), "Größe"),
        ("x-unknown", "Größe".encode(), "Größe"),
        ("punycode", b"Gre-kka", "Gre-kka"),
        ("zlib", b"plain", "plain"),
        ("utf-8", b"caf\xe9 \xff", "café ÿ"),
        ("", b"\xef\xbb\xbfwith a mark\x00", "with a mark"),
    ],
)
def test_a_charset(charset: str, encoded: bytes, text: str) -> None:
    assert read(f"Content-Type: text/plain; charset={charset}\n\n".encode() + encoded).text == text


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (b"=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        (b"=?utf-8?q?Gr=C3?= =?utf-8?q?=B6=C3=9Fe?=", "Größe"),
        (b"=?utf-8?b?R3LDtsOf?=\n =?utf-8?b?ZQ==?=", "Größe"),
        (b"=?iso-8859-1?Q?Gr=F6=DFe und mehr?=", "Größe und mehr"),
        (b"=?utf-8?b?R3LDtsOfZQ?=", "Größe"),
        (b"=?x-nothing?q?Gr=C3=B6=C3=9Fe?= =?", "Größe =?"),
        (b"=?utf-8?b?!!!?=", ""),
        ("Größe".encode(), "Größe"),
        ("Größe".encode("latin-1"), "Größe"),
        (b"a\n\tb\n   c", "a b c"),
    ],
)
def test_a_subject(subject: bytes, expected: str) -> None:
    assert read(b"Subject: " + subject + b"\n\n").subject == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Ada <ada@tea.example>", [("ada@tea.example", "Ada")]),
        ("ada@tea.example (Ada Byron)", [("ada@tea.example", "Ada Byron")]),
        (
            "Byron, Ada <ada@tea.example>; Tom <tom@tea.example>",
            [("ada@tea.example", "Byron, Ada"), ("tom@tea.example", "Tom")],
        ),
        ("Team: ada@tea.example, Tom <tom@tea.example>;", [("ada@tea.example", ""), ("tom@tea.example", "Tom")]),
        ("undisclosed-recipients:;", []),
        ("MAILER-DAEMON", [("MAILER-DAEMON", "")]),
        ('"Jetmail" <>', [("", "Jetmail")]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@tea.example>', [("j@tea.example", "Jörg")]),
        ("'ada@tea.example' <ada@tea.example>", [("ada@tea.example", "ada@tea.example")]),
        ("List <<ada@tea.example>>", [("ada@tea.example", "List")]),
        ("ada@tea.example ((((", [("ada@tea.example", "")]),
        ("<mailto:ada@tea.example>", [("ada@tea.example", "")]),
        ("", []),
    ],
)
def test_an_address_field(field: str, expected: list[tuple[str, str]]) -> None:
    assert [(mailbox.email, mailbox.name) for mailbox in mailboxes(field)] == expected


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="a b.pdf"',
        "attachment; filename=a b.pdf",
        "attachment; filename*=utf-8''a%20b.pdf",
        "attachment; filename*0*=utf-8''a%20; filename*1=b.pdf",
        'attachment; filename="=?utf-8?q?a_b.pdf?="',
        'attachment; filename="../../a b.pdf"',
        'attachment; filename="C:\\\\temp\\\\a b.pdf"',
    ],
)
def test_the_name_of_a_file(disposition: str) -> None:
    mail = read(f"Content-Type: application/pdf\nContent-Disposition: {disposition}\n\nx".encode())
    assert [file.name for file in mail.attachments] == ["a b.pdf"]


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon,  2 Apr 101 04:20:10 CST", "Mon, 99 Mar 2025 99:99:99 +9999", "x" * 10_000]
)
def test_what_is_no_date_is_none(date: str) -> None:
    assert read(f"Date: {date}\n\n".encode()).date is None


@pytest.mark.parametrize(
    "raw",
    [
        b"From ada@tea.example Mon Mar  3 10:00:00 2025\nSubject: x\n\nHello\n",
        b"\r\n\r\nSubject: x\r\n\r\nHello\r\n",
        b"Subject: x\r\rHello\r",
        b"Subject: x\n>From ada@tea.example Mon\nX-Y: z\n\nHello\n",
        b"Subject: x\nContent-Transfer-Encoding: base64\n\nSGVs*bG8",
        b"Subject: x\nContent-Transfer-Encoding: quoted-printable\n\nHe=6c=\nlo=",
        b"Subject: x\nContent-Type: multipart/mixed; boundary=wrong\n\n--right\nContent-Type: "
        b"text/plain\n\nHello\n--right--\n",
        b"Subject: x\nContent-Type: multipart/mixed\n\n--right\nContent-Type: text/plain\n\nHello\n",
        b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\nHello\n",
        b"Subject: x\nContent-Type: text/plain; boundary=b\n\nHello\n",
        b"Subject: x\nContent-Type: nonsense\n\nHello\n",
    ],
)
def test_what_is_broken_is_read_as_it_was_meant(raw: bytes) -> None:
    mail = read(raw)
    assert (mail.subject, mail.text.strip()) == ("x", "Hello")


def test_there_may_be_no_header() -> None:
    assert read(b"Hello Sam,\n\nno header here").text == "Hello Sam,\n\nno header here"
    assert read(b"").text == ""


def test_what_is_nested_too_deep_is_no_longer_taken_apart() -> None:
    raw = (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(100))
        + b"\n\nHello\n"
    )
    assert max(_depth(part) for part in [read(raw).root]) == DEEPEST
    raw = b"Content-Type: message/rfc822\n\n" * 100 + b"\nHello\n"
    assert _depth(read(raw).root) == DEEPEST


def test_there_are_so_many_parts_at_most() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5 * MOST_PARTS
    assert len(read(raw).parts) == MOST_PARTS


def test_a_header_of_a_megabyte() -> None:
    raw = (
        b"To: "
        + b"ada@tea.example, " * 60_000
        + b"\nReferences: "
        + b"<1@tea.example> " * 60_000
        + b"\nSubject: x\n\nHello\n"
    )
    mail = read(raw)
    assert len(mail.to) == 1_000 and len(mail.references) == 100
    assert mail.text == "Hello\n"


def test_files_of_outlook_are_taken_out() -> None:
    def attribute(name: int, value: bytes) -> bytes:
        return struct.pack("<BII", 2, name, len(value)) + value + b"\0\0"

    tnef = struct.pack("<IH", 0x223E9F78, 1) + attribute(0x00069002, b"") + attribute(0x00018010, b"a.txt\0")
    head = b"Content-Type: application/ms-tnef; name=winmail.dat\n\n"
    (file,) = read(head + tnef + attribute(0x0006800F, b"Hello")).attachments
    assert (file.name, file.content()) == ("a.txt", b"Hello")
    (file,) = read(head + b"damaged").attachments
    assert (file.name, file.size) == ("winmail.dat", 7)


def test_what_is_too_large_is_refused_by_name() -> None:
    with pytest.raises(TooLarge, match="at most 25,000,000 bytes"):
        read(b"x" * (MAX_MAIL + 1))


def _depth(part: object) -> int:
    within = part.parts  # type: ignore[attr-defined]
    return 1 + max(map(_depth, within), default=-1)
