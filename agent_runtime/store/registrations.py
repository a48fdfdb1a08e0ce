"""What the runtime takes from the registry of experiments: control names, and whom strangers join.

Batch code checks the chain of the log before anybody is assigned; here it is only read.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_runtime.errors import ParleyError
from agent_runtime.online_arm import OnlineExperiment

Entry = dict[str, Any]


def read_registrations(registry: Path) -> tuple[Entry, ...]:
    """Returns the lines of the log; one that a crash left unfinished at its end does not count.

    Raises:
        ParleyError: a line within the log cannot be read.
    """
    lines = registry.read_text("utf-8").splitlines() if registry.is_file() else []
    entries: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            if number < len(lines):
                raise ParleyError(
                    f"{registry}: line {number} is no JSON; restore the log, it may only ever grow."
                ) from None
    return tuple(entries)


def controls_of(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """Returns every name that an experiment's control has had, in any of its versions."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        found[entry["spec_id"]].append(entry["spec"]["control"])
    return {experiment: tuple(dict.fromkeys(names)) for experiment, names in found.items()}


INBOUND = "inbound"
"""The layer of experiments on people who write first."""


def online_of(entries: Sequence[Entry]) -> OnlineExperiment | None:
    """Returns the experiment that strangers join: the last of layer `inbound`, else the last."""
    if not entries:
        return None
    inbound = [one for one in entries if one["spec"].get("layer") == INBOUND]
    entry = (inbound or list(entries))[-1]
    spec = entry["spec"]
    is_drawn = spec.get("method", "hash") == "hash"
    unit = spec.get("unit", "person")
    if not is_drawn and unit != "account":
        return None
    held = spec.get("global_holdout")
    low, high = spec.get("part", (0.0, 1.0))
    return OnlineExperiment(
        experiment_id=spec["id"],
        layer=spec.get("layer", "default"),
        salt=spec.get("salt") or "" if is_drawn else "",
        spec_hash=entry["spec_hash"],
        shares=dict(spec["arms"]),
        part=(low, high),
        held_out=(held["salt"], held["share"]) if held else None,
        unit=unit,
    )
