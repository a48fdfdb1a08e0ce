"""Whether the tables of a batch are what was decided."""

from pipelines.identity import decisions
from pipelines.identity.resolving import QUESTIONS
from pipelines.lake import Lake, read_or_empty
from pipelines.transforms.identity import EVENTS, aliases

MOST_WAITING = 200
"""Questions that a colleague answers in a working day, two minutes each."""


def broken_decisions(lake: Lake) -> list[str]:
    """Returns a sentence for each decision that the persons do not follow."""
    stood = decisions.standing(decisions.read(lake.identity_decisions))
    into = aliases(read_or_empty(lake.person_events, EVENTS))
    linked = [
        f"{one} and {other} were merged and are two persons"
        for one, other in stood.links
        if into.get(one, one) != into.get(other, other)
    ]
    direct = [frozenset(link) for link in stood.links]
    apart = [
        f"{' and '.join(sorted(pair))} were said to be two persons and are one"
        for pair in stood.apart
        if pair not in direct and len({into.get(person, person) for person in pair}) == 1
    ]
    return linked + apart


def waiting_questions(lake: Lake) -> int:
    """Returns how many pairs wait for a colleague."""
    return read_or_empty(lake.identity_questions, QUESTIONS).height
