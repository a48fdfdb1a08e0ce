"""Reads recorded turns of a workspace and runs them through the versions that are named."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.contracts import TraceEvent
from agent_runtime.errors import ParleyError
from agent_runtime.replaying.comparison import Compared, Comparison, campaign_of, compare
from agent_runtime.replaying.named import Named
from agent_runtime.settings import Settings
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from agent_runtime.replaying.versions import Versions
    from agent_runtime.store.sql import SqlStore

Track = Callable[[Iterable[TraceEvent], int, str], Iterator[TraceEvent]]
"""Passes turns on and shows how far it is: the turns, how many, and what is done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recorded turns are replayed."""

    thread: str = ""
    since: datetime | None = None
    until: datetime | None = None
    campaigns: tuple[str, ...] = ()
    """Empty: of any, and of none."""
    playbooks: tuple[str, ...] = ()
    limit: int = 5000
    """At most so many, the latest."""

    def has(self, event: TraceEvent) -> bool:
        """Says whether a turn is of a campaign and playbook that is asked for."""
        return (not self.campaigns or campaign_of(event.payload) in self.campaigns) and (
            not self.playbooks or event.payload["playbook"] in self.playbooks
        )


def _plainly(events: Iterable[TraceEvent], _: int, __: str) -> Iterator[TraceEvent]:
    yield from events


def replay_turns(
    settings: Settings,
    named: Named,
    wanted: Wanted,
    *,
    ask: bool = False,
    track: Track = _plainly,
    say: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Returns the recorded turns beside what the named versions make of them.

    Nothing is sent, and nothing is written but the answers of a language model that is asked.

    Args:
        settings: Of the workspace.
        named: The versions that take the place of installed ones.
        wanted: Which turns.
        ask: Whether the configured language model is asked what nothing stored answers.
        track: Shows progress.
        say: Told what a language model came to.

    Raises:
        ParleyError: something named is not there or not as it should be.
    """
    from agent_runtime.status import open_store
    from agent_runtime.store.reading import recorded_turns

    store = open_store(settings)
    found = recorded_turns(
        store.engine,
        store.tenant_id,
        thread=wanted.thread,
        since=wanted.since,
        until=wanted.until,
        wanted=wanted.has,
        limit=wanted.limit,
    )
    versions = versions_of(settings, named, store)

    def run(what: str) -> Comparison:
        events = track(found.events, len(found.events), what)
        turns = tuple(compare(events, versions))
        return Comparison(turns, left_out=found.without_words, is_cut=found.is_cut)

    compared = run("Replaying")
    if ask and (open_ones := compared.needing_the_model):
        say(_asked(settings, store, open_ones))
        compared = run("Replaying with the answers")
    return compared


def versions_of(settings: Settings, named: Named, store: "SqlStore | None") -> "Versions":
    """Returns what old turns are run through, with what a store holds of answers."""
    from agent_runtime.replaying.asking import kept_words
    from agent_runtime.replaying.opening import open_versions

    def registered(name: str, version: int) -> Path:
        from experiments.model_registry import version_of
        from pipelines.models.registering import database_of

        if name != "intent":
            raise PipelineError(
                f"--with model={name}@{version}: only versions of 'intent' read messages; "
                "name intent@VERSION."
            )
        return version_of(name, version, database=database_of(settings.paths)).folder

    kept = kept_words(store) if store is not None else lambda _, __: None
    return open_versions(named, settings, registered=registered, kept=kept)


def _asked(settings: Settings, store: "SqlStore", turns: tuple[Compared, ...]) -> str:
    from agent_runtime.clock import read_now
    from agent_runtime.mind import open_oracle
    from agent_runtime.replaying.asking import ask_for

    names = sorted({turn.outcome.needs_of for turn in turns} - {""})
    if not settings.llm_url or len(names) > 1:
        wanted = ", ".join(names) or "a language model"
        raise ParleyError(
            f"--ask: {len(turns):,} turns need {wanted}; set PARLEY_LLM_URL to its server"
            + (", and name one of them by --with model=NAME." if len(names) > 1 else ".")
        )
    model = names[0] if names else settings.llm_model
    oracle = open_oracle(settings.model_copy(update={"llm_model": model}))
    if oracle is None:
        raise ParleyError("--ask: no language model is set; PARLEY_LLM_URL names its server.")
    with closing(oracle):
        counts = ask_for(turns, oracle, store, now=read_now(store.engine))
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
    return f"asked {model}: {told}; the answers are kept for the next replay"
