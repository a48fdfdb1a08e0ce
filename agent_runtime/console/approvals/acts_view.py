"""What the page of an item needs beside the drafts, so that somebody can act on them."""

from dataclasses import dataclass

from agent_runtime.approval_changes import judge
from agent_runtime.approval_check import Checked
from agent_runtime.approval_risk import weigh
from agent_runtime.approval_words import own_part
from agent_runtime.approvals import Approvals, people_of
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.office import Office
from agent_runtime.placeholders import TOKEN, fill, stands_for
from agent_runtime.store.rows import Approval, Later


@dataclass(frozen=True, slots=True)
class Choice:
    """One draft as it would leave now, and what the permit says of it."""

    number: int
    found: Checked
    edited_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acts:
    """What may be done with an item, and by whom not."""

    choices: tuple[Choice, ...]
    is_own_grave: bool
    """High risk, and whoever looks has edited it or asked for the change."""
    sent_back: str
    later: Later | None
    speaker: str


@dataclass(frozen=True, slots=True)
class Editor:
    """A draft to be edited: what stands around the words stays."""

    approval: Approval
    number: int
    before: str
    words: str
    after: str
    found: Checked
    is_grave: bool
    places: tuple[tuple[str, str], ...] = ()
    """Placeholders among the words, and what stands there when the mail leaves."""


def desk_of(office: Office) -> Approvals:
    """Returns the desk on which approvals are decided."""
    return Approvals(office.store, office.library, office.versions)


def acts_of(office: Office, approval: Approval, *, by: str) -> Acts:
    """Returns what may be done with an item, with the permit's word on each draft."""
    desk, now = desk_of(office), office.clock()
    with office.store.begin() as tx:
        contact, session = people_of(tx, approval)
        originals = tx.recall(approval.thread_id)
        choices = tuple(
            Choice(number + 1, judge(desk, tx, approval, number, by=by, now=now), draft.edited_by)
            for number, draft in enumerate(approval.drafts)
        )
        later = tx.later(approval.approval_id)
    return Acts(
        choices=choices,
        is_own_grave=by in approval.authors and weigh(approval).risk == "high",
        sent_back=fill(approval.sent_back, contact, originals),
        later=later if later and later.state != "OVER" else None,
        speaker=session.speaker,
    )


def editor_of(office: Office, approval_id: str, number: int, *, by: str) -> Editor:
    """Returns a draft of an open item to be edited.

    Raises:
        Missing: there is no such draft.
        ApprovalError: the item is not open.
    """
    desk = desk_of(office)
    with office.store.begin() as tx:
        approval = desk.open_item(tx, approval_id)
        if not 0 <= number < len(approval.drafts):
            raise Missing(f"option = {number + 1}: the item has {len(approval.drafts)} options.")
        contact, _ = people_of(tx, approval)
        originals = tx.recall(approval.thread_id)
        message = approval.drafts[number].message
        first, last = own_part(message, office.library)
        texts = [fill(one.text, contact, originals) for one in message.sentences]
        words = "\n\n".join(texts[first:last])
        return Editor(
            approval=approval,
            number=number + 1,
            before="\n\n".join(texts[:first]),
            words=words,
            after="\n\n".join(texts[last:]),
            found=judge(desk, tx, approval, number, by=by, now=office.clock()),
            is_grave=weigh(approval).risk == "high",
            places=tuple((one, stands_for(one)) for one in dict.fromkeys(TOKEN.findall(words))),
        )
