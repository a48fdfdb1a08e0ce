"""Files that somebody drops: in a folder, and in an object store that speaks S3."""

import json
import os
from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines.errors import PipelineError
from pipelines.sources.kinds.files import FilesSource
from pipelines.sources.landing import read_landed
from pipelines.sources.pulling import check, pull
from pipelines.sources.secret import Secrets

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
SECRETS = Secrets({"S3_KEY": "an-access-key", "S3_SECRET": "open-sesame"})
CONTACTS = {"files": "contacts*.csv", "format": "csv", "key": ["id"]}


def source(folder, store=None, rollups=None, **tables):
    return FilesSource.model_validate(
        {
            "source": "drops",
            "kind": "files",
            "location": str(folder),
            "store": store,
            "tables": tables,
            "rollups": rollups or {},
        }
    )


@pytest.fixture
def drops(tmp_path):
    (tmp_path / "drops").mkdir()
    return tmp_path / "drops"


def landed(tmp_path, table, *columns):
    return read_landed(tmp_path / "landing", "drops", table).select(columns).rows()


def run(tmp_path, made, **how):
    return pull(made, tmp_path / "landing", SECRETS, now=NOW, **how)


def test_each_new_file_adds_and_a_file_that_was_read_is_not_read_again(drops, tmp_path):
    made = source(drops, contacts=CONTACTS)
    (drops / "contacts_1.csv").write_text("id,Full Name\n1,Ana\n2,Ben\n")
    os.utime(drops / "contacts_1.csv", (1, 1))
    assert [(c.rows, c.note) for c in check(made, SECRETS)] == [
        (2, f"1 files; rows of {drops}/contacts_1.csv")
    ]
    assert run(tmp_path, made).tables[0].new == 2
    (drops / "contacts_2.csv").write_text("id,Full Name\n2,Benedict\n3,Cem\n")
    second = run(tmp_path, made).tables[0]
    assert (second.new, second.changed, second.cursor) == (1, 1, "contacts_2.csv")
    third = run(tmp_path, made).tables[0]
    assert (third.new, third.changed, third.gone) == (0, 0, 0)
    (drops / "contacts_1.csv").unlink()
    assert run(tmp_path, made, is_full=True).tables[0].gone == 0
    assert landed(tmp_path, "contacts", "id", "full_name") == [
        ("1", "Ana"),
        ("2", "Benedict"),
        ("3", "Cem"),
    ]


def test_a_file_that_is_the_whole_list_takes_away_what_it_lacks(drops, tmp_path):
    """A call list of today holds nobody that yesterday's held and today's does not."""
    made = source(drops, calls={**CONTACTS, "files": "calls*.csv", "each": "replaces"})
    with pytest.raises(PipelineError, match=r"no file in .* is named calls\*\.csv"):
        run(tmp_path, made)
    (drops / "calls_mon.csv").write_text("id,phone\n1,+441\n2,+442\n")
    os.utime(drops / "calls_mon.csv", (1, 1))
    run(tmp_path, made)
    (drops / "calls_tue.csv").write_text("id,phone\n2,+442\n")
    assert run(tmp_path, made).tables[0].gone == 1
    assert run(tmp_path, made).tables[0].gone == 0
    assert landed(tmp_path, "calls", "id") == [("2",)]


def test_json_lists_and_parquet_land_too(drops, tmp_path):
    """R191: lists of marketing automation come as their tools write them."""
    (drops / "list.json").write_text(json.dumps({"members": [{"id": 7, "tags": ["a"]}]}))
    pl.DataFrame({"id": [1, 2], "seats": [5, None]}).write_parquet(drops / "seats.parquet")
    made = source(
        drops,
        members={"files": "list.json", "format": "json", "rows": "members", "key": ["id"]},
        seats={"files": "*.parquet", "format": "parquet", "key": ["id"]},
    )
    run(tmp_path, made)
    assert landed(tmp_path, "members", "id", "tags") == [(7, '["a"]')]
    assert landed(tmp_path, "seats", "id", "seats") == [(1, 5), (2, None)]


def test_events_of_product_use_become_daily_counts(drops, tmp_path):
    """R55: product usage comes as events and is counted by account, UTC day and kind."""
    events = [
        {"id": "1", "account": "a1", "name": "login", "user": "u1", "at": "2026-01-09T23:59:00Z"},
        {"id": "2", "account": "a1", "name": "login", "user": "u1", "at": "2026-01-09T08:00:00Z"},
        {
            "id": "3",
            "account": "a1",
            "name": "login",
            "user": "u2",
            "at": "2026-01-10T00:30:00+02:00",
        },
        {"id": "4", "account": "a2", "name": "export", "user": "u3", "at": "2026-01-10T00:30:00Z"},
        {"id": "5", "account": None, "name": "login", "user": "u4", "at": "2026-01-10T00:30:00Z"},
    ]
    lines = "\n".join(json.dumps(e) for e in events)
    (drops / "events.jsonl").write_text(lines)
    rollup = {"of": "events", "account": "account", "at": "at", "metric": "name"}
    made = source(
        drops,
        events={"files": "*.jsonl", "format": "jsonl", "key": ["id"]},
        rollups={"usage": rollup, "users": {**rollup, "count": "users", "user": "user"}},
    )
    found = run(tmp_path, made)
    assert [(t.name, t.rows) for t in found.tables] == [("events", 5), ("usage", 2), ("users", 2)]
    table = pl.read_parquet(tmp_path / "landing" / "drops" / "usage.parquet")
    day = datetime(2026, 1, 9).date()
    assert table.rows()[0] == ("a1", day, "login", 3.0)
    users = pl.read_parquet(tmp_path / "landing" / "drops" / "users.parquet")
    assert users.rows()[0] == ("a1", day, "login", 2.0)


def test_broken_files_are_sentences_and_change_nothing(drops, tmp_path):
    made = source(drops, contacts=CONTACTS)
    (drops / "contacts_1.csv").write_text("id,name\n1,Ana\n")
    run(tmp_path, made)
    (drops / "contacts_2.csv").write_bytes(b"id,name\n1,\xe4\n")
    with pytest.raises(PipelineError, match=r"contacts_2\.csv: line 2 has byte 0xe4"):
        run(tmp_path, made)
    assert landed(tmp_path, "contacts", "name") == [("Ana",)]
    with pytest.raises(PipelineError, match="there is no such folder"):
        check(source(drops / "none", contacts=CONTACTS), SECRETS)


@pytest.mark.real
def test_an_object_store_is_read_like_a_folder(tmp_path):
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="an-access-key",
            aws_secret_access_key="open-sesame",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="company")
        store = {"access_key": "S3_KEY", "secret_key": "S3_SECRET", "endpoint": endpoint}
        made = source("s3://company/crm", store=store, contacts=CONTACTS)
        client.put_object(Bucket="company", Key="crm/contacts_1.csv", Body=b"id,name\n1,Ana\n")
        client.put_object(Bucket="company", Key="other/contacts_9.csv", Body=b"id,name\n9,No\n")
        assert check(made, SECRETS)[0].rows == 1
        assert run(tmp_path, made).tables[0].new == 1
        client.put_object(Bucket="company", Key="crm/contacts_2.csv", Body=b"id,name\n2,Ben\n")
        second = run(tmp_path, made).tables[0]
        assert (second.new, second.changed) == (1, 0)
        lost = source("s3://nowhere/crm", store=store, contacts=CONTACTS)
        with pytest.raises(PipelineError, match="s3://nowhere/crm cannot be read"):
            check(lost, SECRETS)
        client.close()
    finally:
        server.stop()
    assert landed(tmp_path, "contacts", "id", "name") == [("1", "Ana"), ("2", "Ben")]
