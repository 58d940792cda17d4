"""Names of files that people chose, made harmless."""

import re
import unicodedata
from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.attachment_names import LONGEST, RESERVED, content_disposition, file_name, plain_name, suffix_of
from resolvers.attachment_types import JPEG, KINDS, PNG, TEXT, ZIP, FileType


@pytest.mark.parametrize(
    ("given_name", "kind", "name"),
    [
        ("photo.png", PNG, "photo.png"),
        ("Photo.PNG", PNG, "Photo.PNG"),
        ("Grüße aus Köln.jpeg", JPEG, "Grüße aus Köln.jpeg"),
        ("スクリーンショット.png", PNG, "スクリーンショット.png"),
        ("photo.exe", PNG, "photo.exe.png"),
        ("photo", PNG, "photo.png"),
        ("page.html", TEXT, "page.html.txt"),
        ("image.svg", TEXT, "image.svg.txt"),
        ("run.bat", TEXT, "run.bat.txt"),
        ("theme.liquid", TEXT, "theme.liquid"),
        ("app.jar", ZIP, "app.jar.zip"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("C:\\fakepath\\photo.png", PNG, "photo.png"),
        ("..\\..\\autoexec.bat", TEXT, "autoexec.bat.txt"),
        ("/", PNG, "file.png"),
        ("", PNG, "file.png"),
        ("...", PNG, "file.png"),
        (".htaccess", TEXT, "htaccess.txt"),
        (".png", PNG, "png.png"),
        ("photo.png ", PNG, "photo.png"),
        ("photo.png.", PNG, "photo.png"),
        ("photo\u202egnp.exe", PNG, "photognp.exe.png"),
        ("pho\u200bto\x00\x1f\r\n.png", PNG, "photo.png"),
        ("a\r\nSet-Cookie: b=c.png", PNG, "aSet-Cookie_ b=c.png"),
        ('a"b<c>d|e?f*g:h.png', PNG, "a_b_c_d_e_f_g_h.png"),
        ("CON.png", PNG, "_CON.png"),
        ("com1.tar.png", PNG, "_com1.tar.png"),
        ("nul", TEXT, "_nul.txt"),
        ("console.png", PNG, "console.png"),
        ("a   b.png", PNG, "a b.png"),
        ("42.zip", ZIP, "42.zip"),
        ("x.png/../../y.zip\0.png", ZIP, "y.zip.png.zip"),
    ],
)
def test_a_name_is_harmless_and_says_what_the_file_is(given_name: str, kind: FileType, name: str) -> None:
    assert file_name(plain_name(given_name), kind) == name


@given(given_name=st.text(max_size=400), kind=st.sampled_from(KINDS))
def test_whatever_is_given(given_name: str, kind: FileType) -> None:
    plain = plain_name(given_name)
    name = file_name(plain, kind)
    assert suffix_of(name) in kind.suffixes
    assert len(name.encode()) <= LONGEST + 30
    assert not re.search(r'[/\\<>:"|?*\x00-\x1f]', name)
    assert not {unicodedata.category(letter)[0] for letter in name} & {"C"}
    assert name.partition(".")[0].strip().upper() not in RESERVED
    assert name == name.strip(" .") == unicodedata.normalize("NFC", name)
    assert file_name(plain_name(name), kind) == name


@given(given_name=st.text(max_size=200), kind=st.sampled_from(KINDS))
def test_a_header_has_it_in_ascii_and_as_it_is(given_name: str, kind: FileType) -> None:
    name = file_name(plain_name(given_name), kind)
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="')
    message = Message()
    message["Content-Disposition"] = header.replace(header[header.index("filename=") : header.index("filename*")], "")
    parameter = message.get_param("filename", header="content-disposition")
    assert parameter is not None
    assert collapse_rfc2231_value(parameter) == name


def test_the_ascii_name_is_one_that_programs_do_not_decode() -> None:
    assert content_disposition("50% Grüße.png") == (
        "attachment; filename=\"50_ Gr__e.png\"; filename*=UTF-8''50%25%20Gr%C3%BC%C3%9Fe.png"
    )
