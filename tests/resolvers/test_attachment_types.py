"""What a file is, told by its content alone."""

import codecs
import time
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.attachment_types import (
    AVIF,
    CSV,
    DOCX,
    GIF,
    GZIP,
    HEIC,
    JPEG,
    JSON,
    KINDS,
    LARGEST_DIRECTORY,
    MP4,
    ODS,
    ODT,
    PDF,
    PNG,
    PPTX,
    QUICKTIME,
    TEXT,
    WEBM,
    WEBP,
    XLSX,
    ZIP,
    FileType,
    type_of,
)
from tests.factories import attachments as files
from tests.factories.attachments import ftyp, gzipped, office, zipped


def kind_of(content: bytes, suffix: str = "") -> FileType | None:
    return type_of(BytesIO(content), suffix)


def an_open_document(media_type: str) -> bytes:
    return zipped("mimetype", "content.xml", **{"mimetype": media_type.encode()})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.PNG, PNG),
        (files.JPEG, JPEG),
        (files.GIF, GIF),
        (files.GIF.replace(b"89a", b"87a"), GIF),
        (files.WEBP, WEBP),
        (files.PDF, PDF),
        (files.WEBM, WEBM),
        (ftyp(b"isom", b"isom", b"mp42"), MP4),
        (ftyp(b"XAVC", b"mp42"), MP4),
        (ftyp(b"qt  ", b"qt  "), QUICKTIME),
        (ftyp(b"heic", b"mif1", b"heic"), HEIC),
        (ftyp(b"mif1", b"avif"), HEIC),
        (ftyp(b"avif", b"mif1", b"isom"), AVIF),
        (gzipped(b"log"), GZIP),
        (zipped("readme.txt"), ZIP),
        (zipped(), ZIP),
        (zipped("a.txt", comment=b"PK and more" * 100), ZIP),
        (office("word"), DOCX),
        (office("xl"), XLSX),
        (office("ppt"), PPTX),
        (an_open_document(ODT.media_type), ODT),
        (an_open_document(ODS.media_type), ODS),
        (an_open_document("application/epub+zip"), ZIP),
        (b"Hello\r\n\tworld\x1b[31m\x0c", TEXT),
        ("Grüße, 世界".encode(), TEXT),
        ("Grüße".encode("cp1252"), TEXT),
        (codecs.BOM_UTF16_LE + "Grüße".encode("utf-16-le"), TEXT),
        (codecs.BOM_UTF16_BE + "Grüße".encode("utf-16-be"), TEXT),
        (codecs.BOM_UTF8 + b"a,b\n1,2\n", TEXT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", TEXT),
        (b"<!doctype html><script>alert(1)</script>", TEXT),
        (b"#!/bin/sh\nrm -rf /\n", TEXT),
    ],
)
def test_a_kind_is_told_by_its_content_whatever_it_is_called(content: bytes, kind: FileType) -> None:
    assert kind_of(content) is kind
    assert kind_of(content, "exe") is kind


@pytest.mark.parametrize(
    ("content", "suffix", "kind"),
    [
        (b'{"log": {"version": "1.2"}}', "har", JSON),
        (b'\xef\xbb\xbf\n [{"a": 1}]', "json", JSON),
        (b"not json", "json", TEXT),
        (b"a;b\n1;2\n", "csv", CSV),
        (files.PNG, "csv", PNG),
        (files.PDF, "json", PDF),
        (zipped("[Content_Types].xml"), "docx", ZIP),
    ],
)
def test_a_name_decides_only_between_kinds_of_text(content: bytes, suffix: str, kind: FileType) -> None:
    assert kind_of(content, suffix) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0\x03\0\0\0",
        b"\x7fELF\x02\x01\x01\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
        b"\xca\xfe\xba\xbe\0\0\0\x34",
        b"Rar!\x1a\x07\x01\0",
        b"7z\xbc\xaf\x27\x1c\0\x04",
        b"PK\x03\x04" + b"\0" * 100,
        b"PK\x05\x06\0\0",
        files.MATROSKA,
        ftyp(b"M4A ", b"M4A "),
        b"\0\0\0\x20ftyp",
        b"text with a \0 in it",
        codecs.BOM_UTF16_LE + b"\x00\xd8\x00",
        b"RIFF\x1a\0\0\0WAVEfmt ",
        b" " + files.PNG,
        b"\xff\xfe" + b"\x07\0" * 4,
    ],
)
def test_what_is_of_no_known_kind_is_none(content: bytes) -> None:
    assert kind_of(content, "png") is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"GIF89a/*" + b"\0" * 10 + b"*/=1;alert(document.domain)", GIF),
        (b"%PDF-1.7\n<html><script>alert(1)</script>\n", PDF),
        (files.PNG + zipped("evil.exe"), PNG),
        (files.JPEG + b"<?php system($_GET['c']); ?>", JPEG),
        (files.PDF + zipped("word/document.xml", "[Content_Types].xml"), PDF),
    ],
    ids=["GIF and JavaScript", "PDF and HTML", "PNG and ZIP", "JPEG and PHP", "PDF and Office"],
)
def test_a_polyglot_is_what_it_begins_as(content: bytes, kind: FileType) -> None:
    assert kind_of(content) is kind


def test_documents_with_macros_are_archives() -> None:
    assert kind_of(office("word", "word/vbaProject.bin")) is ZIP


class TestArchives:
    def test_are_not_unpacked(self) -> None:
        """A directory that promises petabytes is a directory."""
        bomb = bytearray(zipped("x" * 40, "[Content_Types].xml", "word/a"))
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            place = bomb.find(signature)
            bomb[place + offset : place + offset + 4] = b"\xff\xff\xff\xf0"
        assert kind_of(bytes(bomb)) in (DOCX, ZIP)

    def test_with_a_million_entries_cost_no_more_than_others(self) -> None:
        entry = b"PK\x01\x02" + b"\0" * 24 + b"\x01\0" + b"\0" * 16 + b"a"
        directory = entry * (LARGEST_DIRECTORY * 9 // len(entry))
        end = b"PK\x05\x06" + b"\0" * 8 + len(directory).to_bytes(4, "little") + b"\x04\0\0\0" + b"\0\0"
        began = time.perf_counter()
        assert kind_of(b"PK\x03\x04" + directory + end) is ZIP
        assert time.perf_counter() - began < 1

    @given(size=st.integers(0, 2**32 - 1), offset=st.integers(0, 2**32 - 1), middle=st.binary(max_size=60))
    def test_whose_directory_lies_are_told_of_or_refused(self, size: int, offset: int, middle: bytes) -> None:
        end = b"PK\x05\x06" + b"\0" * 8 + size.to_bytes(4, "little") + offset.to_bytes(4, "little") + b"\0\0"
        assert kind_of(b"PK\x03\x04" + middle + end) in (ZIP, None)


@given(content=st.binary(max_size=300), suffix=st.sampled_from(["", "png", "csv", "json", "docx"]))
def test_nothing_makes_it_fail_and_the_file_is_left_at_its_beginning(content: bytes, suffix: str) -> None:
    file = BytesIO(content)
    assert type_of(file, suffix) in (None, *KINDS)
    assert file.tell() == 0


def test_a_character_may_be_cut_by_the_pieces_that_are_read() -> None:
    text = codecs.BOM_UTF16_LE + ("x" + "𝄞" * 300_000).encode("utf-16-le")
    assert kind_of(text) is TEXT
    assert kind_of(("x" + "ß" * 600_000).encode()) is TEXT
    assert kind_of(b"x" * 2_000_000 + b"\0") is None
