"""What companies made public: allow-listed kinds pass, the rest is refused with a reason."""

import json
from datetime import UTC, datetime

import pytest

from pipelines.errors import PipelineError
from pipelines.sources.public_signals import read_public_signals

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
GOOD = {
    "account_id": "a1",
    "kind": "press_release",
    "source": "company_newsroom",
    "headline": "Alder opens, in Lisbon",
    "url": "https://alder.example/news/lisbon",
    "published_on": "2026-01-05",
}


def test_a_csv_and_a_json_are_read_and_a_repeat_counts_once(tmp_path):
    """R26: what a LinkedIn draft may refer to comes from files that anybody can check."""
    line = ",".join(f'"{value}"' for value in GOOD.values())
    (tmp_path / "public_signals.csv").write_text(f"{','.join(GOOD)}\n{line}\n{line}\n")
    other = GOOD | {"account_id": "a2"}
    (tmp_path / "public_signals.json").write_text(json.dumps([other]))
    read = read_public_signals(tmp_path, ["a1", "a2"], now=NOW)
    assert read.rows.get_column("account_id").to_list() == ["a1", "a2"]
    assert read.rows.get_column("headline").to_list() == ["Alder opens, in Lisbon"] * 2
    assert read.refused.is_empty()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "private_post"}, "kind_not_listed"),
        ({"source": "job_board"}, "source_not_listed"),
        ({"published_on": "2025-01-05"}, "too_old"),
        ({"published_on": "2026-02-05"}, "in_the_future"),
        ({"published_on": "last week"}, "published_on_malformed"),
        ({"url": "http://alder.example/x"}, "not_on_the_open_web"),
        ({"account_id": "a9"}, "account_unknown"),
        ({"headline": " "}, "headline_missing"),
    ],
)
def test_what_may_not_be_named_is_refused_with_the_reason(tmp_path, change, reason):
    (tmp_path / "public_signals.json").write_text(json.dumps([GOOD | change]))
    read = read_public_signals(tmp_path, ["a1"], now=NOW)
    assert read.rows.is_empty()
    assert read.refused.get_column("reason").to_list() == [reason]


def test_no_file_means_no_signal_and_a_broken_one_is_one_sentence(tmp_path):
    assert read_public_signals(tmp_path, ["a1"], now=NOW).rows.is_empty()
    (tmp_path / "public_signals.csv").write_text("account_id,kind\na1,event_talk\n")
    with pytest.raises(PipelineError, match="'source' is missing"):
        read_public_signals(tmp_path, ["a1"], now=NOW)
