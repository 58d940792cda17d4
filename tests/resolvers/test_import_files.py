"""Files with rows of people, such as subscribers."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from resolvers.import_files import LONGEST_ROW, PIECE, CsvRows, JsonRows
from resolvers.subscriber_rows import COLUMNS, LIST, SPELLINGS

CELLS: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def csv_rows(text: str | bytes) -> list[Any]:
    return list(CsvRows(io.BytesIO(text if isinstance(text, bytes) else text.encode()), SPELLINGS))


def json_rows(text: str | bytes) -> list[Any]:
    return list(JsonRows(io.BytesIO(text if isinstance(text, bytes) else text.encode()), LIST))


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_rows_count_as_in_a_spreadsheet(self, delimiter: str, end: str) -> None:
        lines = [["email", "name"], ["ada@example.com", "Ada"], ["", ""], ["greta@example.com"]]
        text = end.join(delimiter.join(line) for line in lines)
        ada, greta = {"email": "ada@example.com", "name": "Ada"}, {"email": "greta@example.com"}
        assert csv_rows(text) == [(2, ada), (4, greta)]

    def test_it_can_be_read_again(self) -> None:
        rows = CsvRows(io.BytesIO(b"email\nada@example.com\n"), SPELLINGS)
        assert list(rows) == list(rows) != []

    def test_columns_go_by_several_spellings_and_unknown_ones_are_told(self) -> None:
        rows = CsvRows(
            io.BytesIO("\ufeffE-Mail,Consented At,consent_text,Shoe Size\na@b.co,2026,Yes,42\n".encode()), SPELLINGS
        )
        assert rows.ignored == ["Shoe Size"]
        assert list(rows) == [(2, {"email": "a@b.co", "consentedAt": "2026", "consentText": "Yes"})]

    def test_quoted_fields_may_hold_anything(self) -> None:
        (row,) = csv_rows('email,name\na@b.co,"Lovelace, ""Ada""\nCountess"\n')
        assert row == (2, {"email": "a@b.co", "name": 'Lovelace, "Ada"\nCountess'})

    def test_a_row_with_too_many_fields_is_told_by_itself(self) -> None:
        assert csv_rows("email,name\na@b.co,Ada,1815\n") == [(2, "has more fields than the first row has columns")]

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "The first row must name the columns"),
            (b"name\nAda\n", "email has to be one of them"),
            (b"email,e_mail\n", "two columns for email"),
            ("email,name\na@b.co,J\xfcrgen\n".encode("latin-1"), "not in UTF-8: b'\\xfc'"),
            ("email\na@b.co\n".encode("utf-16"), "not in UTF-8"),
            (b'email,name\na@b.co,"Ada\n', "can't be read after line 2"),
            (b'email,name\na@b.co,"Ada" L\n', "can't be read after line 2"),
            (b"email\n" + b"a" * (LONGEST_ROW + 1), "more than 131,072 characters"),
            (b"a" * 300_000, "more than 131,072 characters"),
        ],
    )
    def test_what_is_no_such_file_is_refused(self, content: bytes, sentence: str) -> None:
        with pytest.raises(InvalidInput) as error:
            csv_rows(content)
        assert sentence in error.value.message

    @given(
        st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=5),
        st.sampled_from(",;\t"),
        st.booleans(),
    )
    def test_what_was_written_is_read(self, cells: list[list[str]], delimiter: str, with_mark: bool) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *cells])
        content = text.getvalue().encode("utf-8-sig" if with_mark else "utf-8")
        wanted = [
            (number, {name: cell.strip() for name, cell in zip(COLUMNS, record, strict=True) if cell.strip()})
            for number, record in enumerate(cells, start=2)
            if any(record)
        ]
        assert csv_rows(content) == wanted

    @given(st.binary(max_size=60))
    def test_anything_else_is_refused_in_a_sentence(self, content: bytes) -> None:
        for whole in (content, b"email,name\n" + content):
            try:
                csv_rows(whole)
            except InvalidInput as error:
                assert error.message


class TestJson:
    def test_rows_are_counted_from_one(self) -> None:
        rows = [{"email": "ada@example.com", "tags": ["vip", "]"]}, {"email": 'a"b'}]
        assert json_rows(json.dumps({"subscribers": rows}, indent=2)) == list(enumerate(rows, start=1))

    def test_an_empty_list_is_one(self) -> None:
        assert json_rows(' { "subscribers" : [ ] } \n') == []

    def test_what_is_no_object_is_told_by_itself(self) -> None:
        assert json_rows('{"subscribers": [1, null]}') == [(1, "must be an object"), (2, "must be an object")]

    @pytest.mark.parametrize(
        "text",
        [
            "", "[]", "[{}]", '"text"', "1", "true", "null", "{", "{}", '{"subscribers"', '{"subscribers": {}}',
            '{"subscribers": [}', '{"subscribers": [{}', '{"subscribers": [{} {}]}', '{"subscribers": [{},]}',
            '{"subscribers": []', '{"subscribers": []} x', '{"subscribers": [], "more": 1}', '{"other": []}',
            '{"subscribers": [{"email": NaN}', '{"subscribers": [' + "[" * 100_000, '{"subscribers": ["' + "a" * 2**18,
            '{"subscribers": [' + "9" * 5000, b'\xff{"subscribers": []}', b'{"subscribers": [{"email": "\xfc"}]}',
        ],
    )  # fmt: skip
    def test_what_is_no_such_file_is_refused(self, text: str | bytes) -> None:
        with pytest.raises(InvalidInput) as error:
            json_rows(text)
        assert error.value.message

    @given(st.lists(st.dictionaries(CELLS, CELLS | st.booleans() | st.lists(CELLS)), max_size=5), st.booleans())
    def test_what_was_written_is_read(self, rows: list[Mapping[str, Any]], is_ascii: bool) -> None:
        content = json.dumps({"subscribers": rows}, ensure_ascii=is_ascii)
        assert json_rows(content) == list(enumerate(rows, start=1))

    def test_rows_are_read_across_the_pieces_of_a_file(self) -> None:
        rows = [{"email": f"{'é' * (number % 97)}@example.com"} for number in range(3 * PIECE // 50)]
        assert json_rows(json.dumps({"subscribers": rows})) == list(enumerate(rows, start=1))
