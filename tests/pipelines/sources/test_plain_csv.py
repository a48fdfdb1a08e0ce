"""The fast reader gives what the careful one gives, or leaves the file to it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.sources import reader
from pipelines.sources.mapping import FileMapping, Route
from pipelines.sources.plain_csv import read_plain

FILE = FileMapping(
    path="f.csv",
    routes=(Route(table="products", fields={"product_id": "a"}),),
)
TEXTS = st.text(alphabet='ab ,"\n\r\t\0é;', max_size=40)
ROWS = st.lists(
    st.lists(st.sampled_from(["", "x", '"a,b"', '"a""b"', " y", '""', "ü"]), min_size=2, max_size=2)
)


def read(text, monkeypatch):
    """What the reader makes of a file, and what it makes of it without the fast path."""
    found = []
    for fast in (True, False):
        if not fast:
            monkeypatch.setattr(reader, "read_plain", lambda *_, **__: None)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "f.csv"
            path.write_bytes(text.encode())
            try:
                found.append(reader.read_file(path, FILE))
            except reader.SourceFault as error:
                found.append(str(error).replace(folder, ""))
    return found


def assert_same(text):
    with pytest.MonkeyPatch.context() as monkeypatch:
        fast, careful = read(text, monkeypatch)
    if isinstance(careful, str):
        assert fast == careful
    else:
        assert_frame_equal(fast, careful)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_read_the_same_or_refused_in_the_same_words(text):
    assert_same("a,b\n" + text)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_tables_are_read_the_same(rows, end, is_closed):
    assert_same(end.join(["a,b", *(",".join(row) for row in rows)]) + (end if is_closed else ""))


def test_a_table_with_a_line_per_row_is_read_fast():
    frame = read_plain('a,b\nx,"y, z"\n,é\n'.encode(), ",", ["a", "b"], most=1000)

    assert frame is not None
    assert frame.rows() == [("x", "y, z"), ("", "é")]
    assert frame.schema == pl.Schema({"a": pl.String, "b": pl.String})


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n"x\ny",z\n',
        "a,b\nx\n",
        "a,b\nx,y\n\n",
        'a,b\nx"y"z,1\n',
        "a,b\nx,\0\n",
        "a,b\n" + "x" * 2000 + ",y\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_careful_reader(text):
    assert read_plain(text.encode(), ",", ["a", "b"], most=1000) is None
