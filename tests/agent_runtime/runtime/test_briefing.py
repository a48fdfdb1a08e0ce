"""`parley brief`: what a rep gets, who is refused, and that nothing is written."""

import json
from dataclasses import replace

import pytest
from runtime_people import ANA, NOW, THREAD
from sqlalchemy import func, select
from typer.testing import CliRunner

from agent_runtime.arms import publish_controls
from agent_runtime.briefing import read_brief
from agent_runtime.clock import write_now
from agent_runtime.commands import brief
from agent_runtime.contracts import Assignment
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.store.tables import metadata

HELD = replace(ANA, contact_id="c-ben", person_id="p-ben", email="ben@alder.example")
FREE = replace(ANA, contact_id="c-cy", person_id="p-cy", email="cy@alder.example")


def assignment(person_id, arm):
    return Assignment(
        tenant_id="t",
        experiment_id="e",
        unit_id=person_id,
        person_id=person_id,
        arm=arm,
        layer="l",
        spec_hash="h",
        assigned_at=NOW,
        how="hash",
    )


@pytest.fixture
def settings(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write_now(engine, NOW)
    with SqlStore(engine, "t").begin() as tx:
        facts = (("trigger", "opened an office in Lyon"), ("health_note", "asthma"))
        publish_controls(tx, {"e": ("holdout",)})
        tx.add_contact(replace(ANA, facts=facts))
        tx.add_contact(HELD)
        tx.add_contact(FREE)
        tx.add_assignment(assignment("p-ana", "agent"))
        tx.add_assignment(assignment("p-ben", "holdout"))
        tx.save_session(replace(THREAD, facts_known=(("person", "[[PERSON_1]]"),)))
        tx.remember(THREAD.thread_id, {"[[PERSON_1]]": "Otto Frei"})
    engine.dispose()
    return Settings(workspace=tmp_path, tenant_id="t")


def rows(settings):
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    with engine.connect() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return counts


@pytest.mark.parametrize("who", ["p-ana", "ana@alder.example", "Ana@Alder.example"])
def test_a_brief_has_names_facts_and_three_tracks(settings, who):
    """R112, R115: on request, for a person or one of their addresses."""
    found = read_brief(settings, who)

    assert found.text.startswith("# Alder: Ana Ruiz\n")
    assert "opened an office in Lyon (source: crm.trigger)" in found.text
    assert "Otto Frei" in found.text
    assert "[[" not in found.text
    assert "asthma" not in found.text
    assert found.tracks == ("track.revenue_operations@1", "track.trigger@1", "track.one_figure@1")


def test_asking_for_a_brief_writes_nothing(settings):
    before = rows(settings)
    read_brief(settings, "p-ana")

    assert rows(settings) == before


@pytest.mark.parametrize("who", ["p-ben", "ben@alder.example", "p-cy"])
def test_the_holdout_gets_no_brief(settings, who):
    """R169: what a rep did with it would be the agent's doing; no assignment counts as holdout."""
    with pytest.raises(ParleyError, match="the holdout gets no agent help"):
        read_brief(settings, who)


def test_a_suppressed_person_is_marked(settings):
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    with SqlStore(engine, "t").begin() as tx:
        tx.suppress("p-ana", reason="opt_out", source="mail", now=NOW)
    engine.dispose()

    found = read_brief(settings, "p-ana")

    assert found.suppressed == "opt_out"
    assert "**Do not contact: opt_out.**" in found.text


def test_nobody_and_no_language_of_ours_are_one_sentence(settings):
    with pytest.raises(ParleyError, match="'p-nobody' is no person and no e-mail address"):
        read_brief(settings, "p-nobody")
    with pytest.raises(ParleyError, match="--language 'nl': talk tracks are in en, es"):
        read_brief(settings, "p-ana", language="nl")


def test_the_command_prints_text_or_json(settings, monkeypatch):
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    where = ["p-ana", "--workspace", str(settings.workspace)]

    said = CliRunner().invoke(brief, where)
    as_json = CliRunner().invoke(brief, [*where, "--language", "de", "--json"])

    assert said.stdout.startswith("# Alder: Ana Ruiz")
    told = json.loads(as_json.stdout)
    assert told["person_id"] == "p-ana"
    assert "Anlass für ein Gespräch: opened an office in Lyon" in told["text"]
