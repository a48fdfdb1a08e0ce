"""What a demo run is to do and how far it has come, kept in its workspace."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

_FILE = "plan.json"
_LAST = "morning"


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a run and the stages that are done."""

    size: int
    seed: int
    days: int
    effect: float
    data: str
    mapping: str
    segment: str
    campaign: str
    done: tuple[str, ...] = ()

    def write(self, workspace: Path) -> None:
        """Writes the plan so that no reader ever sees half of it."""
        draft = workspace / f"{_FILE}.tmp"
        draft.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        draft.replace(workspace / _FILE)

    def after(self, stage: str) -> "Plan":
        """Returns the plan once a stage is done."""
        return replace(self, done=(*self.done, stage))


def read_plan(workspace: Path) -> Plan | None:
    """Returns the plan of a workspace, or None when it holds no run."""
    path = workspace / _FILE
    if not path.exists():
        return None
    plain = json.loads(path.read_text(encoding="utf-8"))
    return Plan(**{**plain, "done": tuple(plain["done"])})


def resumable(workspace: Path, wanted: Plan) -> Plan | None:
    """Returns the interrupted run to go on with: the same options, and not yet at its end."""
    plan = read_plan(workspace)
    if plan is None or replace(plan, done=()) != wanted or _LAST in plan.done:
        return None
    return plan
