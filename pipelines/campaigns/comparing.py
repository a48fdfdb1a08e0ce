"""Who is affected when a campaign is changed: who comes in, who goes out, whose touches move."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from agent_runtime.contracts import OutreachTask
from experiments.canonical import canonical_json, sha256
from pipelines.campaign import Campaign, experiment_of
from pipelines.campaigns.planning import World, plan_day
from pipelines.transforms.segment import Segment, load_segment

_UNSAID = ("author", "description", "version", "segments", "experiment")


@dataclass(frozen=True, slots=True)
class Moved:
    """A person who is written to by both, and at other times."""

    person_id: str
    before: tuple[datetime, ...]
    after: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is different between two versions of a campaign, by people."""

    fields: dict[str, tuple[Any, Any]]
    """Old and new value of each field that differs."""
    comes_in: dict[str, str]
    """Why each new person is in, by person."""
    goes_out: dict[str, str]
    """Why each person who is left out now is, by person."""
    moves: tuple[Moved, ...]
    stays: int
    """People whose touches are the same in both."""
    stands: frozenset[str]
    """Those of `goes_out` and `moves` whose touches stand in the queue; they are kept there."""

    @property
    def affected(self) -> int:
        """How many people are."""
        return len(self.comes_in) + len(self.goes_out) + len(self.moves)


def compare(world: World, old: Campaign, new: Campaign, *, day: date, at: datetime) -> Comparison:
    """Returns who is affected, had each version begun on that day.

    Both are planned without what the campaign has queued already, so that a version is compared
    with a version and not with its history; the queues of other campaigns count towards the caps.

    Args:
        world: What both stand on.
        old: The version that is, or was.
        new: The version that would be.
        day: On which both begin.
        at: The present.
    """
    others = tuple(t for t in world.tasks if t.campaign_id not in {old.id, new.id})
    fresh = replace(world, tasks=others)
    before, after = (plan_day(fresh, one, day, at=at) for one in (old, new))
    had, has = _touches(before.new), _touches(after.new)
    why_in = {task.person_id: task.reason for task in after.new}
    why_out = dict(after.outcomes.select("person_id", "reason").iter_rows())
    moves = tuple(
        Moved(person, had[person], has[person])
        for person in sorted(had.keys() & has.keys())
        if had[person] != has[person]
    )
    goes_out = {p: why_out.get(p) or "gone" for p in sorted(had.keys() - has.keys())}
    queued = {t.person_id for t in world.tasks if t.campaign_id in {old.id, new.id}}
    return Comparison(
        fields=_fields(old, new),
        comes_in={p: why_in[p] for p in sorted(has.keys() - had.keys())},
        goes_out=goes_out,
        moves=moves,
        stays=len(had.keys() & has.keys()) - len(moves),
        stands=frozenset(queued & {*goes_out, *(one.person_id for one in moves)}),
    )


def as_dict(found: Comparison) -> dict[str, Any]:
    """Returns a comparison as JSON can hold it."""
    plain = asdict(found) | {"stands": sorted(found.stands), "affected": found.affected}
    plain["fields"] = {name: list(pair) for name, pair in found.fields.items()}
    plain["moves"] = [
        {
            "person_id": one.person_id,
            "before": [at.isoformat() for at in one.before],
            "after": [at.isoformat() for at in one.after],
        }
        for one in found.moves
    ]
    return plain


def _touches(tasks: Iterable[OutreachTask]) -> dict[str, tuple[datetime, ...]]:
    found: dict[str, list[datetime]] = {}
    for task in tasks:
        found.setdefault(task.person_id, []).append(task.not_before)
    return {person: tuple(sorted(when)) for person, when in found.items()}


def _fields(old: Campaign, new: Campaign) -> dict[str, tuple[Any, Any]]:
    was, now = (one.model_dump(mode="json", exclude=set(_UNSAID)) for one in (old, new))
    for plain, one in ((was, old), (now, new)):
        plain["segments"] = [_mark(load_segment(name)) for name in one.segments]
        plain["experiment"] = experiment_of(one).spec_hash[:12]
    return {name: (was[name], now[name]) for name in now if was[name] != now[name]}


def _mark(segment: Segment) -> str:
    return f"{segment.label} {sha256(canonical_json(segment.model_dump(mode='json')))[:8]}"
