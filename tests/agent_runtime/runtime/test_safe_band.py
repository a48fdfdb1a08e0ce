"""The calibrated band at the permit: what goes, what is read first, and what narrows it at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conversation_world import NOW, Wire, mail, new_world, work_all

from agent_runtime.approvals import Approvals
from agent_runtime.autonomy import flag_of
from agent_runtime.band.bands import draw
from agent_runtime.band.keeping import close, history, publish, state_of_band
from agent_runtime.band.rows import BandMessage
from agent_runtime.band.state import CategoryBand, Record
from agent_runtime.band.watch import Terms
from agent_runtime.domain import SafeBand
from agent_runtime.feedback import events
from agent_runtime.library.catalog import load_library
from agent_runtime.replay import differences, replay

LIBRARY = load_library()
PLAYBOOK = "icp_prospecting"
LATER = [NOW + timedelta(minutes=3 * n) for n in range(1, 40)]
NEVER_DRAWN = Terms(audit_share=1e-9)
"""So that no message of these few is drawn for audit by chance."""


def record(threshold=0.7, *, members=None, terms=NEVER_DRAWN, version="v1", at=NOW):
    band = CategoryBand("*/*/*", threshold, members or (), judged=400, inside=300)
    return Record(PLAYBOOK, version, at, terms, 0.95, 400, "e", (band,))


@pytest.fixture
def world():
    """A supervised thread whose first touch has gone; `say` is a mail of the buyer."""
    store, runtime = new_world()
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    store.set_flag(flag_of(PLAYBOOK), "supervised")
    return store, runtime, wire


def asks_to_talk(world, number):
    store, runtime, wire = world
    runtime.inbox.receive(mail("Can we talk?", key=f"k{number}"), now=LATER[number])
    before = len(wire.mails)
    work_all(store, runtime, wire, LATER[number] + timedelta(minutes=3))
    return len(wire.mails) - before


def talks(world):
    """The categories that offers of times have here: the first, and the others after it."""
    store = world[0]
    store.set_flag(flag_of(PLAYBOOK), "assistive")
    asks_to_talk(world, 0)
    (row,) = store.band_messages(PLAYBOOK)
    store.set_flag(flag_of(PLAYBOOK), "supervised")
    return (row.category, "propose_times/slots.other/en")


def test_what_people_read_is_kept_with_the_probability_of_reading_it(world):
    """R72 R227: an assistive agent's drafts are all read, and so teach the band."""
    store = world[0]
    store.set_flag(flag_of(PLAYBOOK), "assistive")
    asks_to_talk(world, 0)
    (row,) = store.band_messages(PLAYBOOK)
    assert (row.state, row.share, row.weight, row.went) == ("WAITING", 1.0, 1.0, False)
    assert row.category.startswith("propose_times/")
    assert row.category.endswith("/en")


@pytest.mark.parametrize(
    ("decide", "state"),
    [
        (lambda desk, one: desk.approve(one, by="rep", now=LATER[5]), "RIGHT"),
        (lambda desk, one: desk.approve(one, by="rep", now=LATER[5], draft=1), "WRONG"),
        (lambda desk, one: desk.approve(one, by="rep", now=LATER[5], words="No."), "WRONG"),
        (lambda desk, one: desk.approve(one, by="rep", now=LATER[5], tags=["tone"]), "RIGHT"),
        (lambda desk, one: desk.approve(one, by="rep", now=LATER[5], tags=["policy"]), "WRONG"),
        (lambda desk, one: desk.reject(one, by="rep", now=LATER[5]), "WRONG"),
    ],
    ids=["as it is", "another draft", "own words", "tone", "policy", "rejected"],
)
def test_a_decision_is_a_judgement(world, decide, state):
    """R75 R227."""
    store = world[0]
    store.set_flag(flag_of(PLAYBOOK), "assistive")
    runtime = world[1]
    runtime.inbox.receive(mail("What is the price?", key="p"), now=LATER[0])
    work_all(store, runtime, world[2], LATER[1])
    asks_to_talk(world, 2)
    desk = Approvals(store, LIBRARY, {})
    waiting = desk.waiting()[-1]
    if len(waiting.drafts) < 2:
        extra = replace(
            waiting.drafts[0], message=replace(waiting.drafts[0].message, message_id="x")
        )
        store.save_approval(replace(waiting, drafts=(*waiting.drafts, extra)))
    decide(desk, waiting.approval_id)
    (row,) = [r for r in store.band_messages(PLAYBOOK) if r.state != "WAITING"]
    assert row.state == state
    assert row.judged_at == LATER[5]


def test_both_bands_must_let_a_message_go(world):
    """R72: in the calibrated band it goes; above its threshold alone it does not."""
    store, members = world[0], talks(world)
    publish(store, record(members=members), by="t", now=NOW)
    assert asks_to_talk(world, 1) == 1
    publish(store, record(1.1, members=members, version="v2"), by="t", now=NOW)
    assert asks_to_talk(world, 2) == 0
    (waiting,) = store.open_approvals()
    assert "below 1.10" in waiting.why


def test_what_was_never_judged_is_read_first(world):
    """A category that nobody has seen relies on no other."""
    store = world[0]
    publish(store, record(members=("answer/other/en",)), by="t", now=NOW)
    assert asks_to_talk(world, 1) == 0
    assert "nothing like" in store.open_approvals()[0].why


def test_a_playbook_may_wait_for_its_calibration():
    """A pilot without labels begins with people who read."""
    playbook = LIBRARY.playbook(PLAYBOOK)
    waits = playbook.model_copy(update={"safe_band": SafeBand(needs_calibration=True)})
    playbooks = {**LIBRARY.playbooks, PLAYBOOK: waits}
    library = replace(LIBRARY, playbooks=playbooks)
    store, runtime = new_world(library)
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    store.set_flag(flag_of(PLAYBOOK), "supervised")
    assert asks_to_talk((store, runtime, wire), 1) == 0
    assert "no band is calibrated yet" in store.open_approvals()[0].why


def judge(store, category, number, state, *, at):
    row = BandMessage("t", f"j{number}", PLAYBOOK, category, 0.95, 0.1, 1.0, at, False, "WAITING")
    store.save_band_message(row)
    events.note_found(store, row.message_id, how=state, now=at)


def test_errors_close_the_band_for_the_next_message(world):
    """R72: the band narrows by itself, tells people, and only new evidence opens it again."""
    store, members = world[0], talks(world)
    publish(store, record(members=members), by="t", now=NOW)
    assert asks_to_talk(world, 1) == 1
    for number in range(3):
        judge(store, members[0], number, "rejected", at=LATER[2])
    assert asks_to_talk(world, 3) == 0
    assert "is closed" in store.open_approvals()[0].why
    closed = [entry for entry in history(store, PLAYBOOK) if entry.what == "closed"]
    assert {entry.category for entry in closed} == {"*/*/*", "all"}
    assert [e.payload["severity"] for e in store.events if e.kind == "incident"] == ["high"] * 2
    assert any("safe band" in task.reason for task in store.open_human_tasks())
    publish(store, record(members=members, version="v3", at=LATER[4]), by="t", now=LATER[4])
    assert asks_to_talk(world, 5) == 1


def test_what_waited_in_the_outbox_is_read_when_the_band_closes_meanwhile(world):
    """A message that could go when it was planned is asked about again; nobody is left alone."""
    store, runtime, wire = world
    members = talks(world)
    publish(store, record(members=members), by="t", now=NOW)
    runtime.inbox.receive(mail("Can we talk?", key="k9"), now=LATER[1])
    (_, due), *_ = store.take_due(LATER[2])
    message_id = runtime.desk._to_send(due, now=LATER[2])[0]
    close(store, PLAYBOOK, by="lena", why="wrong times offered", now=LATER[2])
    runtime.outbox.deliver(wire, message_id, now=LATER[2])
    assert store.message(message_id).state == "BLOCKED"
    (waiting,) = store.open_approvals()
    assert "lena: wrong times offered" in waiting.why
    Approvals(store, LIBRARY, {}).approve(waiting.approval_id, by="rep", now=LATER[3])
    before = len(wire.mails)
    work_all(store, runtime, wire, LATER[4])
    assert len(wire.mails) == before + 1


def test_what_goes_unread_is_counted_and_found_wrong_later(world):
    store, members = world[0], talks(world)
    publish(store, record(members=members), by="t", now=NOW)
    asks_to_talk(world, 1)
    (went,) = [row for row in store.band_messages(PLAYBOOK) if row.went]
    assert store.count_unread(PLAYBOOK, None, NOW) == 1
    assert store.count_unread(PLAYBOOK, {"other"}, NOW) == 0
    message = store.message(went.message_id)
    score = events.Score(accuracy=2)
    events.score(store, message, score, by="qa", note="", versions={}, now=LATER[9])
    assert store.band_message(went.message_id).state == "WRONG"
    assert state_of_band(store, PLAYBOOK).overall.balance == NEVER_DRAWN.room - 1
    events.score(store, message, events.Score(accuracy=1), by="qa", note="", versions={}, now=NOW)
    assert state_of_band(store, PLAYBOOK).overall.balance == NEVER_DRAWN.room - 1


def test_too_many_unread_ones_stop_the_rest(world):
    """Where reviewers fall silent, a missing judgement means no."""
    store, members = world[0], talks(world)
    terms = replace(NEVER_DRAWN, unheard=1)
    publish(store, record(members=members, terms=terms), by="t", now=NOW)
    assert [asks_to_talk(world, n) for n in (1, 3)] == [1, 0]
    assert "too many have gone" in store.open_approvals()[0].why


def test_the_draw_for_audit_is_the_same_whenever_asked_and_even(world):
    store, members = world[0], talks(world)
    publish(store, record(members=members, terms=Terms(audit_share=1.0)), by="t", now=NOW)
    assert asks_to_talk(world, 1) == 0
    (waiting,) = store.open_approvals()
    assert "drawn to be read" in waiting.why
    proposal = waiting.drafts[0].candidate.proposal
    draws = [draw(f"thread-{n}", proposal) for n in range(2_000)]
    assert draws == [draw(f"thread-{n}", proposal) for n in range(2_000)]
    assert 0.12 < sum(one < 0.15 for one in draws) / 2_000 < 0.18


def test_a_turn_under_a_band_is_replayed_as_it_was(world):
    """R81: the draw hangs on the words, and what was in force is in the trace."""
    store, members = world[0], talks(world)
    publish(store, record(members=members, terms=Terms(audit_share=0.9)), by="t", now=NOW)
    for number in range(1, 6):
        asks_to_talk(world, number)
    turns = [event.payload for event in store.events if event.kind == "turn"]
    assert turns[-1]["basis"]["facts"]["bands"]["version"] == "v1"
    for turn in turns:
        assert differences(turn, replay(turn, LIBRARY, world[1].desk.model)) == ()


def test_what_went_before_the_first_calibration_holds_nothing_up(world):
    store, members = world[0], talks(world)
    for number in range(100):
        row = BandMessage("t", f"w{number}", PLAYBOOK, members[0], 0.9, 1, 1, NOW, True, "UNREAD")
        store.save_band_message(row)
    publish(store, record(members=members, at=LATER[0]), by="t", now=LATER[0])
    assert asks_to_talk(world, 1) == 1


def test_of_what_an_autonomous_agent_sends_a_sample_is_read_afterwards(world):
    """R16: people audit samples; what they find closes the band, and then they are asked."""
    store, members = world[0], talks(world)
    store.set_flag(flag_of(PLAYBOOK), "autonomous")
    publish(store, record(members=members, terms=Terms(audit_share=0.999)), by="t", now=NOW)
    assert asks_to_talk(world, 1) == 1
    (drawn,) = [row for row in store.band_messages(PLAYBOOK) if row.went]
    assert (drawn.state, drawn.share, drawn.is_drawn) == ("SAMPLED", 0.999, True)
    message, good = store.message(drawn.message_id), events.Score(accuracy=5)
    events.score(store, message, good, by="qa", note="", versions={}, now=LATER[2])
    assert store.band_message(drawn.message_id).state == "RIGHT"
    for number in range(3):
        judge(store, members[0], number, "rejected", at=LATER[2])
    assert asks_to_talk(world, 3) == 0
    assert "is closed" in store.open_approvals()[0].why


def test_of_what_went_undrawn_only_errors_count(world):
    store, members = world[0], talks(world)
    store.set_flag(flag_of(PLAYBOOK), "autonomous")
    publish(store, record(members=members), by="t", now=NOW)
    asks_to_talk(world, 1)
    (went,) = [row for row in store.band_messages(PLAYBOOK) if row.went]
    assert (went.state, went.is_drawn) == ("UNREAD", False)
    message, good = store.message(went.message_id), events.Score(accuracy=5)
    events.score(store, message, good, by="qa", note="", versions={}, now=LATER[2])
    assert store.band_message(went.message_id).state == "UNREAD"


def test_closing_by_hand_wants_a_band(world):
    assert not close(world[0], PLAYBOOK, by="lena", why="x", now=NOW)
