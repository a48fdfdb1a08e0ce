"""What a simulated campaign is: its people, its truth, its days; kept beside the run."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent_runtime.sandbox.deal_truth import deal_of
from agent_runtime.sandbox.people import Person, load_people
from agent_runtime.sandbox.truth import Params, truth_of
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


def is_simulated(paths: Workspace) -> bool:
    """Says whether the people of a workspace are the sandbox's."""
    return _file(paths).exists()


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


def write_truth(paths: Workspace, simulation: Simulation, units: Mapping[str, str]) -> None:
    """Writes the true effect over the units that were randomised.

    A unit meets when any of its people does. Where an account is the unit, its colleagues share
    an arm, so that both of its potential outcomes are well defined. The pipeline is that of all
    meetings, also those that are held too late to become a deal before the campaign ends.

    Args:
        paths: The run.
        simulation: What is planted.
        units: The unit of each randomised address.
    """
    held_out, contacted = dict.fromkeys(units.values(), False), dict.fromkeys(units.values(), False)
    pipeline_usd = 0
    for person in read_people(paths):
        unit = units.get(person.email)
        if unit is not None:
            truth = truth_of(person, simulation.params)
            held_out[unit] |= truth.meets_if_held_out
            contacted[unit] |= truth.meets_if_contacted
            if truth.meets_if_contacted and not truth.meets_if_held_out:
                deal = deal_of(simulation.params.seed, person.buyer_id)
                pipeline_usd += deal.amount_usd if deal else 0
    count, y0, y1 = len(held_out), sum(held_out.values()), sum(contacted.values())
    plain = {
        "planted_effect": (y1 - y0) / count if count else 0.0,
        "planted_total": y1 - y0,
        "randomised": count,
        "meets_if_held_out": y0,
        "meets_if_contacted": y1,
        "base_rate": y0 / count if count else 0.0,
        "planted_pipeline_usd": pipeline_usd / count if count else 0.0,
    }
    (paths.sandbox / "truth.json").write_text(json.dumps(plain, indent=2), encoding="utf-8")


def _file(paths: Workspace) -> Path:
    return paths.sandbox / "simulation.json"
