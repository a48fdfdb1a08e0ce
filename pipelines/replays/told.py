"""A comparison as JSON and as lines in a terminal."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_runtime.replaying.comparison import Compared, Comparison
from agent_runtime.replaying.decision import Decided
from agent_runtime.replaying.named import Named

NO_TURN = "no turn is recorded yet of what is asked for; a run of `parley worker` records them"
_CHANGES = 20
_LONGEST = 600


def as_dict(compared: Comparison, named: Named) -> dict[str, Any]:
    """Returns all that a replay found, as JSON can hold it."""
    return {
        "with": str(named),
        "turns": len(compared.turns),
        "threads": compared.threads,
        "without_words": compared.left_out,
        "is_cut": compared.is_cut,
        "changed_decisions": len(compared.changed),
        "changed_threads": list(compared.changed_threads),
        "changes": [
            {
                "then": change.then,
                "now": change.now,
                "turns": len(change.turns),
                "threads": list(change.threads),
            }
            for change in compared.changes()
        ],
        "rules": [asdict(rule) for rule in compared.rules()],
        "needs_the_model": [
            {"thread_id": t.thread_id, "turn_id": t.turn_id, "model": t.outcome.needs_of}
            for t in compared.needing_the_model
        ],
        "not_replayed": [
            {"thread_id": t.thread_id, "turn_id": t.turn_id, "why": t.outcome.why_not}
            for t in compared.unplayable
        ],
        "answered": dict(Counter(t.answered for t in compared.turns if t.answered)),
        "changed": [_row(turn) for turn in compared.differing],
    }


def _row(turn: Compared) -> dict[str, Any]:
    return {
        "thread_id": turn.thread_id,
        "turn_id": turn.turn_id,
        "at": turn.at.isoformat(),
        "versions": turn.versions,
        "is_changed": turn.is_changed,
        "follows_change": turn.follows_change,
        "observed": turn.observed,
        "then": asdict(turn.then),
        "now": asdict(turn.now) if turn.now else None,
        "gained": turn.gained,
        "lost": turn.lost,
        "answered": turn.answered,
        "differences": [asdict(found) for found in turn.differences],
    }


def print_comparison(compared: Comparison, named: Named, console: Console, *, shown: int) -> None:
    """Prints the summary, the changes, the rules, and some threads side by side.

    Args:
        compared: What was found.
        named: What the turns were run through.
        console: Where to.
        shown: How many threads are shown in full.
    """
    console.print(summary(compared, named) if compared.turns else NO_TURN)
    for line in remarks(compared):
        console.print(line)
    if compared.changed:
        console.print(_changes(compared))
    if rules := compared.rules():
        console.print(_rules(rules))
    for thread in compared.changed_threads[:shown]:
        console.print(_thread(compared, thread))
    more = len(compared.changed_threads) - shown
    if more > 0:
        console.print(f"… and {more:,} more threads; --html FILE or --json has all of them")


def summary(compared: Comparison, named: Named) -> str:
    """Returns the answer in one sentence."""
    changed, others = len(compared.changed), len(compared.differing) - len(compared.changed)
    told = f"{len(compared.turns):,} turns replayed, {changed:,} decided otherwise"
    if changed:
        told += f", in {len(compared.changed_threads):,} of {compared.threads:,} threads"
    if others:
        told += f"; {others:,} more are only read or judged otherwise"
    return told if named.is_empty else f"{told} ({named})"


def remarks(compared: Comparison) -> list[str]:
    """Returns what a reader has to know of the figures, a sentence each."""
    found: list[str] = []
    if compared.left_out:
        found.append(
            f"{compared.left_out:,} turns are left out: retention has removed their words."
        )
    if compared.is_cut:
        found.append("There are older turns; --limit takes more.")
    if waiting := compared.needing_the_model:
        names = ", ".join(sorted({t.outcome.needs_of or "a language model" for t in waiting}))
        found.append(
            f"{len(waiting):,} turns need the model ({names}): nothing stored answers the new "
            "question; --ask asks the server of PARLEY_LLM_URL."
        )
    for why, count in Counter(t.outcome.why_not for t in compared.unplayable).most_common():
        found.append(f"{count:,} turns cannot be replayed: {why}")
    if others := sum(t.answered == "as_recorded_to_another_question" for t in compared.turns):
        found.append(
            f"{others:,} turns use the model's recorded words, though the changed playbook or "
            "rules would put the question in other words."
        )
    if following := sum(t.follows_change for t in compared.turns):
        found.append(
            f"{following:,} turns come after a change in their thread: their buyers had read what "
            "was said then."
        )
    return found


def _changes(compared: Comparison) -> Table:
    table = Table(
        "then", "now", "turns", "threads", title="Changed decisions", title_justify="left"
    )
    changes = compared.changes()
    for change in changes[:_CHANGES]:
        table.add_row(
            Text(change.then),
            Text(change.now),
            f"{len(change.turns):,}",
            f"{len(change.threads):,}",
        )
    if len(changes) > _CHANGES:
        table.add_row(f"… {len(changes) - _CHANGES} more kinds", "", "", "")
    return table


def _rules(rules: Any) -> Table:
    table = Table("rule", "gained", "lost", "threads", title="Policy hits", title_justify="left")
    for one in rules:
        table.add_row(one.rule, f"{one.gained:,}", f"{one.lost:,}", f"{one.threads:,}")
    return table


def _thread(compared: Comparison, thread: str) -> Table:
    table = Table("", "then", "now", title=thread, title_justify="left", show_lines=True)
    for turn in compared.turns:
        if turn.thread_id == thread and turn.now is not None:
            now = _told(turn.now, turn.then) if turn.is_changed else Text("the same", "dim")
            table.add_row(Text(observed(turn)), _told(turn.then), now)
    return table


def observed(turn: Compared) -> str:
    """Returns when a turn was and what it was about."""
    seen = turn.observed
    if seen["kind"] == "due":
        return f"{turn.at:%Y-%m-%d %H:%M}\ntouch {seen['touch']} is due"
    return f"{turn.at:%Y-%m-%d %H:%M}\n{_short(seen['text'])}"


def _told(decided: Decided, then: Decided | None = None) -> Text:
    told = Text(decided.outcome, "bold")
    for reason in filter(None, decided.why):
        told.append(f"\n{reason}", "italic not bold")
    if decided.said:
        is_same = then is not None and then.said == decided.said
        words = "the same words" if is_same else _short(decided.said)
        told.append(f"\n{'' if decided.decision == 'allow' else 'not sent: '}{words}", "not bold")
    return told


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
