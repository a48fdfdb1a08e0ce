"""What two versions of a playbook would do otherwise, for those who approve the change."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

from agent_runtime.library.catalog import Library
from agent_runtime.library.page import done, heard
from agent_runtime.library.playbook import Move, Playbook

_ROWS = ("handoff", "moves")


def differences(before: Library, after: Library, playbook_id: str) -> Iterator[str]:
    """Yields one line a difference: fields, rows in words, and the wording of texts.

    A playbook that only one of the two libraries has differs as a whole.
    """
    old, new = before.playbooks.get(playbook_id), after.playbooks.get(playbook_id)
    if old is None and new is None:
        after.playbook(playbook_id)
    if old is None or new is None:
        yield f"{'+' if old is None else '-'} playbook {playbook_id}"
        return
    yield from _fields(old, new)
    for rows in _ROWS:
        yield from _moves(rows, getattr(old, rows), getattr(new, rows))
    yield from _texts(before, after, old, new)


def _fields(old: Playbook, new: Playbook) -> Iterator[str]:
    then, now = old.model_dump(mode="json"), new.model_dump(mode="json")
    for name in then.keys() - set(_ROWS) | now.keys() - set(_ROWS):
        if then.get(name) != now.get(name):
            yield from _values(name, then.get(name), now.get(name))


def _values(name: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            if then.get(key) != now.get(key):
                yield from _values(f"{name}.{key}", then.get(key), now.get(key))
    elif isinstance(then, list) and isinstance(now, list):
        yield from (f"- {name}: {value}" for value in then if value not in now)
        yield from (f"+ {name}: {value}" for value in now if value not in then)
    else:
        yield f"~ {name}: {then} -> {now}"


def _moves(name: str, old: Sequence[Move], new: Sequence[Move]) -> Iterator[str]:
    yield from (f"- {name}: {_row(move)}" for move in old if move not in new)
    yield from (f"+ {name}: {_row(move)}" for move in new if move not in old)


def _row(move: Move) -> str:
    return f"{heard(move)} -> {done(move)}; then {move.next} ({move.reason})"


def _texts(before: Library, after: Library, old: Playbook, new: Playbook) -> Iterator[str]:
    for text in dict.fromkeys((*old.content_ids, *new.content_ids)):
        locales = {loc for cid, loc in (*before.contents, *after.contents) if cid == text}
        for locale in sorted(locales):
            then, now = before.contents.get((text, locale)), after.contents.get((text, locale))
            if then != now:
                old_words, new_words = (c.body.splitlines() if c else [] for c in (then, now))
                yield f"~ text {text} ({locale})"
                changed = list(unified_diff(old_words, new_words, lineterm="", n=0))[2:]
                yield from (f"    {line}" for line in changed if not line.startswith("@@"))
