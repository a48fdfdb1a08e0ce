"""What an agent may do beside talking: known tools, its own records, fields on the list (R44)."""

from agent_runtime.domain import ToolCall, Verdict
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.policies.tool_facts import ToolFacts


def known_tool(call: ToolCall, facts: ToolFacts) -> Verdict:
    """Stops what is no tool; there is none that sends, approves, or changes a rule or a price."""
    if call.tool in facts.writable:
        return Verdict("known_tool", 1, "allow")
    return Verdict("known_tool", 1, "block", f"there is no tool {call.tool[:60]!r}")


def playbook_tool(call: ToolCall, facts: ToolFacts) -> Verdict:
    """Stops a tool that the playbook does not name."""
    if call.tool.partition(".")[0] in facts.tools:
        return Verdict("playbook_tool", 1, "allow")
    return Verdict("playbook_tool", 1, "block", f"the playbook names no {call.tool[:60]!r}")


def own_record(call: ToolCall, facts: ToolFacts) -> Verdict:
    """Stops a write to any record but those of the thread."""
    if call.target in facts.own_records:
        return Verdict("own_record", 1, "allow")
    return Verdict("own_record", 1, "block", f"{call.target[:60]!r} is no record of this thread")


def writable_field(call: ToolCall, facts: ToolFacts) -> Verdict:
    """Stops fields that are not on the list, and values that the field does not take."""
    fields = facts.writable.get(call.tool, {}).get(call.target.partition(":")[0], {})
    if not call.values:
        return Verdict("writable_field", 1, "block", "nothing to write")
    for name, value in call.values:
        field = fields.get(name)
        reason = field.why_not(value) if field else "not on the list of writable fields"
        if reason:
            return Verdict("writable_field", 1, "block", f"field {name[:60]!r}: {reason}")
    return Verdict("writable_field", 1, "allow")


def tool_arm(call: ToolCall, facts: ToolFacts) -> Verdict:
    """Keeps agents away from the records of the holdout; no known arm counts as holdout (R169)."""
    if facts.arms and HOLDOUT not in facts.arms:
        return Verdict("tool_arm", 1, "allow")
    return Verdict("tool_arm", 1, "block", "holdout, or no assignment is known")


def tool_pause(call: ToolCall, facts: ToolFacts) -> Verdict:
    """Holds all writes of agents while a pause flag is up."""
    if facts.paused:
        return Verdict("tool_pause", 1, "block", f"paused: {', '.join(facts.paused)}")
    return Verdict("tool_pause", 1, "allow")
