"""Whether a rehearsed call went as its author expects."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_runtime.channels.voice.rehearsal import Rehearsed
    from agent_runtime.channels.voice.sound.sounded import Sounded


def problems_of(played: "Rehearsed | Sounded") -> Iterator[str]:
    """Yields a sentence for everything that went otherwise."""
    expected, outcome, talk = played.scenario.expect, played.outcome, played.conversation
    words = " ".join(line.text for line in played.heard)
    found: tuple[tuple[str, object, object], ...] = (
        ("disposition", expected.disposition, outcome.disposition),
        ("reason", expected.reason, outcome.reason),
        ("is_booked", expected.is_booked, played.hands.has_booked),
        ("is_stopped", expected.is_stopped, played.hands.is_stopped),
        ("is_disclosed", expected.is_disclosed, played.hands.is_disclosed),
        ("says", expected.says, played.says),
        ("turns", expected.turns, talk.turns),
        ("calls_back", expected.calls_back, played.hands.calls_back),
        ("presses", expected.presses, played.pressed),
        ("records", expected.records, talk.has_leave_to_record),
        ("interruptions", expected.interruptions, talk.interruptions),
        ("language", expected.language, talk.language),
    )
    for name, wanted, got in found:
        if wanted is not None and wanted != got:
            yield f"{name}: {wanted!r} was expected, and it is {got!r}"
    if expected.hands_on is not None and expected.hands_on not in played.hands.handed_on:
        yield f"hands_on: {expected.hands_on!r} was expected, not {played.hands.handed_on}"
    yield from (
        f"{said!r} was not heard in: {words}" for said in expected.hears if said not in words
    )
    yield from (f"{said!r} was heard" for said in expected.never_hears if said in words)
    yield from (f"{text!r} was said" for text in expected.never_says if text in played.says)
