"""Makes a scenario of a recorded thread, and plays scenarios with what is installed or named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_runtime.errors import ParleyError
from agent_runtime.library.scenario import Scenario
from agent_runtime.replaying.named import Named
from agent_runtime.settings import Settings
from pipelines.replays.running import versions_of

if TYPE_CHECKING:
    from agent_runtime.contracts import TraceEvent
    from agent_runtime.replaying.versions import Versions

BEGINS = datetime(2026, 1, 12, 10, tzinfo=UTC)
"""When a dialogue is played that does not say when it was: a Monday of live texts."""


@dataclass(frozen=True, slots=True)
class Made:
    """A scenario of a thread, and how it ends."""

    scenario: dict[str, Any]
    today: tuple[str, ...]
    """Where it ends otherwise with what is installed: empty means that it cannot fail today."""
    new: tuple[str, ...] | None
    """The same with the versions that are named; None where none are."""


def make_scenario(
    settings: Settings,
    thread: str,
    named: Named,
    *,
    turn: int | None,
    expect: Sequence[str],
    accept: bool,
    about: str = "",
) -> Made:
    """Returns the scenario of a thread that went wrong.

    Args:
        settings: Of the workspace.
        thread: Its id.
        named: Versions in which it goes right.
        turn: Which of its turns went wrong, from 1; None: the first that the named versions decide
            otherwise, or the last of the agent's own.
        expect: What should have come of it, as `name=value`.
        accept: What the named versions, or those installed now, decide is what should have come.
        about: What the scenario shows.

    Raises:
        ParleyError: no such thread or turn, nothing expected, or a scenario cannot say it.
    """
    from agent_runtime.replaying.as_scenario import scenario_of
    from agent_runtime.replaying.expectation import expected_by, expected_of
    from agent_runtime.replaying.versions import outcome_of
    from agent_runtime.status import open_store
    from agent_runtime.store.reading import turns_of

    store = open_store(settings)
    events = turns_of(store.engine, store.tenant_id, thread=thread)
    if not events:
        raise ParleyError(
            f"thread {thread!r}: no turn of it is recorded, or its words are removed."
        )
    if bool(expect) == accept:
        raise ParleyError(
            "say what should have come of the turn: --expect NAME=VALUE, or --accept."
        )
    if turn is not None and not 1 <= turn <= len(events):
        raise ParleyError(f"--turn {turn}: the thread has {len(events)} turns; name one of them.")
    expected, heard = expected_of(expect)
    tried = versions_of(settings, named, store)
    place = _place(events, named, tried) if turn is None else turn - 1
    if accept:
        action = outcome_of(events[place].payload, tried).action
        if action is None:
            raise ParleyError("--accept: the versions cannot decide the turn without their model.")
        expected = expected_by(action)
    installed = versions_of(settings, Named(), None) if not named.is_empty else tried
    scenario = scenario_of(
        events[: place + 1], expected, heard=heard, about=about, library=installed.library
    )
    checked = Scenario.model_validate(scenario)
    return Made(
        scenario,
        today=tuple(played(checked, installed)),
        new=None if named.is_empty else tuple(played(checked, tried)),
    )


def played(scenario: Scenario, versions: "Versions") -> Iterator[str]:
    """Yields a sentence for each turn that ends otherwise than expected."""
    from agent_runtime.script.rehearsal import rehearse

    yield from rehearse(
        scenario, versions.library, versions.model, now=BEGINS, policy=versions.policy
    )


def scenarios_in(paths: Sequence[Path], settings: Settings) -> tuple[Scenario, ...]:
    """Returns the scenarios of files and folders, or all of the company's own libraries.

    Raises:
        ParleyError: a file is not there or not as it should be, or there is none at all.
    """
    from agent_runtime.library.catalog import own_libraries, read_scenario

    own = (library / "scenarios" for library in own_libraries(settings.paths.library))
    given = paths or tuple(own)
    files = [
        file
        for path in given
        for file in (sorted(path.glob("**/*.yaml")) if path.is_dir() else [path])
    ]
    if not files:
        where = ", ".join(map(str, given)) or str(settings.paths.library)
        raise ParleyError(
            f"{where}: there is no scenario; `parley replay scenario THREAD --out FILE` makes one."
        )
    return tuple(read_scenario(file) for file in files)


def _place(events: "Sequence[TraceEvent]", named: Named, tried: "Versions") -> int:
    from agent_runtime.replaying.comparison import compare

    if not named.is_empty:
        for place, found in enumerate(compare(events, tried)):
            if found.is_changed:
                return place
    own = [
        place
        for place, event in enumerate(events)
        if event.payload["basis"]["session"].get("speaker") != "human"
    ]
    if not own:
        raise ParleyError("the thread has no turn of the agent's; people have had it all along.")
    return own[-1]
