"""What needs an e-mail address: a buyer without one is asked, and what they chose is not lost."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent_runtime.domain import Contact, Session, Slot
from agent_runtime.library.playbook import Move
from agent_runtime.planning.moves import Option

ADDRESS = re.compile(r"\[\[EMAIL_\d+\]\]")
"""An e-mail address in placeholder text."""

_ASK = Move(do="ask", say=("question.email",), next="same", reason="needs_an_address")
_BOOK = Move(do="book", next="booked", reason="address_given")
_GIVE_UP = Move(
    do="hand_off",
    say=("handoff.owner",),
    next="handed_off",
    reason="address_not_usable",
    route_to="owner",
)


def with_an_address(
    found: Sequence[Option], session: Session, contact: Contact, text: str
) -> tuple[Option, ...]:
    """Returns the rows that fit, where a booking asks for an address first if there is none.

    Once it was given, the time that waits for it is booked. An address that intake has not made
    the contact's own is another person's, or one of several: nothing is sent to it, a person goes
    on.
    """
    is_chosen = bool(found) and found[0].move.do == "book"
    if is_chosen and not contact.email:
        first = found[0]
        return (replace(first, move=_ASK, say=_ASK.say), *found[1:])
    is_free = is_chosen or not found or found[0].group != "first"
    if session.wanted is None or not is_free or is_chosen or not ADDRESS.search(text):
        return tuple(found)
    move = _BOOK if contact.email else _GIVE_UP
    return (Option(move, move.say, "first", 1.0, 4.0), *found)


def slot_to_book(session: Session, option: Option, accepted: Slot | None) -> Slot | None:
    """Returns the time that a row books: the one just chosen, or the one that has waited."""
    if option.move.do != "book":
        return None
    return session.wanted if option.move is _BOOK else accepted


def slot_that_waits(option: Option, accepted: Slot | None) -> Slot | None:
    """Returns the time that is kept until there is an address."""
    return accepted if option.move is _ASK else None
