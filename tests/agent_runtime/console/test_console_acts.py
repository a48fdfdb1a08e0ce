"""What reviewers do with drafts in the console, through its pages; the effects are in the store."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from desk_world import NOW, Desk
from waiting_drafts import let_wait, person

from agent_runtime.approval_batch import finish
from agent_runtime.approval_risk import weigh
from agent_runtime.console.approvals.acts_view import desk_of


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def waits(desk, number, speaker="agent"):
    """An item of the queue with all that the permit asks for, and the id of its page."""
    from conversation_world import assign
    from runtime_people import CONSENT, THREAD

    contact = replace(person(number), language="en", owner_email="lena@northbeam.example")
    with desk.store.begin() as tx:
        tx.add_contact(contact)
        tx.add_consents(contact.person_id, [CONSENT])
        assign(tx, contact.person_id, "agent")
        session = replace(
            THREAD,
            person_id=contact.person_id,
            thread_id=f"thread-{contact.person_id}",
            playbook="icp_prospecting",
            speaker=speaker,
        )
        tx.save_session(session)
        return let_wait(tx, number, contact, now=NOW)


def stored(desk, item):
    with desk.store.begin() as tx:
        return tx.approval(item.approval_id)


def message(desk, item, option=0):
    with desk.store.begin() as tx:
        return tx.message(item.drafts[option].message.message_id)


def page(item, what=""):
    return f"/console/approvals/{item.approval_id}{what}"


def shown(html):
    return re.search(r'name="shown" value="([0-9a-f]{64})"', html).group(1)


def picks(html):
    return re.findall(r'name="pick" value="([^"]+)"', html)


def graves(desk, want):
    """The first number whose item is of high risk, or is not."""
    for number in range(6):
        item = waits(desk, number)
        if (weigh(item).risk == "high") == want:
            return item
    raise AssertionError(want)


def test_an_approval_binds_what_was_read_and_the_queue_goes_on(desk):
    """R14 R71: one key; what was read is what becomes the message."""
    item = waits(desk, 2)
    rep = desk.browser("rep")
    html = rep.see(page(item)).text
    assert 'data-key="a"' in html
    done = rep.submit(page(item, "/approve"), option=1, version=0, shown=shown(html))
    assert done.status_code == 303
    after = stored(desk, item)
    assert (after.state, after.shown_hash) == ("APPROVED", shown(html))
    assert message(desk, item).body == item.drafts[0].message.body
    again = rep.submit(page(item, "/approve"), option=1, version=0, shown=shown(html))
    assert again.status_code == 409


def test_what_reads_otherwise_by_now_is_not_approved(desk):
    """R72: the CRM has another name for them since the page was opened."""
    item = waits(desk, 2)
    rep = desk.browser("rep")
    seen = shown(rep.see(page(item)).text)
    with desk.store.begin() as tx:
        tx.add_contact(
            replace(tx.contact_of(item.person_id), first_name="Anna", owner_name="Al Bo")
        )
    answer = rep.submit(page(item, "/approve"), option=1, version=0, shown=seen)
    assert answer.status_code == 409
    assert "reads otherwise" in answer.text
    assert message(desk, item) is None


def test_an_edit_is_checked_by_the_rules_of_the_permit_while_it_is_written(desk):
    """R71 R226: a discount that nobody approved is named at once, and cannot be saved."""
    item = waits(desk, 2)
    rep = desk.browser("rep")
    rep.see(page(item, "/edit"))
    fine = rep.submit(page(item, "/check"), option=1, words="Shall we talk on Monday?")
    assert "Every rule of the permit allows it" in fine.text
    cut = rep.submit(page(item, "/check"), option=1, words="We take 20% off the price.")
    assert "Would be stopped, by discounts" in cut.text
    claim = rep.submit(page(item, "/check"), option=1, words="Northbeam reads all your SAP data.")
    assert "you answer for it" in claim.text
    refused = rep.submit(page(item, "/revise"), option=1, version=0, words="20% off the price.")
    assert refused.status_code == 409
    assert stored(desk, item) == item


def test_whoever_edits_a_grave_item_does_not_approve_it(desk):
    """R15: somebody else does, and gets the edited words."""
    item = graves(desk, True)
    rep, other = desk.browser("rep"), desk.browser("reviewer")
    rep.see(page(item, "/edit"))
    rep.submit(page(item, "/revise"), option=1, version=0, words="Let us talk.", then="approve")
    assert stored(desk, item).state == "OPEN"
    html = rep.see(page(item)).text
    assert "somebody else has to approve it" in html
    assert "/approve" not in html
    html = other.see(page(item)).text
    forced = rep.submit(page(item, "/approve"), option=1, version=1, shown=shown(html))
    assert forced.status_code == 409
    done = other.submit(page(item, "/approve"), option=1, version=1, shown=shown(html))
    assert done.status_code == 303
    assert "Let us talk." in message(desk, item).body
    assert stored(desk, item).is_edited


def test_a_rejection_needs_a_tag_and_a_note_sends_back(desk):
    """R75: tone, accuracy or policy; what is sent back is edited before it is approved."""
    item, other = waits(desk, 2), waits(desk, 4)
    rep = desk.browser("reviewer")
    rep.see(page(item))
    assert rep.submit(page(item, "/reject"), version=0).status_code == 400
    rep.submit(page(item, "/reject"), version=0, tag="tone", why="Too stiff")
    assert (stored(desk, item).state, stored(desk, item).tags) == ("REJECTED", ("tone",))
    html = rep.see(page(other)).text
    rep.submit(page(other, "/send-back"), version=0, why="Name the module")
    after = stored(desk, other)
    assert (after.state, after.sent_back) == ("OPEN", "Name the module")
    again = rep.submit(page(other, "/approve"), option=1, version=1, shown=shown(html))
    assert "was sent back" in again.text


def test_what_is_put_off_comes_back_at_its_time(desk):
    item = waits(desk, 2)
    rep = desk.browser("rep")
    rep.see(page(item))
    assert rep.submit(page(item, "/snooze"), version=0, until="4h").status_code == 303
    assert item.approval_id not in rep.see("/console/approvals").text
    desk.now += timedelta(hours=5)
    assert item.approval_id in rep.see("/console/approvals").text


def test_who_takes_a_thread_over_silences_the_agent(desk):
    """R15: one speaker a thread; what waited is withdrawn, and given back the agent may speak."""
    item = waits(desk, 2)
    rep = desk.browser("rep")
    rep.see(page(item))
    rep.submit(page(item, "/take-over"))
    with desk.store.begin() as tx:
        assert tx.session_of(item.person_id).speaker == "human"
    assert stored(desk, item).state == "VOID"
    assert "give-back" in rep.see(page(item)).text
    rep.submit(page(item, "/give-back"))
    with desk.store.begin() as tx:
        assert tx.session_of(item.person_id).speaker == "agent"


def test_a_batch_leaves_after_its_window_and_an_undo_takes_all_of_it_back(desk):
    """R15: nothing leaves within the window; high risk is no part of it."""
    items = [waits(desk, number) for number in range(6)]
    rep = desk.browser("rep")
    picked = picks(rep.see("/console/approvals").text)
    safe = [item for item in items if weigh(item).risk != "high"]
    assert len(picked) == len(safe) > 1
    rep.submit("/console/approvals/batch", pick=picked)
    assert all(finish(desk_of(desk.office), i.approval_id, now=desk.now) == "" for i in safe)
    going = rep.get("/console/approvals/going").text
    batch = re.search(r"/batch/(\w+)/undo", going).group(1)
    other = desk.browser("rep")
    assert other.submit(f"/console/approvals/batch/{batch}/undo").status_code == 409
    assert rep.submit(f"/console/approvals/batch/{batch}/undo").status_code == 303
    desk.now += timedelta(minutes=1)
    assert all(finish(desk_of(desk.office), i.approval_id, now=desk.now) == "" for i in safe)
    assert [stored(desk, item) for item in safe] == safe
    again = picks(rep.see("/console/approvals").text)
    rep.submit("/console/approvals/batch", pick=again)
    desk.now += timedelta(minutes=1)
    assert all(finish(desk_of(desk.office), i.approval_id, now=desk.now) for i in safe)


def test_drafts_stand_side_by_side(desk):
    """R71: words, what they stand on, what the rules say, how sure."""
    item = waits(desk, 0)
    html = desk.browser("reviewer").see(page(item, "/compare")).text
    assert html.count('aria-labelledby="option-') == len(item.drafts)
    assert "What each paragraph stands on" in html
