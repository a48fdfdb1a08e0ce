"""Threads in the console: found, read with every trace, shared without names, and taken out."""

import csv
import io
import json
import re

import pytest
from desk_world import Desk
from thread_world import write_thread

NAMES = ("Ruiz", "Alder", "Lena Vogt", "Zoltan", "Kovacs", "1234567", "kranwerk.example")
"""Personal data that stands in the thread."""


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def thread(desk):
    return f"/console/threads/{write_thread(desk.store)}"


def found_in(page, path):
    return re.findall(rf'href="({re.escape(path)}/turns/[^"]+)"', page.text)


def shared(desk, thread, **days):
    """The address of a new link."""
    browser = desk.browser("rep")
    assert browser.submit(f"{thread}/links", **days).status_code == 303
    return re.search(r'value="http://localhost(/shared/[^"]+)"', browser.see(thread).text).group(1)


def test_a_thread_is_found_by_person_company_words_and_state(desk, thread):
    """R205: with real counts; what does not match is not there."""
    browser = desk.browser("rep")
    for query in (
        "q=ana",
        "q=ALDER",
        "words=price",
        "words=PRICE",
        "channel=email",
        "speaker=agent",
    ):
        assert "1 of 1 threads match" in browser.get(f"/console/threads?{query}").text, query
    for query in ("q=nobody", "words=zebra", "state=booked", "words=confidence", "q=%25"):
        page = browser.get(f"/console/threads?{query}").text
        assert "0 of 1 threads match" in page, query
        assert "No thread matches" in page


def test_the_line_tells_what_was_said_and_each_turn_its_whole_trace(desk, thread):
    """R77: input, facts, options, verdicts, choice and reason, time, cost and versions."""
    browser = desk.browser("rep")
    page = browser.get(thread)
    assert "What is the price?" in page.text
    assert "The agent speaks in this thread" in page.text
    turns = found_in(page, thread)
    assert len(turns) == 2
    trace = browser.get(turns[1], headers={"hx-request": "true"}).text
    assert "<html" not in trace
    for said in (
        "pricing question",
        "approved text",
        "chosen",
        "read by the model",
        "version",
        "rules",
    ):
        assert said.lower() in trace.lower(), said
    assert "1. Input" in browser.get(turns[0]).text


def test_who_needs_no_names_reads_placeholders_and_finds_nobody_by_name(desk, thread):
    """R60: leaders and RevOps; a name in the search tells them nothing either."""
    whole = desk.browser("rep").get(f"{thread}/export/json?whole=1").text
    assert all(name in whole for name in NAMES)
    browser = desk.browser("leader")
    pages = [browser.get(p).text for p in ("/console/threads?q=nobody", thread)]
    pages += [browser.get(turn).text for turn in found_in(browser.get(thread), thread)]
    pages += [browser.get(f"{thread}/export/{form}").text for form in ("json", "csv", "txt")]
    for name in NAMES:
        assert all(name not in page for page in pages), name
    assert "1 thread in all" in pages[0]
    assert browser.get(f"{thread}/export/json?whole=1").status_code == 403


def test_a_shared_link_works_without_signing_in_and_holds_nobody_s_data(desk, thread):
    address = shared(desk, thread)
    anybody = desk.browser()
    page = anybody.get(address)
    assert page.status_code == 200
    assert "What is the price?" in page.text
    assert "noindex" in page.headers["x-robots-tag"]
    assert not anybody.cookies
    pages = [page.text, *(anybody.get(turn).text for turn in found_in(page, address))]
    assert len(pages) == 3
    for secret in (*NAMES, thread.rpartition("/")[2], 'csrf" value'):
        assert all(secret not in one for one in pages), secret
    assert anybody.post(address).status_code == 405


def test_a_shared_link_ends_is_taken_back_and_cannot_be_forged(desk, thread):
    address = shared(desk, thread, days="1")
    anybody = desk.browser()
    assert anybody.get(address[:-2] + "xx").status_code == 404
    desk.later(days=1, seconds=1)
    assert anybody.get(address).status_code == 404
    again = shared(desk, thread, days="90")
    assert anybody.get(again).status_code == 200
    browser = desk.browser("reviewer")
    revoked = re.search(r'action="([^"]+/revoke)"', browser.see(thread).text).group(1)
    assert browser.submit(revoked).status_code == 303
    assert anybody.get(again).status_code == 404
    assert browser.submit(f"{thread}/links", days="91").status_code == 409


def test_a_shared_link_shows_nothing_that_came_later(desk, thread):
    address = shared(desk, thread)
    before = desk.browser().get(address).text
    write_thread(desk.store, times=2)
    assert desk.browser().get(address).text == before
    assert desk.browser("rep").get(thread).text.count("What is the price?") == 2


def test_a_file_holds_every_trace_and_no_formula(desk, thread):
    """R207: inputs, context, options and final sends, as JSON; a table for a spreadsheet."""
    browser = desk.browser("rep")
    told = json.loads(browser.get(f"{thread}/export/json?whole=1").text)
    traces = [one["trace"] for one in told["entries"] if "trace" in one]
    assert len(traces) == 2
    assert all(trace["options"] and trace["facts"] and trace["checks"] for trace in traces)
    assert all(any(option["is_chosen"] for option in trace["options"]) for trace in traces)
    assert "Zoltan" in json.dumps(told)
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{thread}/export/csv").text)))
    assert [row["kind"] for row in rows].count("heard") == 1
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert browser.get(f"{thread}/export/xlsx").status_code == 404


def test_every_export_is_in_the_audit_log(desk, thread):
    desk.browser("rep").get(f"{thread}/export/txt?whole=1")
    log = desk.browser("admin").get("/console/audit?action=threads.export").text
    assert "txt, whole" in log


def test_a_thread_that_is_not_there_is_a_page_that_says_so(desk):
    browser = desk.browser("rep")
    assert "No threads yet" in browser.get("/console/threads").text
    for path in ("", "/turns/x", "/calls/x", "/export/json"):
        assert browser.get(f"/console/threads/nobody{path}").status_code == 404
