"""Reading dirty files: one sentence for the file, a mark for the row."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.sources.mapping import FileMapping
from pipelines.sources.reader import MAX_ROW_CHARS, SourceFault, read_file

FILE = FileMapping.model_validate(
    {
        "path": "people.csv",
        "routes": [{"table": "contacts", "fields": {"contact_id": "id", "email": "email"}}],
    }
)
PARQUET = FILE.model_copy(update={"path": "people.parquet", "format": "parquet"})


def read(tmp_path: Path, content: bytes) -> pl.DataFrame:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    return read_file(path, FILE)


def test_cells_stay_text_and_lines_are_counted(tmp_path):
    frame = read(tmp_path, b'\xef\xbb\xbfid,email\n007,"a,b"\n\n8," x\ny"\n')

    assert frame.select("id", "email", "_line").rows() == [("007", "a,b", 2), ("8", " x\ny", 4)]
    assert frame.get_column("_fault").null_count() == 2


def test_a_ragged_row_is_marked_and_the_rest_read(tmp_path):
    frame = read(tmp_path, b"id,email\n1,a\n2\n3,c,d\n4,e\n")

    assert frame.get_column("_fault").to_list() == [None, "ragged_row", "ragged_row", None]
    assert frame.get_column("_raw").to_list() == [None, '["2"]', '["3", "c", "d"]', None]
    assert frame.get_column("id").to_list() == ["1", None, None, "4"]


def test_a_row_with_a_nul_is_marked(tmp_path):
    frame = read(tmp_path, b"id,email\n1,a\x00b\n2,c\n")

    assert frame.get_column("_fault").to_list() == ["nul_byte", None]


def test_a_last_line_without_a_break_is_whole_when_it_has_all_fields(tmp_path):
    assert read(tmp_path, b"id,email\n1,a").height == 1


def test_a_header_alone_is_an_export_without_rows(tmp_path):
    assert read(tmp_path, b"id,email\n").height == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["people.csv", "empty"]),
        (b"\n\n", ["people.csv", "empty"]),
        (b"id,email\n1,\xe9\n", ["people.csv", "line 2", "0xe9", "UTF-8"]),
        (b'id,email\n1,a\n2,"b\n3,c\n', ["people.csv", "truncated", "line 3", "never closed"]),
        (b"id,email\n1,a\n2", ["people.csv", "truncated", "line 3", "1 of 2 fields"]),
        (b"id,emial\n1,a\n", ["contacts.email", "'email'", "lacks", "did you mean 'emial'"]),
        (b"id,id,email\n1,2,a\n", ["people.csv", "'id' twice"]),
        (b"id,email\n1," + b"x" * 10_000_000 + b"\n", ["people.csv", "line 2", "1,000,000"]),
        (b'id,email\n1,"' + b"x\n" * 600_000 + b'"\n', ["people.csv", "1,000,000"]),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, content, words):
    with pytest.raises(SourceFault) as fault:
        read(tmp_path, content)

    sentence = str(fault.value)
    assert [word for word in words if word not in sentence] == []
    assert "\n" not in sentence


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(SourceFault, match=r"people\.csv: the mapping names this file"):
        read_file(tmp_path / "people.csv", FILE)


def test_a_long_row_within_the_limit_is_read(tmp_path):
    frame = read(tmp_path, b"id,email\n1," + b"x" * (MAX_ROW_CHARS - 100) + b"\n")

    assert frame.height == 1


def test_parquet_comes_as_text(tmp_path):
    path = tmp_path / "people.parquet"
    pl.DataFrame({"id": [1, 2], "email": ["a", None]}).write_parquet(path)

    frame = read_file(path, PARQUET)

    assert frame.select("id", "email", "_line").rows() == [("1", "a", 1), ("2", None, 2)]


def test_half_a_parquet_file_is_one_sentence(tmp_path):
    path = tmp_path / "people.parquet"
    pl.DataFrame({"id": list(range(1000))}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(SourceFault, match=r"people\.parquet: not a whole Parquet file"):
        read_file(path, PARQUET)
