"""What an old turn is run through, and what it decides there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from agent_runtime.asking.given import Given, given_again
from agent_runtime.asking.question import question_of
from agent_runtime.domain import LEVELS, Action, Autonomy
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LibraryError, sentence_of
from agent_runtime.library.playbook import Playbook
from agent_runtime.models.language import LanguageModel
from agent_runtime.policies.facts import Facts
from agent_runtime.prompting.prompt import Prompt
from agent_runtime.prompting.template import Template
from agent_runtime.replay import Basis, basis_in, decide_again
from agent_runtime.replaying.policy import Policy, todays_policy, under_policy

Answered = Literal["", "as_recorded", "as_recorded_to_another_question", "as_kept"]
"""Whose words of a language model a replayed turn uses.

Empty: none, since none was asked or the turn puts no question. as_recorded: those in its trace.
as_recorded_to_another_question: those as well, though a changed playbook would put the question in
other words. as_kept: what a language model was asked for a replay.
"""

KeptWords = Callable[[str, str], str | None]
"""Returns what was said to a question (its hash), for the message of a key, or None."""


def _as_recorded(facts: Facts) -> Facts:
    return facts


def _nothing_kept(question: str, message_key: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Versions:
    """Library, models, prompt and rules that old turns are run through."""

    library: Library
    model: LanguageModel
    """Reads messages, and ships with the product or was trained."""
    policy: Policy = todays_policy
    installed: Library | None = None
    """The library in force, where `library` holds proposals."""
    template: Template | None = None
    """A prompt to be tried in place of the product's."""
    oracle: str = ""
    """A language model to be tried in place of the one that was asked."""
    usual_oracle: str = ""
    """The language model of the settings, for turns that asked none."""
    kept: KeptWords = _nothing_kept
    steered: Callable[[Facts], Facts] = _as_recorded
    """What people would have set while the agent ran."""

    @property
    def asks_anew(self) -> bool:
        """Whether another language model or prompt is tried, so that recorded words may not do."""
        return self.template is not None or bool(self.oracle)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn comes to; without an action it says why there is none."""

    action: Action | None = None
    answered: Answered = ""
    needs: Prompt | None = None
    """The question that a language model would have to be asked."""
    needs_of: str = ""
    """Name of that model; empty where none is set."""
    why_not: str = ""
    """Why the turn cannot be replayed at all."""


def outcome_of(turn: Mapping[str, Any], versions: Versions) -> Outcome:
    """Returns what an old turn comes to in other versions; nobody is asked.

    Args:
        turn: Payload of a `turn` event.
        versions: What it is run through.
    """
    try:
        basis = basis_in(turn, versions.library)
        playbook = versions.library.playbook(basis.session.playbook)
    except ValidationError as error:
        return Outcome(why_not=f"its trace is of another version: {sentence_of(error)}")
    except LibraryError as error:
        return Outcome(why_not=str(error))
    facts = under_policy(basis.facts, versions.policy)
    if versions.installed is not None:
        facts = _under_playbook(facts, basis, playbook, versions.installed)
    basis = replace(basis, facts=versions.steered(facts))
    given = _given(turn, basis, versions)
    if isinstance(given, Outcome):
        return given
    read_with, answered = given
    if answered == "as_kept":
        # The recorded opinions are of another answer; on this one nobody was asked.
        basis = replace(basis, facts=replace(basis.facts, opinions=read_with.opinions))
    return Outcome(decide_again(basis, read_with, versions.library), answered)


def _given(
    turn: Mapping[str, Any], basis: Basis, versions: Versions
) -> tuple[Given, Answered] | Outcome:
    """Returns what the turn reads and drafts with, or which question nobody has answered."""
    shipped = Given(versions.model)
    use = turn.get("model") or {}
    said: str = use.get("text") or ""
    if basis.observation.kind != "mail" or not (said or versions.asks_anew):
        return shipped, ""
    prompt = question_of(
        basis.session,
        basis.observation,
        basis.contact,
        basis.facts,
        library=versions.library,
        model=versions.model,
        template=versions.template,
    ).prompt
    if prompt is None:
        return shipped, ""
    name = versions.oracle or use.get("asked") or versions.usual_oracle
    key = prompt.key(name)
    is_same = key == use.get("question")
    if said and (is_same or not versions.asks_anew):
        how: Answered = "as_recorded" if is_same else "as_recorded_to_another_question"
        return given_again(said, prompt, versions.model), how
    if is_same:
        return shipped, ""
    kept = versions.kept(key, basis.observation.observation_id)
    if kept is None:
        return Outcome(needs=prompt, needs_of=name)
    return given_again(kept, prompt, versions.model), "as_kept"


def _under_playbook(facts: Facts, basis: Basis, playbook: Playbook, installed: Library) -> Facts:
    """Returns the facts as they are where another playbook binds; what it leaves alone stays.

    The recorded level of autonomy is the strictest of several. Where it may have come from the
    playbook the new default takes its place, and otherwise only one that is stricter.
    """
    before = installed.playbooks.get(playbook.id)
    if before is None or before == playbook:
        return facts
    channel = playbook.on(basis.observation.channel)
    hours = (channel.reply_from_hour, channel.reply_to_hour)
    old = before.on(basis.observation.channel)
    if hours != (old.reply_from_hour, old.reply_to_hour):
        facts = replace(facts, reply_hours=hours)
    if playbook.safe_band != before.safe_band:
        facts = replace(facts, safe_band=playbook.safe_band)
    if playbook.autonomy != before.autonomy and facts.autonomy:
        level = _level(facts.autonomy, before.autonomy, playbook.autonomy, basis)
        facts = replace(facts, autonomy=level)
    return facts


def _level(recorded: Autonomy, before: Autonomy, now: Autonomy, basis: Basis) -> Autonomy:
    if LEVELS.index(recorded) > LEVELS.index(before):
        return recorded  # People had set it, and what they set replaces the default.
    bound = basis.session.autonomy or LEVELS[-1] if recorded == before else recorded
    return LEVELS[min(LEVELS.index(now), LEVELS.index(bound))]
