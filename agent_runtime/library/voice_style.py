"""How the agent sounds on the telephone: a tone by stage, and slower where figures are."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent_runtime.speech.tones import PACE, Tone

_FIGURES = re.compile(r"\d|[%€$£]")


class StageTone(BaseModel):
    """How a sentence is said, as a file writes it; see `agent_runtime.speech.tones.Tone`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pace: float = 1.0
    warmth: float = 0.0
    emphasis: float = 0.0

    @model_validator(mode="after")
    def _is_speakable(self) -> "StageTone":
        Tone(self.pace, self.warmth, self.emphasis)
        return self

    @property
    def tone(self) -> Tone:
        """As a voice takes it."""
        return Tone(self.pace, self.warmth, self.emphasis)


class VoiceStyle(BaseModel):
    """The part of the style guide that is about the voice; by default the voice is as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: StageTone = StageTone()
    stages: dict[str, StageTone] = Field(default_factory=dict)
    """By state of the playbook; a playbook's own `tones` go before."""
    figures: float = Field(default=1.0, ge=PACE[0], le=1.0)
    """The factor of the pace in a sentence with a price, a date or a number."""
    slow_texts: tuple[str, ...] = ()
    """Ids of texts that name prices and times in words; `*` stands for anything."""

    def tones(
        self, stage: str, own: Mapping[str, StageTone], content_ids: tuple[str, ...]
    ) -> tuple[Tone, Tone]:
        """Returns the tone of a stage's sentences, and of those in which a figure stands.

        Args:
            stage: State of the playbook.
            own: The playbook's tones by state.
            content_ids: The texts that are said.
        """
        tone = (own.get(stage) or self.stages.get(stage) or self.default).tone
        slower = Tone(max(PACE[0], round(tone.pace * self.figures, 3)), tone.warmth, tone.emphasis)
        is_slow = any(fnmatchcase(text, p) for text in content_ids for p in self.slow_texts)
        return (slower if is_slow else tone), slower


def has_figures(text: str) -> bool:
    """Says whether a price, a date or a number stands in a sentence, written in figures."""
    return _FIGURES.search(text) is not None
