"""Bytes to text, whatever their charset is said to be. Never fails: what can't be read becomes U+FFFD."""

import re
from binascii import a2b_base64, a2b_qp
from encodings.aliases import aliases
from typing import Final

WORD: Final = re.compile(r"[^a-z0-9]+")
FALLBACK: Final = "cp1252"
"""Of bytes that are not UTF-8; every one of them means something in it, or nearly."""
SUPERSETS: Final = {
    "ascii": FALLBACK,
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859_9": "cp1254",
    "latin_1": FALLBACK,
    "shift_jis": "cp932",
    "tis_620": "cp874",
}
"""What mail programs write under a narrower name (https://encoding.spec.whatwg.org/#names-and-labels)."""
OTHER_NAMES: Final = {
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "ks_c_5601": "cp949",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "unicode_2_0_utf_8": "utf_8",
    "utf8mb4": "utf_8",
    "windows_874": "cp874",
    "windows_949": "cp949",
    "x_sjis": "cp932",
}
NO_CHARSETS: Final = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
)
CODECS: Final = {
    **{name: codec for name, codec in aliases.items() if codec not in NO_CHARSETS},
    **{codec: codec for codec in aliases.values() if codec not in NO_CHARSETS},
    **OTHER_NAMES,
}
"""By name in lower case, with `_` for what is no letter or digit. Names are looked up here alone: Python's own look-up
keeps every unknown name for ever, and knows codecs that are slow on purpose-made input (idna, punycode)."""

NOT_BASE64: Final = bytes(
    byte for byte in range(256) if not (chr(byte).isascii() and chr(byte).isalnum()) and byte not in b"+/="
)


def codec_named(charset: str) -> str | None:
    """Python's codec for the name of a charset, or None if there is none."""
    name = WORD.sub("_", charset.lower()).strip("_")
    codec = CODECS.get(name) or CODECS.get(name.replace("_", "")) or CODECS.get(name.removeprefix("x_"))
    return SUPERSETS.get(codec, codec) if codec else None


def decoded(data: bytes, charset: str = "") -> str:
    """`data` in `charset`. What is not valid in it is taken for UTF-8, or for the most common of the old charsets.
    NULs are left out."""
    codec = codec_named(charset) if charset else None
    text = None
    for guess in ("utf-8", codec) if codec in (None, FALLBACK) else (codec, "utf-8"):
        try:
            text = data.decode(guess) if guess else None
        except UnicodeError:
            continue
        if text is not None:
            break
    if text is None:
        text = data.decode(codec or FALLBACK, "replace")
        if codec == "utf_8" and not any(character > "\x7f" for character in text.replace("\ufffd", "")):
            # No letter of it is UTF-8, so it is not merely damaged.
            text = data.decode(FALLBACK, "replace")
    return text.replace("\0", "").removeprefix("\ufeff")


def base64(data: bytes) -> bytes:
    """RFC 2045, with whatever does not belong into it, and with its end missing or lost."""
    data = data.translate(None, NOT_BASE64)
    end = data.find(b"=")
    if end >= 0:
        data = data[:end]
    if len(data) % 4 == 1:
        data = data[:-1]
    return a2b_base64(data + b"=" * (-len(data) % 4))


def transfer_decoded(data: bytes, encoding: str) -> bytes:
    """The content of a part, by its Content-Transfer-Encoding; what is unknown is taken as it is."""
    encoding = encoding.strip().lower()
    if encoding == "base64":
        return base64(data)
    if encoding == "quoted-printable":
        return a2b_qp(data)
    return data
