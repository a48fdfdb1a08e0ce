"""Asks a model of entailment about what a language model drafted, ahead of the turn.

What it said is kept with the answer, and the permit reads that; nobody is asked inside of a turn.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import TypeVar

from agent_runtime.grounding.entailment import (
    NO_OPINION,
    EntailmentError,
    HttpEntailment,
    Opinion,
)
from agent_runtime.grounding.opinions import Opinions, pair_key
from agent_runtime.models.answer import UnreadableAnswer, read_answer
from agent_runtime.models.breaker import Breaker
from agent_runtime.models.oracle import BreakerState
from agent_runtime.models.reply import Reply, Unanswered
from agent_runtime.policies.content import is_approved, why_ungrounded
from agent_runtime.policies.facts import Facts
from agent_runtime.prompting.prompt import Prompt

_T = TypeVar("_T")

AT_ONCE = 8
"""Answers that are looked at together."""


class SecondOpinion:
    """One for all lanes of a process.

    Args:
        server: Who is asked.
        within_s: Seconds for all sentences of an answer together, from when the answer has come.
        chat_s: Seconds from the question on, for answer and opinions of somebody who waits before
            a chat window.
        opens_after: Outages in a row after which the server is left alone for a while.
        rests_s: How long that is, in seconds.
    """

    def __init__(
        self,
        server: HttpEntailment,
        *,
        within_s: float = 1.0,
        chat_s: float = 4.0,
        opens_after: int = 5,
        rests_s: float = 15.0,
    ) -> None:
        self.server = server
        self.breaker = Breaker(failures=opens_after, rest_s=rests_s)
        self.version = server.version
        """Of the model that answered last; before the first, where it is."""
        self.last_error = ""
        self._within_s, self._chat_s = within_s, chat_s
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="entailment")

    @property
    def state(self) -> BreakerState:
        """Whether the server is asked at all."""
        return self.breaker.state

    def left_s(self, prompt: Prompt, begun: float) -> float:
        """Returns how many seconds opinions may still take.

        Args:
            prompt: Whose answer they are about.
            begun: When it was asked, by the clock of the process.
        """
        left = begun + self._chat_s - monotonic() if prompt.is_live else self._within_s
        return max(0.0, min(left, self._within_s))

    def after(
        self, reply: "Future[Reply]", prompt: Prompt, facts: Facts, known: Opinions, begun: float
    ) -> "Future[Opinions]":
        """Returns what will be said of the drafts of an answer once that has come; never waits.

        Args:
            reply: The answer.
            prompt: Its question.
            facts: Say on which texts its sentences may stand.
            known: What was said of it before.
            begun: When it was asked, by the clock of the process.
        """
        told: Future[Opinions] = Future()

        def look(done: "Future[Reply]") -> None:
            text = "" if done.cancelled() or done.exception() else done.result().text
            until = monotonic() + self.left_s(prompt, begun)
            try:
                self._pool.submit(self._tell, told, text, prompt, facts, known, until)
            except RuntimeError:
                # It was closed meanwhile.
                told.set_result(known if known.pairs else Opinions(self.version, (), "aborted"))

        reply.add_done_callback(look)
        return told

    def close(self) -> None:
        """Lets what is under way end, and asks no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.server.close()

    def _tell(
        self,
        told: "Future[Opinions]",
        text: str,
        prompt: Prompt,
        facts: Facts,
        known: Opinions,
        until: float,
    ) -> None:
        try:
            told.set_result(self._opinions(text, prompt, facts, known, until))
        except Exception as error:
            told.set_exception(error)

    def _opinions(
        self, text: str, prompt: Prompt, facts: Facts, known: Opinions, until: float
    ) -> Opinions:
        try:
            drafts = read_answer(text, prompt).drafts
        except UnreadableAnswer:
            return known
        asked = _Asked(self, known, until)
        for sentence in dict.fromkeys(s for draft in drafts for s in draft.sentences):
            if not (asked.why_not or is_approved(sentence, facts, language=prompt.language)):
                why_ungrounded(sentence, facts, asked, language=prompt.language)
        return known if asked.why_not and known.pairs else asked.opinions


class _Asked:
    """Asks while there is time and nothing has failed, and notes what was said."""

    def __init__(self, owner: SecondOpinion, known: Opinions, until: float) -> None:
        self.why_not = ""
        self._owner, self._known, self._until = owner, known, until
        self._version = ""
        self._said: dict[str, Opinion] = {}

    @property
    def version(self) -> str:
        """Of the model; where it cannot be looked up, of the one that answered last.

        So a server that is away is one that believes nothing, and none that nobody has set up.
        """
        if not self._version:
            found = self._tried(self._owner.server.look_up_version)
            self._owner.version = self._version = found or self._owner.version
        return self._version

    @property
    def opinions(self) -> Opinions:
        """All that was said; of no version where there was nothing to ask."""
        pairs = ((key, one.entails, one.contradicts) for key, one in self._said.items())
        return Opinions(self._version, tuple(sorted(pairs)), self.why_not)

    def judge(self, premise: str, hypothesis: str) -> Opinion:
        """Returns what the server says of a pair; neutral once it has not said anything."""
        key = pair_key(self.version, premise, hypothesis)
        if key not in self._said:
            is_known = any(key == one for one, *_ in self._known.pairs)
            by = self._known if is_known else self._owner.server
            said = self._tried(partial(by.judge, premise, hypothesis))
            if said is None:
                return NO_OPINION
            self._said[key] = said
        return self._said[key]

    def _tried(self, call: Callable[[], _T]) -> _T | None:
        """Returns what a call does, or None where it is not to be made or fails."""
        if not self.why_not and monotonic() >= self._until:
            self.why_not = "too_slow"
        if self.why_not:
            return None
        try:
            with self._owner.breaker.guarding():
                return _answered(call)
        except Unanswered as error:
            self.why_not = error.reason
            if error.reason != "breaker_open":
                self._owner.last_error = str(error)
            return None


def _answered(call: Callable[[], _T]) -> _T:
    try:
        return call()
    except EntailmentError as error:
        raise Unanswered(error.reason, str(error)) from None
