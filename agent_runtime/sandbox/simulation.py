"""What a simulated campaign is: its people, its truth, its days; kept beside the run."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent_runtime.sandbox.people import Person, load_people
from agent_runtime.sandbox.truth import Params, planted
from agent_runtime.settings import Workspace

END = "simulation_over"
"""Flag that goes up in the store when the last day has been played."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A campaign to be played, by the real processes or by the fast path."""

    params: Params
    day0: datetime
    days: int = 28
    hold_250_s: float = 0.0
    """For fault tests: how long the exchanger holds back its acknowledgement of a mail."""

    @property
    def ends_at(self) -> datetime:
        """The instant after the last day."""
        return self.day0 + timedelta(days=self.days)

    def write(self, paths: Workspace) -> None:
        """Writes the simulation for the processes of the run."""
        plain = {**asdict(self), "day0": self.day0.isoformat()}
        _file(paths).parent.mkdir(parents=True, exist_ok=True)
        _file(paths).write_text(json.dumps(plain, indent=2), encoding="utf-8")


def read_simulation(paths: Workspace) -> Simulation:
    """Returns the simulation of a workspace."""
    plain = json.loads(_file(paths).read_text(encoding="utf-8"))
    return Simulation(
        params=Params(**plain["params"]),
        day0=datetime.fromisoformat(plain["day0"]),
        days=plain["days"],
        hold_250_s=plain["hold_250_s"],
    )


def read_people(paths: Workspace) -> list[Person]:
    """Returns the people of a workspace, as they truly are."""
    return load_people(paths.sandbox / "people.parquet")


def write_truth(paths: Workspace, simulation: Simulation, addresses: set[str]) -> None:
    """Writes the true effect over the people who were randomised, by their addresses."""
    randomised = [person for person in read_people(paths) if person.email in addresses]
    truth = planted(randomised, simulation.params)
    plain = {
        "planted_effect": truth.effect,
        "planted_total": truth.y1_total - truth.y0_total,
        "randomised": len(randomised),
        "meets_if_held_out": truth.y0_total,
        "meets_if_contacted": truth.y1_total,
        "base_rate": truth.y0_total / len(randomised) if randomised else 0.0,
    }
    (paths.sandbox / "truth.json").write_text(json.dumps(plain, indent=2), encoding="utf-8")


def _file(paths: Workspace) -> Path:
    return paths.sandbox / "simulation.json"
