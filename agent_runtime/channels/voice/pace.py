"""How long words last in a call that is rehearsed without sound."""

from collections.abc import Sequence
from datetime import datetime

from agent_runtime.library.call_scenario import Step

WORD_S = 0.38
"""A spoken word, at about 160 words a minute."""
_COUGH_S = 0.4


class Pace:
    """Counts words; whoever has voices says how long they took, and hears of each utterance."""

    def ours(self, pieces: Sequence[str], language: str) -> float:
        """Returns how many seconds our sentences last."""
        return len(" ".join(pieces).split()) * WORD_S

    def theirs(self, step: Step) -> float:
        """Returns how many seconds the sound of a step of theirs lasts; 0: it is silent."""
        return step.noise_s or (_COUGH_S if step.cough else len(step.says.split()) * WORD_S)

    def we_said(
        self, pieces: Sequence[str], language: str, *, since: datetime, until: datetime
    ) -> None:
        """Is told from when to when our sentences were heard, as far as that was."""

    def they_did(self, step: Step, *, since: datetime, until: datetime) -> None:
        """Is told from when to when a step of theirs lasted; a beep follows it."""
