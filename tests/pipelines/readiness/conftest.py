"""A small sandbox company with everything in place: it may start a pilot."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_runtime.channels.email.dkim_signature import make_key
from agent_runtime.sandbox.company import write_company
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.suppression import add
from pipelines.ingest import run_batch
from pipelines.readiness.dns import DnsFile
from pipelines.readiness.permission import LISTED
from pipelines.readiness.world import World, read_world
from pipelines.readouts.report import Check

DOMAIN = "mail.northbeam.example"
NOW = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def mail_domain(tmp_path_factory):
    """The folder with a signing key and the file of what DNS answers."""
    folder = tmp_path_factory.mktemp("domain")
    pem, record = make_key()
    (folder / "key.pem").write_bytes(pem)
    (folder / "dns.yaml").write_text(
        f"""
{DOMAIN}: {{TXT: ["v=spf1 include:relay.example -all"], MX: [mx.northbeam.example]}}
parley._domainkey.{DOMAIN}: {{TXT: ["{record}"]}}
_dmarc.northbeam.example: {{TXT: ["v=DMARC1; p=none; rua=mailto:d@northbeam.example"]}}
bounce.northbeam.example: {{MX: [mx.northbeam.example]}}
""",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="session")
def settings(tmp_path_factory, mail_domain):
    """Settings of the company, with mail set up."""
    return Settings(
        workspace=tmp_path_factory.mktemp("ready"),
        dkim_domain=DOMAIN,
        dkim_key=mail_domain / "key.pem",
        public_url="https://stop.northbeam.example",
        bounce_domain="bounce.northbeam.example",
        signing_keys="1:0123456789abcdef0123",
        caldav_url="https://calendar.northbeam.example",
    )


@pytest.fixture(scope="session")
def world(settings, mail_domain) -> World:
    """What the checklist sees of the company after one batch."""
    paths = settings.paths
    write_company(paths.exports, paths.sandbox, 5, 300)
    run_batch(paths, now=NOW, loads_store=False, has_checks=False)
    engine = open_engine(f"sqlite:///{paths.store}")
    with SqlStore(engine, settings.tenant_id).begin() as tx:
        for reason in LISTED:
            add(tx, "domain", f"{reason}.example", reason=reason, source="list", now=NOW)
    engine.dispose()
    read = read_world(settings, "prospecting", dns=DnsFile(mail_domain / "dns.yaml"))
    return replace(read, tests=(Check(name="keys", status="pass", failures=0, message=""),))
