"""What should have come of a turn that went wrong: as a person says it, or as it is decided now."""

from collections.abc import Sequence
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from agent_runtime.domain import Action
from agent_runtime.errors import ParleyError
from agent_runtime.library.content import sentence_of
from agent_runtime.library.playbook import Intent
from agent_runtime.library.scenario import Expected

_LISTS = ("says", "inform", "contains")


def expected_of(given: Sequence[str]) -> tuple[dict[str, Any], str]:
    """Returns what must come of a turn, and what must be heard, from `name=value` pairs.

    Raises:
        ParleyError: a name that a scenario does not know, or a value that it does not take.
    """
    found: dict[str, Any] = {}
    heard = ""
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or name not in (*Expected.model_fields, "heard"):
            known = ", ".join(("heard", *Expected.model_fields))
            raise ParleyError(f"--expect {one}: write name=value; the names are {known}.")
        if name == "heard":
            if value not in (*get_args(Intent), "nothing"):
                raise ParleyError(f"--expect {one}: {value!r} is no intent; see docs/playbooks.md.")
            heard = value
        elif name in _LISTS:
            found[name] = [part.strip() for part in value.split(",") if part.strip()]
        else:
            found[name] = yaml.safe_load(value)
    try:
        Expected.model_validate(found)
    except ValidationError as error:
        raise ParleyError(f"--expect: {sentence_of(error)}") from None
    return found, heard


def expected_by(action: Action) -> dict[str, Any]:
    """Returns what must come of a turn where a replayed decision is accepted as right."""
    best = action.candidate
    said = best.proposal.content_ids if best.proposal else best.contents
    found: dict[str, Any] = {
        "action": best.action,
        "reason": best.reason,
        "state": best.next_state,
        "says": list(said),
    }
    if best.route_to:
        found["route_to"] = best.route_to
    if best.proposal is None:
        found["is_silent"] = True
    if against := [v.rule for v in action.verdicts if v.decision != "allow"]:
        found |= {"decision": action.decision, "stopped_by": against[0]}
        if action.until:
            found["until"] = action.until.isoformat()
    return found
