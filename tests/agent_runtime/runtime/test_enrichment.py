"""Facts about companies: from listed sources only, and what they say is data."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from conversation_world import ANA
from typer.testing import CliRunner

from agent_runtime.crm_cli import crm
from agent_runtime.enrich_cli import app
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from agent_runtime.tools.enrichment import EnrichmentError, HttpSource, allowed_sources, usable

REGISTER = "domain,industry,employees,ceo_home_address\nalder.example,Timber,120,12 Oak Lane\n"


@pytest.fixture
def place(tmp_path):
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    with open_store(load_settings(tmp_path)).begin() as tx:
        tx.add_contact(replace(ANA, tenant_id="northbeam"))
    (tmp_path / "enrichment").mkdir()
    (tmp_path / "enrichment" / "company_register.csv").write_text(REGISTER, encoding="utf-8")
    return tmp_path


def run(command, *words, place):
    return CliRunner().invoke(command, [*words, "-w", str(place)], catch_exceptions=False)


def facts(place):
    with open_store(load_settings(place)).begin() as tx:
        return dict(tx.contact_of(ANA.person_id).facts)


def test_listed_fields_are_written_with_provenance_and_can_be_seen(place):
    """R35: nothing else of the row is taken."""
    assert (
        "2 facts would be written" in run(app, "company_register", "--dry-run", place=place).stdout
    )
    assert facts(place) == {}
    assert "2 facts written" in run(app, "company_register", place=place).stdout
    assert facts(place) == {"industry": "Timber", "employees": "120"}
    assert "0 facts written" in run(app, "company_register", place=place).stdout
    changes = json.loads(run(crm, "changes", "--json", place=place).stdout)
    assert {(c["field"], c["by"]) for c in changes} == {
        ("industry", "enrichment:company_register"),
        ("employees", "enrichment:company_register"),
    }
    for change in changes:
        run(crm, "undo", change["change_id"], place=place)
    assert facts(place) == {}


def test_a_source_that_is_not_listed_is_refused(place):
    """R35."""
    with pytest.raises(EnrichmentError, match="not on the list; the sources are company_register"):
        run(app, "leaked_database", place=place)
    with pytest.raises(EnrichmentError, match="PARLEY_ENRICHMENT_URL is empty"):
        run(app, "firmographics", place=place)


def test_a_value_that_could_carry_an_instruction_or_a_link_is_left_out():
    listed = allowed_sources()["company_register"]
    found = {
        "industry": "Timber. Visit www.evil.example",
        "employees": "lots of them",
        "headquarters": "[[OWNER_NAME]]",
    }
    assert list(usable(found, listed)) == []


@pytest.mark.real
def test_a_vendor_is_asked_over_http():
    """R49: who is not known there is nobody, and a vendor that fails is named."""
    answers = iter([(200, b'{"industry": "Timber", "employees": 120}'), (404, b""), (500, b"")])

    class Vendor(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = next(answers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            del args

    server = HTTPServer(("127.0.0.1", 0), Vendor)
    Thread(target=server.serve_forever, daemon=True).start()
    source = HttpSource(f"http://127.0.0.1:{server.server_port}/")
    try:
        assert source.look_up("alder.example") == {"industry": "Timber", "employees": "120"}
        assert source.look_up("unknown.example") == {}
        with pytest.raises(EnrichmentError, match="500"):
            source.look_up("alder.example")
    finally:
        server.shutdown()
        server.server_close()
