"""The dashboards in a real browser, from files, with the network shut."""

import json
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from embedded import cell, embedded

sys.path.append(str(Path(__file__).parents[2] / "e2e"))

WATCH = """
window.complaints = [];
addEventListener("error", (e) => complaints.push(e.message));
addEventListener("unhandledrejection", (e) => complaints.push(String(e.reason)));
for (const kind of ["error", "warn"]) console[kind] = (...said) => complaints.push(said.join(" "));
"""
DRAWN = "document.readyState === 'complete' && !!document.querySelector('.panel .main-svg')"


@pytest.fixture(scope="module")
def browser(need_program, tmp_path_factory):
    from browser import open_browser

    with open_browser(need_program("chromium"), tmp_path_factory.mktemp("profile")) as page:
        page.ask("Network.enable")
        page.ask(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )
        page.ask("Page.enable")
        page.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        yield page


@pytest.fixture
def open_page(browser, dashboards):
    """Opens a dashboard with filters, in a width."""

    def opened(name, *, width=1280, **chosen):
        browser.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        browser.ask("Page.navigate", url="about:blank")
        path = dashboards.root / "dashboards" / f"{name}.html"
        browser.ask("Page.navigate", url=f"{path.as_uri()}#{urlencode(chosen)}")
        browser.wait(DRAWN)
        return browser

    return opened


@pytest.mark.real
@pytest.mark.parametrize("name", ["sales", "revops", "learning", "leadership"])
def test_a_dashboard_fits_a_phone_and_complains_of_nothing(name, open_page):
    """R181: readable at 360 px, without a server, a network or an error."""
    page = open_page(name, width=360)
    assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.run("[...document.querySelectorAll('.panel')].every(p => p.offsetWidth <= 336)")
    assert page.run("complaints") == []


@pytest.mark.real
def test_a_filter_changes_tiles_and_figures_to_the_numbers_of_its_slice(open_page, dashboards):
    """R181, R182: what is drawn is what was read, and the address keeps the choice."""
    held = embedded(dashboards, "leadership")
    known = held["filters"][0]
    name, value = known["name"], known["values"][0]["value"]
    page = open_page("leadership")
    whole = cell(held, "positive_intent_rate")
    tile = "document.querySelector('[data-tile=positive_intent_rate] .value').textContent"
    assert page.run(tile) == whole[6]
    page.run(
        f"(() => {{ const s = document.querySelector('select[name={name}]');"
        f" s.value = {json.dumps(value)}; s.dispatchEvent(new Event('change')); }})()"
    )
    part = cell(held, "positive_intent_rate", **{name: value})
    assert part[6] != whole[6]
    assert page.run(tile) == part[6]
    assert page.run("location.hash") == "#" + urlencode({name: value})
    drawn = "[...document.querySelectorAll('.plot')].flatMap(p => (p.data || []).map(t => t.y))"
    weeks = [p["key"] for p in held["periods"] if p["key"].startswith("week")]
    line = [cell(held, "meetings_set", week, **{name: value})[0] for week in weeks]
    assert line in page.run(drawn)
    whole_line = [cell(held, "meetings_set", week)[0] for week in weeks]
    assert line != whole_line


@pytest.mark.real
def test_a_link_with_filters_opens_on_them_and_the_other_pages_keep_them(open_page, dashboards):
    held = embedded(dashboards, "sales")
    week = next(p for p in held["periods"] if p["key"].startswith("week"))
    page = open_page("sales", period=week["key"])
    assert week["label"] in page.run("document.getElementById('chosen').textContent")
    links = page.run("[...document.querySelectorAll('[data-keep]')].map(a => a.href)")
    assert all("period=week" in link for link in links)
    shown = page.run("document.querySelector('[data-tile=meetings_set] .value').textContent")
    assert shown == cell(held, "meetings_set", week["key"])[6]


@pytest.mark.real
def test_a_definition_opens_and_closes_by_keyboard(open_page):
    """R182: what a metric means is one key away, and the place is kept."""
    page = open_page("sales")
    page.run("document.querySelector('[data-tile=meetings_set] .about').focus()")
    page.press("Enter")
    assert page.run("document.getElementById('definition').open")
    said = page.run("document.getElementById('definition').textContent")
    assert "Unique persons with a confirmed calendar event" in said
    assert "R145" in said
    assert "Sales" in said
    page.press("Escape")
    assert not page.run("document.getElementById('definition').open")
    assert page.run("document.activeElement.textContent") == "Meetings set"


@pytest.mark.real
def test_a_choice_of_which_nothing_is_known_says_so_and_draws_no_empty_figure(
    open_page, dashboards
):
    held = embedded(dashboards, "sales")
    last = [p for p in held["periods"] if p["key"].startswith("week")][-1]
    chosen = {f["name"]: f["values"][0]["value"] for f in held["filters"]}
    page = open_page("sales", period=last["key"], **chosen)
    empty = page.run(
        "[...document.querySelectorAll('.panel')].filter(p => p.querySelector('.plot').hidden)"
        ".map(p => p.querySelector('.none').textContent)"
    )
    assert empty
    assert all(len(text) > 10 for text in empty)
