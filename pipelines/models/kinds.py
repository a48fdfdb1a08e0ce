"""The models that are registered: how each is made, read, and recognised in the runtime.

A further model is one more entry in `KINDS`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from experiments.champion import Answer
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from agent_runtime.models.opinions import Matter
    from agent_runtime.models.training import Example

Reader = Callable[["Example"], Answer]
"""Reads a labelled text and says what it made of it."""


@dataclass(frozen=True, slots=True)
class Built:
    """A trained model: its weights, what they were made from, and how it reads."""

    identity: str
    data_version: str
    files: dict[str, Path]
    """Name in the registry to the file of the weights."""
    read: Reader


class Kind(Protocol):
    """One of the models."""

    @property
    def name(self) -> str:
        """What it is called in the registry."""
        ...

    @property
    def about(self) -> str:
        """What it is for."""
        ...

    def build(self, training: Path | None, cache: Path) -> Built:
        """Returns the model of a training folder, the shipped one by default."""
        ...

    def reload(self, weights: Path, card: dict[str, Any]) -> Reader:
        """Returns how a registered version reads, with nothing remembered, so that time counts."""
        ...

    def shipped_identity(self) -> str:
        """Returns the identity of what the runtime loads."""
        ...


@dataclass(frozen=True, slots=True)
class IntentKind:
    """What a message means: intents with calibrated confidences, the rules around them included."""

    name: str = "intent"
    about: str = "The intents of a message, and whether it asks that contact stop."

    def build(self, training: Path | None, cache: Path) -> Built:
        """Trains it, or takes it from the cache."""
        from agent_runtime.models.embedded import load_embedded_model
        from agent_runtime.models.training import FOLDER

        model = load_embedded_model(cache=cache, training=training or FOLDER)
        files = {
            "intents.npz": cache / f"{model.version}.npz",
            "stop.npz": cache / f"{model.version}.stop.npz",
        }
        return Built(model.version, model.version.rsplit("-", 1)[1], files, _perceiving(model))

    def reload(self, weights: Path, card: dict[str, Any]) -> Reader:
        """Reads with sentence vectors that are computed anew."""
        from agent_runtime.models.embedded import EmbeddedModel
        from agent_runtime.models.embedding import E5Embedder
        from agent_runtime.models.intent_model import load_intent_model
        from agent_runtime.models.stop_wish import StopWish

        intents = load_intent_model(weights / "intents.npz")
        stop = StopWish.load(weights / "stop.npz")
        return _perceiving(EmbeddedModel(E5Embedder(), intents, stop, version=card["identity"]))

    def shipped_identity(self) -> str:
        """Method, embedder and training texts, as the runtime names its cache."""
        from agent_runtime.models.embedded import shipped_version

        return shipped_version()


@dataclass(frozen=True, slots=True)
class OpinionKind:
    """An opinion on one matter: a yes or no with how likely it is."""

    matter: "Matter"
    intent: str
    about: str

    @property
    def name(self) -> str:
        """The matter, as the registry calls it."""
        return f"opinion_{self.matter}"

    def build(self, training: Path | None, cache: Path) -> Built:
        """Takes the weights that lie in the training folder; `parley playbook train --ship`."""
        from agent_runtime.models.opinions import fingerprint_of, lessons_of, shipped_at
        from agent_runtime.models.training import FOLDER

        path = shipped_at(self.matter, training or FOLDER)
        if not path.exists():
            raise PipelineError(
                f"{path}: the training folder has no weights of {self.name}; make them with "
                "`parley playbook train --ship`."
            )
        learnt = fingerprint_of(lessons_of(training or FOLDER))
        return Built(_sha256(path), learnt, {"opinion.npz": path}, self._reading(path))

    def reload(self, weights: Path, card: dict[str, Any]) -> Reader:
        """Reads by the registered weights."""
        return self._reading(weights / "opinion.npz")

    def shipped_identity(self) -> str:
        """The hash of the weights that ship."""
        from agent_runtime.models.opinions import shipped_at

        return _sha256(shipped_at(self.matter))

    def _reading(self, path: Path) -> Reader:
        from agent_runtime.hearing.new_text import message_of
        from agent_runtime.models.opinions import meaning_of, plain, read_opinion

        opinion = read_opinion(path)

        def read(example: "Example") -> Answer:
            message = message_of(example.text)
            meaning = float(opinion.of_meaning(meaning_of(message))[0])
            likely = opinion.joined(opinion.of_wording(plain(message)), meaning)
            is_so = self.intent in (example.intent, *example.also)
            is_stop = self.matter == "opt_out" and is_so
            return Answer(
                truth=_yes(is_so),
                said=_yes(likely > 0.5),
                confidence=max(likely, 1 - likely),
                is_stop=is_stop,
                heard_stop=self.matter == "opt_out" and likely > 0.5,
            )

        return read


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        IntentKind(),
        OpinionKind("opt_out", "unsubscribe", "Whether a message asks that contact stop."),
        OpinionKind("auto_reply", "out_of_office", "Whether a machine wrote a message."),
    )
}
"""By the name in the registry."""


FIT = "fit"
"""The model of `pipelines.fit`: it reads accounts and not texts, so it has a rule of its own."""


AGENT = "agent"
"""Prompt, language model, policy and playbooks together, measured by `pipelines.evaluation`."""


def name_of(name: str) -> str:
    """Returns the name of a model in the registry, or says which there are."""
    return name if name in (FIT, AGENT) else kind_of(name).name


def kind_of(name: str) -> Kind:
    """Returns a model that reads texts by name, or says which there are."""
    if name == FIT:
        raise PipelineError(
            "model 'fit': it reads no texts and does not ship; `parley fit train` registers it, "
            "and `parley fit drift` says whether it still holds."
        )
    if name == AGENT:
        raise PipelineError("model 'agent': it is not trained; `parley evaluate` registers it.")
    if name not in KINDS:
        raise PipelineError(f"model {name!r}: it is not registered; use one of {', '.join(KINDS)}.")
    return KINDS[name]


def _perceiving(model: Any) -> Reader:
    from agent_runtime.lone_text import perceive_text

    def read(example: "Example") -> Answer:
        seen = perceive_text(example.text, model)
        return Answer(
            truth=example.intent,
            said=seen.primary,
            confidence=seen.confidence,
            is_stop="unsubscribe" in (example.intent, *example.also),
            heard_stop=bool(seen.opt_out) or seen.primary == "unsubscribe",
        )

    return read


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
