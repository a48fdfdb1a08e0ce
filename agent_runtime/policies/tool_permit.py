"""The only maker of a ToolPermit: all rules are asked, the first that does not allow decides."""

from dataclasses import dataclass

from agent_runtime.domain import Decision, ToolCall, Verdict
from agent_runtime.policies import tool_rules
from agent_runtime.policies.tool_facts import ToolFacts, ToolRule

TOOL_RULES: tuple[ToolRule, ...] = (
    tool_rules.known_tool,
    tool_rules.playbook_tool,
    tool_rules.own_record,
    tool_rules.writable_field,
    tool_rules.tool_arm,
    tool_rules.tool_pause,
)

_SEAL = object()


@dataclass(frozen=True, slots=True)
class ToolPermit:
    """Leave to carry out one call, with these very values on this record."""

    call: ToolCall
    _seal: object

    def __post_init__(self) -> None:
        """Refuses a permit that `authorise_call` did not make."""
        if self._seal is not _SEAL:
            raise PermissionError("a ToolPermit comes from policies.tool_permit only")


@dataclass(frozen=True, slots=True)
class ToolJudgement:
    """What all rules said of a call; `permit` exists only when every rule allows."""

    call: ToolCall
    decision: Decision
    verdicts: tuple[Verdict, ...]
    permit: ToolPermit | None = None

    @property
    def hits(self) -> tuple[Verdict, ...]:
        """The verdicts that did not allow."""
        return tuple(v for v in self.verdicts if v.decision != "allow")


def authorise_call(
    call: ToolCall, facts: ToolFacts, *, rules: tuple[ToolRule, ...] = TOOL_RULES
) -> ToolJudgement:
    """Returns the judgement of all rules, with a permit if and only if all allow."""
    verdicts = tuple(_ask(rule, call, facts) for rule in rules)
    deciding = next((v for v in verdicts if v.decision != "allow"), None)
    if deciding is not None:
        return ToolJudgement(call, deciding.decision, verdicts)
    return ToolJudgement(call, "allow", verdicts, ToolPermit(call, _SEAL))


def _ask(rule: ToolRule, call: ToolCall, facts: ToolFacts) -> Verdict:
    """A rule that fails says no: an exception blocks."""
    try:
        return rule(call, facts)
    except Exception as error:
        name = getattr(rule, "__name__", "rule")
        return Verdict(name, 0, "block", f"the rule failed: {error!r}")
