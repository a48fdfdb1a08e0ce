"""A second opinion of a small model: does a fact entail a sentence? Absent unless configured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin

from agent_runtime.errors import ParleyError
from agent_runtime.models.reply import FailureCode


class EntailmentError(ParleyError):
    """A server of entailment that does not answer as one does; `reason` is why, as a code."""

    def __init__(self, message: str, reason: FailureCode = "server_error") -> None:
        super().__init__(message)
        self.reason: FailureCode = reason


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of one pair; they sum to one."""

    entails: float
    neutral: float
    contradicts: float


NO_OPINION = Opinion(0.0, 1.0, 0.0)
"""Of a pair about which nobody was asked, or nobody answered."""


class Entailment(Protocol):
    """Judges pairs of texts. The same pair always gets the same opinion."""

    @property
    def version(self) -> str:
        """Changes whenever an opinion may change."""
        ...

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns how likely the premise entails, leaves open or contradicts the hypothesis."""
        ...


class HttpEntailment:
    """A cross-encoder for natural language inference behind a server's `/predict`.

    The wire is that of text-embeddings-inference: a pair goes out as `inputs`, labels with scores
    come back. Which model that is, `/info` beside it says. Nothing is fetched from anywhere else.
    """

    def __init__(self, url: str, *, timeout_s: float = 0.2) -> None:
        """Takes the whole address of the endpoint, such as `http://127.0.0.1:8080/predict`."""
        import httpx

        self.version = url
        self._url = url
        self._client = httpx.Client(timeout=timeout_s)

    def look_up_version(self) -> str:
        """Returns which model the server has loaded now, and keeps that as `version`.

        A server that tells nothing of its model is known by its address.

        Raises:
            EntailmentError: the server is away, late, or answers something else.
        """
        with self._answering():
            answer = self._client.get(urljoin(self._url, "info"))
            if answer.status_code in _NO_SUCH_PAGE:
                return self.version
            said = answer.raise_for_status().json()
            model = [str(said[name]) for name in ("model_id", "model_sha") if said.get(name)]
            self.version = "@".join(model) or self.version
            return self.version

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns the server's opinion of a pair.

        Raises:
            EntailmentError: the server is away, late, or answers something else.
        """
        with self._answering():
            answer = self._client.post(self._url, json={"inputs": [[premise, hypothesis]]})
            return _opinion(answer.raise_for_status().json())

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.HTTPError, *_NONSENSE) as error:
            slow, away = httpx.TimeoutException, httpx.TransportError
            reason = (
                "too_slow"
                if isinstance(error, slow)
                else "unreachable"
                if isinstance(error, away)
                else "server_error"
            )
            raise EntailmentError(
                f"the entailment server {self._url} gave no opinion ({error!r}); start it, or "
                "unset PARLEY_ENTAILMENT_URL.",
                reason,
            ) from None


_NO_SUCH_PAGE = (404, 405, 501)
_NONSENSE = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError)


class KnownPairs:
    """A fake that knows a few pairs by heart and finds everything else neutral."""

    version = "known-pairs"

    def __init__(self, pairs: Mapping[tuple[str, str], Opinion]) -> None:
        self._pairs = dict(pairs)

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns the opinion that was given for these very texts."""
        return self._pairs.get((premise, hypothesis), NO_OPINION)


def _opinion(answer: Any) -> Opinion:
    rows = answer[0] if isinstance(answer[0], list) else answer
    scores = {str(row["label"]).lower()[:5]: float(row["score"]) for row in rows}
    found = Opinion(scores["entai"], scores["neutr"], scores["contr"])
    if not all(0.0 <= p <= 1.001 for p in (found.entails, found.neutral, found.contradicts)):
        raise ValueError(f"{found} are no probabilities")
    return found
