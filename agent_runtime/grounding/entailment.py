"""A second opinion of a small model: does a fact entail a sentence? Absent unless configured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agent_runtime.errors import ParleyError


class EntailmentError(ParleyError):
    """A server of entailment that does not answer as one does."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of one pair; they sum to one."""

    entails: float
    neutral: float
    contradicts: float


class Entailment(Protocol):
    """Judges pairs of texts. The same pair always gets the same opinion."""

    version: str
    """Changes whenever an opinion may change."""

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns how likely the premise entails, leaves open or contradicts the hypothesis."""
        ...


class HttpEntailment:
    """A cross-encoder for natural language inference behind a server's `/predict`.

    The wire is that of text-embeddings-inference: a pair goes out as `inputs`, labels with scores
    come back. Nothing is fetched from anywhere else.
    """

    def __init__(self, url: str, *, timeout_s: float = 0.2) -> None:
        """Takes the whole address of the endpoint, such as `http://127.0.0.1:8080/predict`."""
        import httpx

        self.version = f"http:{url}"
        self._url = url
        self._client = httpx.Client(timeout=timeout_s)

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns the server's opinion of a pair.

        Raises:
            EntailmentError: the server is away, late, or answers something else.
        """
        import httpx

        try:
            answer = self._client.post(self._url, json={"inputs": [[premise, hypothesis]]})
            answer.raise_for_status()
            return _opinion(answer.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError) as error:
            raise EntailmentError(
                f"the entailment server {self._url} gave no opinion ({error!r}); start it, or "
                "unset PARLEY_ENTAILMENT_URL."
            ) from None


class KnownPairs:
    """A fake that knows a few pairs by heart and finds everything else neutral."""

    version = "known-pairs"

    def __init__(self, pairs: Mapping[tuple[str, str], Opinion]) -> None:
        self._pairs = dict(pairs)

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns the opinion that was given for these very texts."""
        return self._pairs.get((premise, hypothesis), Opinion(0.0, 1.0, 0.0))


def _opinion(answer: Any) -> Opinion:
    rows = answer[0] if isinstance(answer[0], list) else answer
    scores = {str(row["label"]).lower()[:5]: float(row["score"]) for row in rows}
    return Opinion(scores["entai"], scores["neutr"], scores["contr"])
