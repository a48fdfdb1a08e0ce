"""The queue of drafts as a page and for programs: its order, what narrows it, what it shows."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from desk_world import NOW, Desk
from waiting_drafts import FIRMS, NAMES, fill_queue, let_wait, made, person

from agent_runtime.approval_risk import RISKS, weigh
from agent_runtime.approvals import Approvals
from agent_runtime.console.approvals.queue import (
    PAGE,
    Asked,
    count_waiting,
    following,
    read_queue,
)
from agent_runtime.domain import Sentence, Session, Verdict
from agent_runtime.store.approval_lines import fill_lines
from agent_runtime.store.tables import approval_lines

COUNT = 60
SURNAMES = [name.split()[1] for name in NAMES]


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    fill_queue(desk.store, COUNT, now=NOW)
    return desk


def everything(desk, **asked):
    lines = []
    for page in range(1, 9):
        lines += read_queue(desk.store, Asked(page=page, **asked), now=NOW, naming="whole").lines
    return lines


def test_the_gravest_come_first_and_of_these_who_has_waited_longest(desk):
    """R15: no page leaves one out or shows it twice."""
    lines = everything(desk)
    assert len({line.approval_id for line in lines}) == len(lines) == COUNT
    ranks = [(-RISKS.index(line.weight.risk), line.made_at) for line in lines]
    assert ranks == sorted(ranks)
    assert len({line.weight.risk for line in lines}) > 1
    waits = [line.made_at for line in everything(desk, order="waiting")]
    assert waits == sorted(waits)
    languages = [line.language for line in everything(desk, order="language")]
    assert languages == sorted(languages)


@pytest.mark.parametrize("asked", [{"risk": "high"}, {"language": "de"}, {"language": "xx"}])
def test_what_narrows_the_queue_is_counted_as_it_is_shown(desk, asked):
    queue = read_queue(desk.store, Asked(**asked), now=NOW)
    shown = everything(desk, **asked)
    assert queue.found == len(shown)
    assert queue.waiting == COUNT == sum(queue.by_risk.values()) == sum(queue.languages.values())
    assert all(line.language == asked.get("language", line.language) for line in shown)
    assert all(line.weight.risk == asked.get("risk", line.weight.risk) for line in shown)


def test_what_is_decided_or_void_waits_no_more(desk):
    first, second = read_queue(desk.store, Asked(), now=NOW).lines[:2]
    with desk.store.begin() as tx:
        approval = tx.approval(first.approval_id)
        contact = tx.contact_of(approval.person_id)
        session = {"tenant_id": "t", "thread_id": approval.thread_id, "state": "contacted"}
        tx.save_session(
            Session(
                person_id=contact.person_id,
                contact_id=contact.contact_id,
                playbook="icp_prospecting",
                **session,
            )
        )
        tx.void_approvals(tx.approval(second.approval_id).person_id)
    desk_of = Approvals(desk.store, desk.office.library, {})
    desk_of.approve(first.approval_id, by="maya@northbeam.example", now=NOW)
    assert count_waiting(desk.store, now=NOW) == COUNT - 2
    left = {line.approval_id for line in everything(desk)}
    assert not {first.approval_id, second.approval_id} & left
    page = desk.browser("rep").get(f"/console/approvals/{first.approval_id}").text
    assert "maya@northbeam.example" in page


def test_next_is_the_next_of_the_whole_queue(desk):
    """R15: beyond the first page too, and past an item that was just decided."""
    ids = [line.approval_id for line in everything(desk)]
    assert [following(desk.store, one, now=NOW) for one in ids] == [*ids[1:], ""]
    with desk.store.begin() as tx:
        for one in (ids[40], ids[41]):
            tx.void_approvals(tx.approval(one).person_id)
    assert following(desk.store, ids[40], now=NOW) == ids[42]
    assert following(desk.store, "nobody", now=NOW) == ids[0]


def with_link(desk):
    """Somebody's item, with the paragraph of the reader's own link in its draft."""
    with desk.store.begin() as tx:
        contact = person(998)
        tx.add_contact(contact)
        tx.save_session(
            Session("t", f"thread-{contact.person_id}", "q-998", "c-998", "icp_prospecting", "new")
        )
        waits = let_wait(tx, 998, contact, now=NOW)
        draft = waits.drafts[0]
        line = Sentence("What you hear from us: [[PAGES_LINK]]", ())
        said = (*draft.message.sentences, line)
        message = replace(draft.message, sentences=said)
        tx.save_approval(replace(waits, drafts=(replace(draft, message=message),)))
    return waits.approval_id


@pytest.mark.parametrize("page", ["", "/compare", "/edit"])
def test_a_reviewer_reads_what_stands_in_the_place_of_a_link(desk, page):
    """R71: and what is approved keeps the place, which each mail fills by itself."""
    approval_id = with_link(desk)
    shown = desk.browser("rep").get(f"/console/approvals/{approval_id}{page}").text
    assert "link to their pages" in shown
    letters = re.sub(r"<(textarea|code).*?</\1>", "", shown, flags=re.S)
    assert "PAGES_LINK" not in letters
    with desk.store.begin() as tx:
        assert "[[PAGES_LINK]]" in tx.approval(approval_id).drafts[0].message.body


def test_a_store_of_an_earlier_version_has_its_queue(desk):
    with desk.store.begin() as tx:
        tx.connection.execute(approval_lines.delete())
    assert read_queue(desk.store, Asked(), now=NOW).waiting == 0
    with desk.store.begin() as tx:
        assert fill_lines(tx) == COUNT
        assert fill_lines(tx) == 0
    assert len(everything(desk)) == COUNT


def test_the_page_shows_an_item_with_all_that_it_stands_on(desk):
    """R71, R205: draft, evidence, verdicts and confidence, names filled in."""
    browser = desk.browser("reviewer")
    line = next(one for one in everything(desk) if "price" in one.heard)
    assert f"{line.person}, {line.company}" in browser.get("/console/approvals").text
    page = browser.get(f"/console/approvals/{line.approval_id}").text
    for words in ("Option 1: answer", "They wrote", "answer.pricing@", "approval", "95%"):
        assert words in page
    assert f"Hi {line.person.split()[0]}," in page
    assert "[[FIRST_NAME]]" not in page


def test_what_a_stranger_wrote_is_never_markup(desk):
    with desk.store.begin() as tx:
        evil = replace(person(999), first_name="<img src=x>", company="<b>Firm</b>")
        tx.add_contact(evil)
        waits = let_wait(tx, 999, evil, now=NOW + timedelta(days=-9))
        tx.save_approval(replace(waits, heard='<script>alert("x")</script>'))
    browser = desk.browser("rep")
    for path in ("/console/approvals?order=waiting", f"/console/approvals/{waits.approval_id}"):
        page = browser.get(path).text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "<img src=x>" not in page
        assert "<b>Firm" not in page


def test_an_item_of_somebody_who_was_erased_is_still_shown(desk):
    from agent_runtime.store.tables import contacts

    line = everything(desk)[0]
    with desk.store.begin() as tx:
        tx.connection.execute(contacts.delete())
    browser = desk.browser("rep")
    assert browser.get("/console/approvals").status_code == 200
    assert browser.get(f"/console/approvals/{line.approval_id}").status_code == 200


@pytest.mark.parametrize(
    "query", ["page=0", "page=-3", "page=99999999", "order=x", "risk='", "language=%00", "page=x"]
)
def test_an_address_that_means_nothing_breaks_nothing(desk, query):
    answer = desk.browser("rep").get(f"/console/approvals?{query}")
    assert answer.status_code == (422 if query == "page=x" else 200)


def test_a_part_of_the_page_is_answered_with_that_part(desk):
    browser = desk.browser("rep")
    part = browser.get(
        "/console/approvals?risk=high", headers={"hx-request": "true", "hx-target": "queue"}
    )
    assert "<html" not in part.text
    assert "High risk" in part.text
    fault = browser.get("/console/approvals/none", headers={"hx-request": "true"})
    assert (fault.status_code, fault.headers["hx-retarget"]) == (404, "#toasts")
    assert "is unknown" in fault.text


def test_a_program_reads_the_queue_page_by_page(desk):
    browser = desk.browser("rep")
    told = browser.get("/console/api/approvals?page=2").json()
    assert told["found"] == COUNT
    assert len(told["items"]) == PAGE
    assert told["items"][0]["risk"] in RISKS
    assert "heard" not in told["items"][0], "words of buyers stay on the page"


def test_a_new_item_shows_on_the_home_page_of_those_who_decide(desk):
    home = desk.browser("rep").get("/console/").text
    assert re.search(r"Drafts waiting.*?>60<", home, re.S)
    assert "Next for you" in home
    assert "Next for you" not in desk.browser("leader").get("/console/").text


def test_what_binds_the_company_or_may_be_misread_is_grave():
    (priced,) = (one for one in made() if "price" in one.heard)
    assert weigh(priced).risk == "high"
    (plain,) = (one for one in made() if "tell me more" in one.heard)
    assert weigh(plain).risk == "low"
    draft = plain.drafts[0]

    def with_draft(**message):
        return replace(plain, drafts=(replace(draft, message=replace(draft.message, **message)),))

    assert weigh(with_draft(confidence=0.7)).risk == "medium"
    assert weigh(with_draft(confidence=0.5)).risk == "high"
    assert weigh(with_draft(is_drafted=True, confidence=0.9)).risk == "medium"
    assert weigh(with_draft(is_drafted=True, confidence=0.79)).risk == "high"
    hit = replace(draft, hits=(*draft.hits, Verdict("claims", 1, "block", "best in class")))
    grave = weigh(replace(plain, drafts=(hit,)))
    assert (grave.risk, grave.why[0]) == ("high", "claims: best in class")


def test_the_queue_is_taken_whole_and_in_its_order(desk):
    """All pages of it, not the one that is shown."""
    file = desk.browser("rep").get("/console/approvals/table.csv?order=waiting")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len({row["approval_id"] for row in rows}) == COUNT
    waits = [row["waits_since"] for row in rows]
    assert waits == sorted(waits)
    assert any(surname in row["person"] for row in rows for surname in SURNAMES)


def test_who_may_not_decide_reads_drafts_without_names(desk):
    """RevOps steers and decides on no draft: queue, item, home page and file are redacted."""
    first = read_queue(desk.store, Asked(), now=NOW).lines[0]
    item = f"/console/approvals/{first.approval_id}"
    for path in ("/console/approvals", item, "/console/", "/console/approvals/table.csv"):
        seen = {role: desk.browser(role).see(path).text for role in ("revops", "reviewer")}
        assert "Person " in seen["revops"], path
        for name in (*SURNAMES, *FIRMS, "Head of RevOps"):
            assert name not in seen["revops"], (path, name)
        assert any(surname in seen["reviewer"] for surname in SURNAMES), path
