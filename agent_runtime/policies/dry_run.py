"""What the rules on content would say of a text that nobody has approved."""

from agent_runtime.domain import Verdict
from agent_runtime.policies.restricted import DECISIONS, KINDS, said_in
from agent_runtime.policies.tone import slips_in


def check_text(text: str, *, language: str) -> tuple[Verdict, ...]:
    """Returns every reason for which a text would be stopped, none when it may be said."""
    found = [
        Verdict(
            kind, 1, DECISIONS[kind], f"{said.group.replace('_', ' ')} in {said.sentence[:80]!r}"
        )
        for kind in KINDS
        for said in said_in(kind, text)
    ]
    found += [
        Verdict("tone", 1, slip.weight, f"{slip.group.replace('_', ' ')}: {slip.detail}")
        for slip in slips_in(text, language)
    ]
    return tuple(found)
