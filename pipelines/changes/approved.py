"""What front matter says of itself: who approved which version, on which day."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time

from pipelines.changes.authored import Artefact
from pipelines.changes.change import Change

_NAMED = 4
"""So many texts are named one by one; of more the number is told."""


def approvals_in(now_there: Mapping[str, Artefact]) -> Iterator[Change]:
    """Yields what was approved, all that one person approved on one day in one line."""
    together: dict[tuple[str, object, str], list[Artefact]] = defaultdict(list)
    for one in now_there.values():
        if one.approved_at is not None and one.by:
            together[one.kind, one.approved_at, one.by].append(one)
    for (kind, day, by), found in together.items():
        at = datetime.combine(day, time(), UTC)  # type: ignore[arg-type]
        names = _named(found)
        shown = ", ".join(names[:_NAMED])
        said = (
            shown
            if len(names) <= _NAMED
            else (f"{len(names)} {kind}s, {len(found)} in all languages")
        )
        yield Change(
            at=at,
            kind=found[0].kind,
            name=found[0].id if len(found) == 1 else f"{len(names)} {kind}s",
            version=found[0].version if len(found) == 1 else "",
            says=f"{by} approved {_word(kind, names)}{said}.",
            by=by,
            details=() if len(names) <= _NAMED else (", ".join(sorted(names)),),
            source="front matter",
        )


def _named(found: list[Artefact]) -> list[str]:
    """Returns each thing once, with its version and in how many languages."""
    languages: Counter[tuple[str, str]] = Counter()
    for one in found:
        languages[one.id.partition(" (")[0], one.version] += 1
    return [
        f"{name} version {version}{f' in {count} languages' if count > 1 else ''}"
        for (name, version), count in sorted(languages.items())
    ]


def _word(kind: str, names: list[str]) -> str:
    """Returns what is named, in one or in several; a number names it by itself."""
    if len(names) > _NAMED:
        return ""
    return f"{kind} " if len(names) == 1 else f"{kind}s "
