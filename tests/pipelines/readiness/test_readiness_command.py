"""`parley readiness` from the shell: workspaces, exports of a CRM that nobody knows, exit codes."""

import csv
import json

import pytest
from typer.testing import CliRunner

from pipelines.errors import PipelineError
from pipelines.readiness.assess import assess
from pipelines.readiness.cli import app
from pipelines.readiness.page import render_page

MAPPING = """
mapping: zeta
version: 1
source: zeta_crm
files:
  - path: people.csv
    key: [Nr]
    routes:
      - table: contacts
        fields:
          contact_id: Nr
          first_name: Vorname
          email: Mail
          country: Land
          do_not_contact: {const: false}
"""


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def unknown_crm(tmp_path):
    """People of a CRM without owners, companies, consents or languages; some mails are broken."""
    folder = tmp_path / "zeta"
    folder.mkdir()
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Nr", "Vorname", "Mail", "Land"])
        for n in range(120):
            mail = "no address" if n % 10 == 0 else f"p{n}@kunde.example"
            rows.writerow([f"z{n}", "Uta" if n % 2 else "", mail, "DE"])
    (tmp_path / "zeta.yaml").write_text(MAPPING, encoding="utf-8")
    return folder, tmp_path / "zeta.yaml"


def test_an_export_of_a_crm_that_nobody_knows_gets_each_gap_named(
    unknown_crm, tmp_path, world, settings
):
    """R238: `--data` and `--mapping` are enough; exit code 1 says that a pilot waits."""
    folder, mapping = unknown_crm
    page = tmp_path / "page" / "readiness.html"

    told = run(
        *("-w", settings.workspace, "--data", folder, "--mapping", mapping),
        *("--segment", "adopted-contacts", "--now", "2026-01-12"),
        *("--campaign", "adopted_export", "--no-warehouse", "--json", "--html", page),
    )

    assert told.exit_code == 1, told.output
    document = json.loads(told.stdout)
    items = {item["id"]: item for item in document["items"]}
    missing = {name for name, item in items.items() if item["state"] == "missing"}
    assert {"readable", "owners", "fields", "consent", "unreadable_consent", "pilot"} <= missing
    assert items["readable"]["figure"] == "90.0% (108 of 120 rows)"
    assert items["fields"]["figure"].endswith("0.0% (0 of 108 people)")
    assert items["owners"]["details"][0]["figure"] == "108 people"
    assert items["tests"]["state"] == "not checked"
    assert items["suppressions"]["state"] == "ready", "the lists are the workspace's"
    assert document["answer"] == "A pilot may not start yet."
    assert "A pilot may not start yet." in page.read_text(encoding="utf-8")


def test_a_workspace_without_an_export_is_one_sentence(tmp_path):
    told = run("-w", tmp_path / "empty")

    assert isinstance(told.exception, PipelineError)
    assert "no export was read into this workspace" in str(told.exception)


def test_a_workspace_that_is_ready_says_so(world, settings, mail_domain, monkeypatch):
    """Only the warehouse was never tested there; everything else is in place."""
    for name in ("dkim_domain", "dkim_key", "public_url", "bounce_domain", "caldav_url"):
        monkeypatch.setenv(f"PARLEY_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("PARLEY_SIGNING_KEYS", settings.signing_keys.get_secret_value())

    told = run("-w", settings.workspace, "--dns-file", mail_domain / "dns.yaml")

    assert told.exit_code == 1
    assert "23 of 24 items are ready. Not checked: tests of the warehouse." in told.stdout
    assert "data engineer: Build and test the warehouse" in told.stdout


def test_what_an_export_says_cannot_become_markup(world):
    from dataclasses import replace

    found = assess(world)
    hostile = replace(found.items[0], figure="<script>alert(1)</script>")

    page = render_page(replace(found, items=(hostile, *found.items[1:])))

    assert "<script>alert(1)" not in page
    assert "A pilot may start." in page
    assert "http" not in page.split("</style>")[0]


def test_the_checklist_is_an_asset_whose_items_are_checks(world, settings):
    """R238: a batch keeps the page up to date, and warns of each gap by name."""
    import dagster as dg

    from pipelines.defs.readiness import readiness
    from pipelines.readiness.checklist import checklist
    from pipelines.resources import BatchResource, WorkspaceResource

    resource = WorkspaceResource(
        root=str(settings.workspace), tenant_id=settings.tenant_id, now=world.now.isoformat()
    )
    done = dg.materialize([readiness], resources={"workspace": resource, "batch": BatchResource()})

    checked = {e.check_name: e.passed for e in done.get_asset_check_evaluations()}
    assert list(checked) == [rule.id for rule in checklist()]
    assert checked["owners"]
    assert not checked["spf"], "nobody looked the names up"
    assert "A pilot may not start yet." in (settings.workspace / "readiness.html").read_text()
