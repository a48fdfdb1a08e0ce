"""Databases as sources: a real Postgres and SQLite, read by cursor and in chunks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from pipelines.errors import PipelineError
from pipelines.sources.kinds.sql import SqlSource
from pipelines.sources.landing import read_landed
from pipelines.sources.pulling import check, pull, read_source
from pipelines.sources.secret import Secrets
from tests.agent_runtime.runtime.postgres import running_postgres

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
DAY = datetime(2026, 1, 10, tzinfo=UTC)
SECRETS = Secrets({"DB_PASSWORD": "open-sesame"})


@pytest.fixture(scope="module")
def postgres(need_program):
    with running_postgres(need_program("initdb")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def database(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'crm.db'}"
    else:
        url = request.getfixturevalue("postgres")
    engine = sa.create_engine(url)
    meta = sa.MetaData()
    people = sa.Table(
        "people",
        meta,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(200)),
        sa.Column("score", sa.Float),
        sa.Column("no_mail", sa.Boolean),
        sa.Column("born", sa.Date),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
    )
    meta.drop_all(engine)
    meta.create_all(engine)
    yield url, engine, people
    meta.drop_all(engine)
    engine.dispose()


def put(engine, table, *rows):
    with engine.begin() as connection:
        for row in rows:
            connection.execute(table.delete().where(table.c.id == row["id"]))
        connection.execute(table.insert(), list(rows))


def person(number, minutes=0, **more):
    at = DAY + timedelta(minutes=minutes)
    said = {"id": number, "email": f"p{number}@alder.example", "score": number / 2}
    return {**said, "no_mail": number % 2 == 0, "born": None, "changed_at": at, **more}


def source(url, **table) -> SqlSource:
    people = {"key": ["id"], "cursor": "changed_at", **table}
    return SqlSource.model_validate(
        {
            "source": "warehouse",
            "kind": "sql",
            "url": url,
            "chunk_rows": 3,
            "tables": {"people": people},
        }
    )


def test_a_database_lands_in_chunks_and_then_by_its_cursor(database, tmp_path):
    url, engine, table = database
    put(engine, table, *(person(n) for n in range(8)))
    landing = tmp_path / "landing"
    assert [(c.table, c.rows) for c in check(source(url), SECRETS)] == [("people", 8)]
    assert not landing.exists()
    assert pull(source(url), landing, SECRETS, now=NOW).tables[0].new == 8
    put(engine, table, person(1, 5, email="new@alder.example"), person(9, 6), person(2, -5))
    second = pull(source(url), landing, SECRETS, now=NOW).tables[0]
    assert (second.new, second.changed, second.rows) == (1, 1, 9)
    third = pull(source(url), landing, SECRETS, now=NOW).tables[0]
    assert (third.new, third.changed, third.gone) == (0, 0, 0)
    rows = read_landed(landing, "warehouse", "people")
    assert rows.filter(rows["id"] == 1)["email"].item() == "new@alder.example"
    assert rows["no_mail"].to_list()[:2] == [True, False]


def test_a_table_without_a_cursor_is_read_as_a_whole(database, tmp_path):
    url, engine, table = database
    put(engine, table, *(person(n) for n in range(4)))
    whole = source(url, cursor="")
    pull(whole, tmp_path / "landing", SECRETS, now=NOW)
    with engine.begin() as connection:
        connection.execute(table.delete().where(table.c.id == 3))
    landed = pull(whole, tmp_path / "landing", SECRETS, now=NOW).tables[0]
    assert (landed.gone, landed.rows) == (1, 3)


def test_a_changed_schema_is_a_drift(database, tmp_path):
    url, engine, table = database
    put(engine, table, person(1), person(2))
    pull(source(url), tmp_path / "landing", SECRETS, now=NOW)
    with engine.begin() as connection:
        connection.execute(sa.text("alter table people add column tier varchar(10)"))
        connection.execute(sa.text("alter table people drop column no_mail"))
        connection.execute(sa.text("update people set tier = 'gold'"))
    landed = pull(source(url), tmp_path / "landing", SECRETS, now=NOW, is_full=True)
    assert [(d.column, d.kind, d.blocks) for d in landed.drift] == [
        ("no_mail", "vanished_column", True),
        ("tier", "new_column", False),
    ]
    assert read_landed(tmp_path / "landing", "warehouse", "people")["no_mail"].to_list() == [
        False,
        True,
    ]


def test_what_is_not_there_is_named(database, tmp_path):
    url, _, _ = database
    with pytest.raises(PipelineError, match=r"no column 'changed' \(did you mean 'changed_at'\?\)"):
        pull(source(url, cursor="changed"), tmp_path, SECRETS, now=NOW)
    with pytest.raises(PipelineError, match=r"no table 'peeple' \(did you mean 'people'\?\)"):
        check(source(url, table="peeple"), SECRETS)


def test_a_server_that_is_away_is_a_sentence_without_the_password():
    away = source("postgresql+psycopg://reader@127.0.0.1:9/crm")
    away = away.model_copy(update={"password": "DB_PASSWORD"})
    with pytest.raises(PipelineError, match="the database cannot be read") as refused:
        check(away, SECRETS)
    assert "open-sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"password": "open-sesame"}, "a secret is never written into the file"),
        ({"url": "postgresql://reader:open-sesame@db.example/crm"}, "the address holds a password"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, change, rule):
    said = {"source": "w", "kind": "sql", "url": "sqlite:///x", "tables": {"a": {"key": ["id"]}}}
    with pytest.raises(ValidationError):
        SqlSource.model_validate(said | change)
    lines = [f"{name}: {value}" for name, value in (said | change).items() if name != "tables"]
    path = tmp_path / "w.yaml"
    path.write_text("\n".join([*lines, "tables: {a: {key: [id]}}"]))
    with pytest.raises(PipelineError, match=rule) as refused:
        read_source(path)
    assert "open-sesame" not in str(refused.value)


def test_a_variable_that_is_not_set_is_named():
    away = source("postgresql://r@127.0.0.1:9/crm").model_copy(update={"password": "NO_SUCH"})
    with pytest.raises(PipelineError, match="NO_SUCH: the environment has no such variable"):
        check(away, Secrets({}))
