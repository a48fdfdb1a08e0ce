"""What becomes of a call: answered, tried again, called back, or over; each step traced once."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from agent_runtime import log
from agent_runtime.calling.dialler import CallNews, CallReceipt
from agent_runtime.calling.events import call_event
from agent_runtime.calling.rows import Call, CallState, Outcome
from agent_runtime.calling.telephony import Telephony
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Calling
from agent_runtime.ports import Tx

RETRY_AFTER = timedelta(minutes=30)
MAX_FAILURES = 5
"""Attempts in all, those which provably never rang among them."""
GRACE = timedelta(minutes=1)

_ENDS: dict[str, tuple[CallState, Outcome]] = {
    "no_answer": ("NO_ANSWER", "no_answer"),
    "busy": ("BUSY", "busy"),
    "voicemail": ("VOICEMAIL", "voicemail"),
    "failed": ("FAILED", "failed"),
    "rejected": ("FAILED", "rejected"),
    "unknown": ("UNKNOWN", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Settling:
    """Writes news of calls in one transaction at one instant."""

    tx: Tx
    library: Library
    versions: log.Versions
    telephony: Telephony
    now: datetime

    def receipt(self, call_id: str, attempt: int, receipt: CallReceipt) -> bool:
        """Writes what a dialler said; False where the call has moved on since."""
        call = self.tx.call(call_id)
        if call is None or (call.state, call.attempt) != ("DIALLING", attempt):
            return False
        code = receipt.code
        call = replace(call, provider_id=receipt.provider_id or call.provider_id)
        if receipt.status == "placed":
            # Without an id of the carrier nobody could tell it from one that was lost.
            placed = replace(call, provider_id=call.provider_id or f"{call_id}.{attempt}")
            self.tx.save_call(placed)
        elif receipt.status == "answered":
            self._answered(call, CallNews(call_id, attempt, "answered", "person"))
        elif receipt.status == "retry":
            self._never_rang(call, code)
        else:
            self._ended(call, receipt.status, code=code)
        return True

    def news(self, news: CallNews) -> bool:
        """Writes what was learnt of an attempt; False for what is known, or of another attempt."""
        call = self.tx.call(news.call_id)
        if call is None or call.attempt != news.attempt:
            return False
        if call.state == "ANSWERED":
            return self._while_answered(call, news)
        if call.state not in ("DIALLING", "UNKNOWN"):
            return False
        if news.status == "ended":
            answered = replace(news, status="answered", answered_by=news.answered_by or "person")
            self._over(self._answered(call, answered), news)
        elif news.status == "answered":
            self._answered(call, news)
        else:
            self._ended(call, news.status, code=news.code, news=news)
        return True

    def _while_answered(self, call: Call, news: CallNews) -> bool:
        """Who was taken for a person may turn out to be a machine; its opener was said to it."""
        if news.status in ("voicemail", "no_answer"):
            self._ended(call, news.status, code=news.code, news=news)
        elif news.status == "ended":
            self._over(call, news)
        else:
            return False
        return True

    def overrun(self, call: Call) -> None:
        """Ends a call of which nobody has reported the end in time."""
        ended = CallNews(call.call_id, call.attempt, "ended", outcome="dropped", code="overrun")
        self._over(call, ended, may_call_back=False)

    def _answered(self, call: Call, news: CallNews) -> Call:
        until = self.now + self.telephony.longest + GRACE
        call = replace(call, state="ANSWERED", answered_by=news.answered_by, due_at=until)
        self.tx.save_call(call)
        self._attempt(call, news)
        self._opener(call, "READY")
        self._trace(call, code=news.code)
        return call

    def _over(self, call: Call, news: CallNews, *, may_call_back: bool = True) -> None:
        call = replace(
            call,
            state="ENDED",
            answered_by=news.answered_by or call.answered_by,
            outcome=news.outcome or "completed",
            result=news.result,
            language=news.language or call.language,
            duration_s=news.duration_s,
        )
        self._attempt(call, news)
        self._trace(call, code=news.code)
        policy, is_again = self._policy(call), call.is_callback
        is_stopped = bool(self.tx.suppressed(call.person_id))
        may = policy.calls_back and may_call_back and not (is_again or is_stopped)
        if call.outcome == "dropped" and may and call.attempt < policy.max_attempts:
            due_at = self.now + timedelta(minutes=policy.back_after_minutes)
            self._again(replace(call, is_callback=True), due_at)
        else:
            self.tx.save_call(call)
            self._opener(call, "CANCELLED")

    def _ended(
        self, call: Call, status: str, *, code: str = "", news: CallNews | None = None
    ) -> None:
        state, outcome = _ENDS[status]
        by = news.answered_by if news and news.answered_by else call.answered_by
        answered_by = "machine" if state == "VOICEMAIL" else by
        call = replace(call, state=state, outcome=outcome, answered_by=answered_by)
        self._attempt(call, news, rang=status != "rejected")
        self._trace(call, code=code)
        policy = self._policy(call)
        left = news is not None and news.left_message
        due_at = None if left else _next_attempt(call, policy, self.now)
        if due_at is not None and not self.tx.suppressed(call.person_id):
            self._again(call, due_at)
            return
        self.tx.save_call(call)
        # A message that was left has words of its own; these were never said.
        self._opener(call, "UNKNOWN" if state == "UNKNOWN" else "CANCELLED" if left else "FAILED")

    def _never_rang(self, call: Call, code: str) -> None:
        """Proven: the dialler could not reach the carrier, say. It does not count as an attempt."""
        self._attempt(call, None, rang=False)
        failed = replace(call, state="FAILED", outcome="failed")
        self._trace(failed, code=code)
        if call.attempt < MAX_FAILURES and not self.tx.suppressed(call.person_id):
            self._again(failed, self.now + RETRY_AFTER)
            return
        self.tx.save_call(failed)
        self._opener(failed, "FAILED")

    def _again(self, call: Call, due_at: datetime) -> None:
        self.tx.save_call(replace(call, state="READY", due_at=due_at, provider_id=""))
        message = self.tx.message(call.call_id)
        if message is not None and message.state == "READY":
            self.tx.settle(call.call_id, "HANDED")

    def _attempt(self, call: Call, news: CallNews | None, *, rang: bool = True) -> None:
        known = self.tx.attempt(call.call_id, call.attempt)
        if known is not None:
            is_abandoned = known.is_abandoned or (news is not None and news.is_abandoned)
            self.tx.save_attempt(
                replace(known, rang=rang, answered_by=call.answered_by, is_abandoned=is_abandoned)
            )

    def _opener(
        self, call: Call, state: Literal["READY", "FAILED", "UNKNOWN", "CANCELLED"]
    ) -> None:
        """Once somebody answers, its words go to the line; they have left only once heard."""
        message = self.tx.message(call.call_id)
        waits = ("HANDED", "UNKNOWN") if state == "READY" else ("HANDED", "READY")
        if message is not None and message.state in waits:
            self.tx.settle(call.call_id, state, due_at=self.now)

    def _policy(self, call: Call) -> Calling:
        return self.library.playbook(call.playbook).calling

    def _trace(self, call: Call, *, code: str = "") -> None:
        session = self.tx.session_of(call.person_id)
        if session is not None:
            journal = log.Journal(self.tx, session, now=self.now, versions=self.versions)
            key = (call.call_id, call.attempt, call.state)
            journal.write("call", *key, payload=call_event(call, reason=call.why, code=code))


def _next_attempt(call: Call, policy: Calling, now: datetime) -> datetime | None:
    """Returns when a call that nobody took is tried again; doubt and refusals never are."""
    if call.attempt >= policy.max_attempts:
        return None
    if call.state == "BUSY":
        return now + timedelta(minutes=policy.busy_minutes)
    if call.state in ("NO_ANSWER", "VOICEMAIL"):
        return now + timedelta(hours=policy.hours_between)
    return None
