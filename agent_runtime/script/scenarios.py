"""Dialogues that an imported playbook is rehearsed with, drawn from its script or call."""

from collections.abc import Iterator

from agent_runtime.script.naming import slug
from agent_runtime.script.proposal import Proposal, Row
from agent_runtime.words import read_words


def scenarios_of(proposal: Proposal) -> tuple[Row, ...]:
    """Returns a dialogue for each exchange, those that every playbook has, and the call itself."""
    return (*_exchanges(proposal), *_always(proposal), *_call(proposal))


def _exchanges(proposal: Proposal) -> Iterator[Row]:
    for placed in proposal.placed:
        name = placed.text.id.partition(".")[2]
        expected = {"action": "answer", "reason": f"script_{placed.meaning.intent}"}
        yield _scenario(
            proposal,
            name,
            f"The script answers “{_short(placed.exchange.asked)}” with its own words.",
            [{"buyer": placed.exchange.asked, "expect": expected}],
        )


def _always(proposal: Proposal) -> Iterator[Row]:
    says = read_words("script")["always"][proposal.language]
    expected: dict[str, tuple[str, Row]] = {
        "stop": ("A stop is confirmed once and obeyed.", {"action": "confirm_stop"}),
        "off_topic": ("Off-topic is declined kindly.", {"action": "answer", "reason": "off_topic"}),
        "angry": ("Anger gets an apology and a person.", {"reason": "buyer_is_angry"}),
        "person": ("Whoever asks for a person gets one.", {"action": "hand_off"}),
    }
    for name, (about, outcome) in expected.items():
        yield _scenario(proposal, name, about, [{"buyer": says[name], "expect": outcome}])


def _call(proposal: Proposal) -> Iterator[Row]:
    """The call as it went: nobody but its people can say what should have come of each turn."""
    if proposal.parts.dialogue:
        turns: list[Row] = [{"buyer": said, "expect": {}} for said in proposal.parts.dialogue]
        about = "What the buyer said in the call; write below each turn what should come of it."
        yield _scenario(proposal, "the_call", about, turns)


def _scenario(proposal: Proposal, name: str, about: str, turns: list[Row]) -> Row:
    first: list[Row] = [{"due": 1, "expect": {"action": "send_touch"}}]
    is_ours = bool(proposal.playbook["touches"])
    return {
        "id": f"{proposal.name}.{slug(name)}",
        "about": about,
        "playbook": proposal.name,
        "language": proposal.language,
        "opened_by": "agent" if is_ours else "buyer",
        "turns": [*(first if is_ours else []), *turns],
    }


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}…"
