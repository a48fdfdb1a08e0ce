"""Old turns through today's library, model and rules, from their traces alone (R81, R175).

A turn's trace holds all that it stood on: thread, words, reader, free times and the facts of the
permit, without personal data. What the library and the model make of it now is compared with what
was decided then.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, make_dataclass, replace
from functools import cache
from typing import Any, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from agent_runtime.asking.given import Given, given_again
from agent_runtime.asking.question import question_of
from agent_runtime.domain import Action, Contact, Observation, Session, Slot
from agent_runtime.drafting.reader_facts import ForReader
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LibraryError, sentence_of
from agent_runtime.log import decided
from agent_runtime.loop import Deps, decide
from agent_runtime.models.language import LanguageModel
from agent_runtime.policies.facts import Facts
from agent_runtime.ports import Calendar

_NOT_RECORDED = frozenset({"approvals", "session"})
_ANONYMOUS = ("email", "first_name", "last_name", "company", "owner_name", "owner_email")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would be decided otherwise today."""

    what: str
    then: Any
    now: Any


def basis_of(
    session: Session,
    observation: Observation,
    contact: Contact,
    facts: Facts,
    free_slots: tuple[Slot, ...],
) -> dict[str, Any]:
    """Returns all that a turn stands on besides library and model, as JSON values."""
    known = {f.name: getattr(facts, f.name) for f in fields(Facts) if f.name not in _NOT_RECORDED}
    known["recipient"] = "[[EMAIL]]" if facts.recipient else ""
    reader = replace(
        contact,
        **{n: f"[[{n.upper()}]]" if getattr(contact, n) else "" for n in _ANONYMOUS},
    )
    basis = _basis_type()(session, observation, reader, _facts_type()(**known), free_slots)
    return _adapter().dump_python(basis, mode="json", exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class Basis:
    """All that an old turn stood on, read back from its trace."""

    session: Session
    observation: Observation
    contact: Contact
    facts: Facts
    free_slots: tuple[Slot, ...]


def basis_in(turn: Mapping[str, Any], library: Library) -> Basis:
    """Returns what a turn stood on.

    Args:
        turn: Payload of a `turn` event.
        library: Says what wording is approved.
    """
    read = _adapter().validate_python(turn["basis"])
    known = {f.name: getattr(read.facts, f.name) for f in fields(read.facts)}
    playbook = library.playbook(read.session.playbook)
    approvals = ForReader(library, read.contact, read.session, playbook)
    facts = Facts(approvals=approvals, session=read.session, **known)
    return Basis(read.session, read.observation, read.contact, facts, read.free_slots)


def facts_in(known: Mapping[str, Any], session: Session, library: Library) -> Facts:
    """Returns facts of the permit as they stand in a trace or a scenario.

    Raises:
        LibraryError: a name that no fact has, or a value that is not of its kind.
    """
    names = [f.name for f in fields(_facts_type())]
    for name in known.keys() - names:
        raise LibraryError(f"given {name!r}: no fact has this name; there are {', '.join(names)}.")
    try:
        read = TypeAdapter(_facts_type()).validate_python(known)
    except ValidationError as error:
        raise LibraryError(f"given: {sentence_of(error)}") from None
    plain = {f.name: getattr(read, f.name) for f in fields(read)}
    return Facts(approvals=library, session=session, **plain)


def replay(turn: Mapping[str, Any], library: Library, model: LanguageModel) -> Action:
    """Returns what would be decided now on the basis of an old turn.

    Args:
        turn: Payload of a `turn` event.
        library: Today's playbooks and texts.
        model: Today's language model.
    """
    basis = basis_in(turn, library)
    read_with = Given(model)
    if said := (turn.get("model") or {}).get("text"):
        question = question_of(
            basis.session,
            basis.observation,
            basis.contact,
            basis.facts,
            library=library,
            model=model,
        )
        read_with = given_again(said, question.prompt, model)
    return decide_again(basis, read_with, library)


def decide_again(basis: Basis, read_with: Given, library: Library) -> Action:
    """Returns what is decided on a basis, with the given readings and drafts."""
    deps = Deps(
        contact=basis.contact,
        facts=basis.facts,
        playbook=library.playbook(basis.session.playbook),
        library=library,
        model=read_with.model,
        drafter=read_with.drafter,
        entities=read_with.entities,
        calendar=cast(Calendar, _Given(basis.free_slots)),
        now=basis.facts.now,
    )
    return decide(basis.session, basis.observation, deps)


def differences(turn: Mapping[str, Any], action: Action) -> tuple[Difference, ...]:
    """Returns what a replayed turn decides otherwise: reading, candidates, drafts, verdicts."""
    today = decided(action)
    return tuple(
        Difference(name, turn.get(name), value)
        for name, value in today.items()
        if turn.get(name) != value
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """A calendar that has the free times of then."""

    free: tuple[Slot, ...]

    def free_slots(self, owner_id: str, **_: Any) -> tuple[Slot, ...]:
        """Returns the recorded free times."""
        return self.free


@cache
def _facts_type() -> Any:
    hints = get_type_hints(Facts)
    kept = [f for f in fields(Facts) if f.name not in _NOT_RECORDED]
    columns = [(f.name, hints[f.name], _default(f)) for f in kept]
    return make_dataclass("RecordedFacts", columns, frozen=True, kw_only=True)


def _default(of: Field[Any]) -> Any:
    if of.default is not MISSING:
        return field(default=of.default)
    return field(default_factory=of.default_factory) if callable(of.default_factory) else field()


@cache
def _basis_type() -> Any:
    columns = [
        ("session", Session),
        ("observation", Observation),
        ("contact", Contact),
        ("facts", _facts_type()),
        ("free_slots", tuple[Slot, ...]),
    ]
    return make_dataclass("Basis", columns, frozen=True)


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(_basis_type())
