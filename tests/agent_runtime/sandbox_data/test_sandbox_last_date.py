from datetime import UTC, date, datetime

import polars as pl
import pytest

from agent_runtime.sandbox.adopted.last_date import last_date


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,created_at\n1,2024-03-05T10:00:00Z\n2,2024-02-01\n", date(2024, 3, 5)),
        ("id,close_date\n1,2/3/2024\n2,12/31/2023\n", date(2024, 2, 3)),
        ("id,close_date\n1,2/3/2024\n2,31/12/2023\n", date(2024, 3, 2)),
        ("id,close_date\n1,13/1/2024\n2,1/31/2024\n", date(2024, 1, 31)),
        ("id,close_date\n1,05.04.2024\n2,13.01.2024\n", date(2024, 4, 5)),
        ("id,created_at,renewal_date\n1,2024-03-05,2025-01-01\n", date(2024, 3, 5)),
        ("id,created_at\n1,2024-03-05\n2,2062-01-01\n3,2024-13-45\n4,soon\n", date(2024, 3, 5)),
        ("id,TotalTime\n1,88\n2,153\n", None),
        ("id,name\n1,2024-03-05\n", None),
        ("", None),
    ],
)
def test_the_last_day_that_happened_is_found(tmp_path, content, expected):
    (tmp_path / "export.csv").write_text(content, encoding="utf-8")
    assert last_date(tmp_path) == expected


def test_parquet_columns_count_too(tmp_path):
    frame = pl.DataFrame(
        {
            "day": [date(2024, 1, 1), None],
            "seen_at": [datetime(2024, 6, 1, 23, tzinfo=UTC), None],
            "renews_at": [datetime(2030, 1, 1), None],
        }
    )
    frame.write_parquet(tmp_path / "usage.parquet")
    assert last_date(tmp_path) == date(2024, 6, 1)


def test_a_broken_file_has_no_day_but_spoils_no_other(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"created_at\n" + b"x" * 10_000_000)
    (tmp_path / "b.csv").write_text("created_at\n2024-03-05\n")
    (tmp_path / "c.csv").write_bytes(b"created_at,name\n2024-03-06,M\xfcller\n")
    assert last_date(tmp_path) == date(2024, 3, 6)
