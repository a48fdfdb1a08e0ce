"""A story as it went: per moment what was said, what was learnt, and what need not be asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.remembering.memory import Remembered
from agent_runtime.remembering.story import Story


@dataclass(frozen=True, slots=True)
class Line:
    """One message, names filled in."""

    by: str
    """`agent` or `buyer`."""
    channel: str
    at: datetime
    text: str
    texts: tuple[str, ...] = ()
    """Ids of the approved texts that it is made of."""


@dataclass(frozen=True, slots=True)
class Spared:
    """A question that was passed over, since its answer is known."""

    content_id: str
    text: str
    value: str
    learnt: Remembered | None
    """None where the CRM knows the answer."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What would have been said, had nothing been remembered."""

    texts: tuple[str, ...]
    """Ids of the approved texts."""
    words: str
    """The last of them, names filled in."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of a story."""

    number: int
    channel: str
    at: datetime
    thread_id: str
    lines: tuple[Line, ...]
    learnt: tuple[Remembered, ...]
    spared: tuple[Spared, ...] = ()
    otherwise: Otherwise | None = None
    """None where it would have been the same."""
    booked: datetime | None = None

    @property
    def says(self) -> tuple[str, ...]:
        """Ids of all that the agent said."""
        return tuple(text for line in self.lines for text in line.texts)


def problems_of(story: Story, scenes: Iterable[Scene]) -> Iterator[str]:
    """Yields a sentence for everything that went otherwise than the story's author expects."""
    for moment, scene in zip(story.moments, scenes, strict=True):
        where, wanted = f"{story.id}: moment {scene.number + 1}", moment.expect
        if wanted.says is not None and scene.says != wanted.says:
            yield f"{where}: says = {list(scene.says)}; expected {list(wanted.says)}."
        learnt = {thing.name: thing.value for thing in scene.learnt}
        for name, value in wanted.learns.items():
            if learnt.get(name) != value:
                yield f"{where}: learns {name} = {learnt.get(name)!r}; expected {value!r}."
        otherwise = scene.otherwise.texts if scene.otherwise else ()
        if wanted.without and wanted.without not in otherwise:
            yield f"{where}: without = {list(otherwise)}; expected {wanted.without}."
        if wanted.is_booked != (scene.booked is not None):
            yield f"{where}: is_booked = {scene.booked is not None}; expected {wanted.is_booked}."
