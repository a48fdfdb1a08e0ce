"""Notes of each message whether it went, who judged it and how, and so moves the band."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import partial

from agent_runtime.band.bands import draw
from agent_runtime.band.category import category_of, never_by_itself, outside
from agent_runtime.band.keeping import changed_to, state_of_band
from agent_runtime.band.rows import BandMessage
from agent_runtime.band.state import found_wrong, heard
from agent_runtime.domain import Proposal
from agent_runtime.policies.approval import unlisted
from agent_runtime.policies.facts import Facts
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Approval, Message

MATERIAL = 0.1
"""Share of words that a reviewer changed from which the draft counts as wrong."""
FAULTS = frozenset({"accuracy", "policy"})
"""Tags that make a message wrong; a tone that was let pass does not."""
RIGHT_FROM = 4
"""Points for accuracy, of 5, from which a message counts as right."""


def note_asked(tx: Tx, message: Message, proposal: Proposal, facts: Facts) -> None:
    """Notes that a person reads a message first; what they say of it teaches the band.

    Where nothing is drawn and the unsure alone are read, that teaches nothing of the sure ones.
    """
    reads_all = facts.autonomy == "assistive"
    is_drawn = facts.bands.version or facts.bands.is_needed
    is_never = never_by_itself(proposal, facts.safe_band) or unlisted(proposal, facts)
    if message.touch_class == "transactional" or is_never or not (reads_all or is_drawn):
        return
    tx.save_band_message(_row(message, proposal, facts, reads_all=reads_all))


def note_going(tx: Tx, message: Message, proposal: Proposal, facts: Facts) -> None:
    """Notes that a message goes without a person, once however often it is tried.

    Nobody reads first what an autonomous agent sends; a sample of it is drawn to be read after.
    """
    is_ours = facts.actor == "agent" and proposal.touch_class != "transactional"
    if not is_ours or facts.approved_by or tx.band_message(message.message_id) is not None:
        return
    row = replace(
        _row(message, proposal, facts, reads_all=False),
        made_at=facts.now,
        went=True,
        state="UNREAD",
        is_drawn=False,
    )
    if facts.autonomy == "supervised":
        tx.save_band_message(row)
    elif facts.autonomy == "autonomous" and (facts.bands.version or facts.bands.is_needed):
        share = facts.bands.audit_share
        if draw(facts.session.thread_id, proposal) < share:
            row = replace(row, state="SAMPLED", is_drawn=True)
        tx.save_band_message(replace(row, share=share, weight=1.0))


def note_decided(tx: Tx, decided: Approval, *, draft: int, changed: float, now: datetime) -> None:
    """Notes what a person decided on the draft that the agent would have sent."""
    best = next(iter(decided.drafts), None)
    row = tx.band_message(best.message.message_id) if best else None
    if row is None or row.state != "WAITING":
        return
    is_wrong, how = False, "approved"
    if decided.state == "REJECTED":
        is_wrong, how = True, "rejected"
    elif draft:
        is_wrong, how = True, "another draft"
    elif decided.is_edited:
        is_wrong, how = changed >= MATERIAL, f"edited {changed:.0%}"
    faults = FAULTS & set(decided.tags)
    if faults:
        is_wrong, how = True, f"{how}, tagged {', '.join(sorted(faults))}"
    _judge(tx, row, is_wrong=is_wrong, how=how, now=now)


def note_scored(tx: Tx, message_id: str, *, is_wrong: bool, how: str, now: datetime) -> None:
    """Notes what a person thinks of a message that has gone.

    That it was right teaches something only where it was drawn to be read.
    """
    row = tx.band_message(message_id)
    if row is not None and row.state == "SAMPLED":
        _judge(tx, row, is_wrong=is_wrong, how=how, now=now)
    elif is_wrong:
        note_found(tx, message_id, how=how, now=now)


def note_found(tx: Tx, message_id: str, *, how: str, now: datetime) -> None:
    """Notes that a message was found wrong later: scored so, tagged, taken back, complained of."""
    row = tx.band_message(message_id)
    if row is None or row.state == "WRONG":
        return
    if row.state in ("WAITING", "SAMPLED"):
        _judge(tx, row, is_wrong=True, how=how, now=now)
        return
    tx.lock(f"band:{row.playbook}")
    tx.save_band_message(replace(row, state="WRONG", how=how, judged_at=now))
    state = state_of_band(tx, row.playbook)
    if state is not None:
        after = found_wrong(state, category=row.category, now=now)
        changed_to(tx, row.playbook, state, after, now=now)


def _judge(tx: Tx, row: BandMessage, *, is_wrong: bool, how: str, now: datetime) -> None:
    tx.lock(f"band:{row.playbook}")
    judged = replace(row, state="WRONG" if is_wrong else "RIGHT", how=how, judged_at=now)
    tx.save_band_message(judged)
    state = state_of_band(tx, row.playbook)
    if state is None:
        return
    after = heard(
        state,
        category=row.category,
        confidence=row.confidence,
        is_wrong=is_wrong,
        share=row.share,
        went=row.went,
        made_at=row.made_at,
        sent_since=partial(_unread, tx, row.playbook),
        now=now,
    )
    changed_to(tx, row.playbook, state, after, now=now)


def _unread(tx: Tx, playbook: str, members: Collection[str] | None, after: datetime | None) -> int:
    return tx.count_unread(playbook, members, after)


def _row(message: Message, proposal: Proposal, facts: Facts, *, reads_all: bool) -> BandMessage:
    category, bands = category_of(proposal), facts.bands
    is_read = reads_all or bool(outside(proposal, facts.safe_band))
    share = 1.0 if is_read else bands.share(proposal) or 1.0
    in_force = 1.0 if reads_all or not bands.version else bands.in_force(category)
    return BandMessage(
        tenant_id=message.tenant_id,
        message_id=message.message_id,
        playbook=message.playbook,
        category=category,
        confidence=proposal.confidence,
        share=share,
        weight=in_force / share,
        made_at=message.due_at,
        went=False,
        state="WAITING",
        band=bands.version,
    )
