"""The page in a real browser, from a file, with the network shut."""

import json
import subprocess

import pytest

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--virtual-time-budget=4000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


@pytest.mark.real
def test_the_page_opens_from_a_file_and_asks_the_network_for_nothing(ran, need_program, tmp_path):
    """R181: no server, no network, no script error; the figures are drawn."""
    requests = tmp_path / "requests.json"
    browsed = subprocess.run(
        [
            need_program("chromium"),
            *QUIET,
            f"--user-data-dir={tmp_path}/profile",
            f"--log-net-log={requests}",
            "--enable-logging=stderr",
            "--dump-dom",
            ran.page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert 'class="main-svg"' not in ran.page.read_text(encoding="utf-8")
    assert 'class="main-svg"' in browsed.stdout
    assert "Was the agent worth it?" in browsed.stdout
    assert "Uncaught" not in browsed.stderr
    log = requests.read_text(encoding="utf-8").rstrip().rstrip(",")
    events = json.loads(log if log.endswith("}") else log + "]}")["events"]
    asked = [e["params"] for e in events if "url" in e.get("params", {})]
    assert asked, "the log of the browser holds no request at all"
    by_the_page = {a["url"] for a in asked if a.get("initiator", "") in ("null", "file://")}
    assert {url for url in by_the_page if not url.startswith(("file:", "data:"))} == set()
