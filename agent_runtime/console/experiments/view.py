"""Experiments that were promised, with the answers of those that were read out."""

from dataclasses import dataclass

from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.office import SignedIn
from agent_runtime.console.frame.roles import roles
from agent_runtime.readouts.deciding import Choice
from agent_runtime.readouts.experiment import Decision, Experiment, Registered
from agent_runtime.readouts.reading import read_decisions, read_experiments, read_registered
from agent_runtime.settings import Workspace
from agent_runtime.spreadsheet import Value

READERS = roles("leader", "revops", "reviewer")
DECIDES = roles("leader", "revops")
WORDS: dict[Choice, tuple[str, str, str]] = {
    "ship": ("Ship", "good", "Everybody gets what was tried"),
    "go_on": ("Go on", "note", "It is watched further as it is"),
    "stop": ("Stop", "danger", "It is given up"),
}
"""How pages call each choice, its colour, and what it means."""
COLUMNS = (
    "experiment",
    "metric",
    "role",
    "arm",
    "control",
    "n_arm",
    "n_control",
    "mean_arm",
    "mean_control",
    "effect",
    "low_95",
    "high_95",
    "relative",
    "p_value",
    "verdict",
    "said",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One experiment: as promised, and as answered; one of the two may be missing."""

    id: str
    registered: Registered | None
    answer: Experiment | None
    decisions: tuple[Decision, ...]

    @property
    def question(self) -> str:
        """What it asks."""
        if self.answer:
            return self.answer.question
        return self.registered.question if self.registered else ""


def may_read(who: SignedIn) -> bool:
    """Says whether somebody reads experiments."""
    return who.user.role in READERS


def list_asked(workspace: Workspace) -> tuple[Asked, ...]:
    """Returns every experiment that was promised or answered, by name."""
    promised = {one.id: one for one in read_registered(workspace)}
    answered = {one.id: one for one in read_experiments(workspace)}
    decided = read_decisions(workspace)
    return tuple(
        Asked(
            name,
            promised.get(name),
            answered.get(name),
            tuple(one for one in decided if one.experiment == name),
        )
        for name in sorted({*promised, *answered})
    )


def find(workspace: Workspace, name: str) -> Asked:
    """Returns one experiment.

    Raises:
        Missing: there is none of that name.
    """
    found = next((one for one in list_asked(workspace) if one.id == name), None)
    if found is None:
        raise Missing(f"experiment = {name[:60]!r}: is unknown; the list shows all there are.")
    return found


def table(answer: Experiment) -> list[tuple[Value, ...]]:
    """Returns the figures of an answer, a row each, as `COLUMNS` names them."""
    return [
        (
            answer.id,
            one.metric,
            one.role,
            one.arm,
            one.control,
            one.n_arm,
            one.n_control,
            one.mean_arm,
            one.mean_control,
            one.value,
            one.low,
            one.high,
            one.change,
            one.p_value,
            one.state,
            one.said,
        )
        for one in answer.lines
    ]
