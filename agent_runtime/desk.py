"""Works one due row at a time: a touch, a mail that waits for its answer, a mail to send."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.exc import DBAPIError

from agent_runtime import act, log
from agent_runtime.approval_batch import finish
from agent_runtime.approvals import Approvals, ask
from agent_runtime.asking.ahead import AskAhead
from agent_runtime.asking.given import Given, given
from agent_runtime.asking.question import Question, question_of
from agent_runtime.band.noting import note_asked
from agent_runtime.booking import Booker, said_here
from agent_runtime.calling.desk import CallDesk
from agent_runtime.calling.telephony import Telephony
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.crash import crash_point
from agent_runtime.crm_outbox import queue_heard
from agent_runtime.domain import (
    Action,
    ChannelName,
    Contact,
    Observation,
    Proposal,
    PublicSignal,
    Session,
)
from agent_runtime.gather import gather
from agent_runtime.holds import Keeper, end_holds, still_offered
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Playbook
from agent_runtime.loop import Deps, decide
from agent_runtime.models.language import Drafter, LanguageModel
from agent_runtime.opening import in_playbook, not_told_by_voice, observed, opened_by_agent
from agent_runtime.opt_in import confirm_by_reply
from agent_runtime.policies.arms import HOLDOUT, binding, why_held
from agent_runtime.policies.facts import Facts, Rule
from agent_runtime.policies.permit import RULES
from agent_runtime.ports import Calendar, MailChannel, Store, Tx
from agent_runtime.promises import note_promises, remind
from agent_runtime.prompting.prompt import Prompt
from agent_runtime.reminders import write_reminder
from agent_runtime.replay import basis_of
from agent_runtime.signals import HEADLINE, newest_signal, with_signal
from agent_runtime.store.rows import Due, Inbound, Message, Task
from agent_runtime.tooling import Toolbox, calls_of, tool_facts
from agent_runtime.tools.hands import Cause

POSITIVE = frozenset({"interested", "book_meeting", "propose_time"})
"""Intents that are a clear next step; `conventions.md` and the design fix the definition."""


class Withdrawn(Exception):
    """Whoever the answer is for has begun to speak again: it is not wanted as it is."""


@dataclass(frozen=True, slots=True)
class _DueTouch:
    """What a touch is decided on."""

    session: Session
    observation: Observation
    contact: Contact
    facts: Facts
    signal: PublicSignal | None
    is_new: bool
    """Whether it begins the thread."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Joins the loop with the store, the calendar and the channel."""

    store: Store
    outbox: Outbox
    booker: Booker
    calendar: Calendar
    library: Library
    model: LanguageModel
    versions: log.Versions
    inbound_address: str
    toolbox: Toolbox = field(default_factory=Toolbox)
    drafter: Drafter | None = None
    ahead: AskAhead | None = None
    """Asks a language model before the turn; without one only the model that ships reads."""
    rules: tuple[Rule, ...] = RULES
    witness: Callable[[Inbound, Action], None] | None = None
    """Is shown what each answer will be, before it is committed; a call goes by it."""
    calls: CallDesk | None = None
    """Dials; without it nobody is called."""

    @property
    def _telephony(self) -> Telephony:
        return self.calls.telephony if self.calls else Telephony()

    @property
    def keeper(self) -> Keeper:
        """Keeps offered times for their buyers."""
        return Keeper(self.store, self.calendar, self.library)

    def ask_ahead(self, rows: Sequence[Due], *, now: datetime) -> list[Due]:
        """Puts the questions of a batch all at once; returns its rows in the order to be worked.

        Stops come first, so that none waits for a model, then who waits before a chat window. Of
        several mails of one thread the first is asked here, and the others once it is answered,
        since that changes what they ask.
        """
        if self.ahead is None:
            return list(rows)
        prompts: dict[str, tuple[str, Prompt]] = {}
        facts: dict[str, Facts] = {}
        stops: set[str] = set()
        live: set[str] = set()
        threads: set[str] = set()
        with self.store.begin() as tx:
            for due in rows:
                found = self._readable(tx, due, now=now)
                if found is None:
                    continue
                thread_id, question = found
                if question.prompt is not None and question.prompt.is_live:
                    live.add(due.row_id)
                if question.is_stop:
                    stops.add(due.row_id)
                elif question.prompt is not None and thread_id not in threads:
                    threads.add(thread_id)
                    prompts[due.row_id] = (thread_id, question.prompt)
                    if question.facts is not None:
                        facts[due.row_id] = question.facts
            self.ahead.begin(tx, prompts, facts)
        return sorted(
            rows, key=lambda due: 0 if due.row_id in stops else 1 if due.row_id in live else 2
        )

    def is_answered(self, due: Due, *, within_s: float) -> bool:
        """Waits a moment, and says whether a row can be worked without waiting for a model."""
        return self.ahead is None or self.ahead.is_answered(due.row_id, within_s=within_s)

    def _readable(self, tx: Tx, due: Due, *, now: datetime) -> tuple[str, Question] | None:
        """Thread and question of a row; one that cannot be read is set aside once it is worked."""
        try:
            if due.kind == "task":
                return self._question_of_touch(tx, due.row_id, now=now)
            return self._question(tx, due, now=now)
        except DBAPIError:
            raise
        except Exception:
            return None

    def _question(self, tx: Tx, due: Due, *, now: datetime) -> tuple[str, Question] | None:
        inbound = tx.inbound(due.row_id) if due.kind == "inbound" else None
        contact = tx.contact_of(inbound.person_id) if inbound else None
        if inbound is None or contact is None or inbound.state != "NEW" or inbound.bounce_of:
            return None
        if tx.session_of(contact.person_id) is None:
            return None
        session = self._session(tx, inbound, contact)
        facts = self._facts(tx, session, contact, now=now, channel=inbound.channel)
        question = question_of(
            session, observed(inbound), contact, facts, library=self.library, model=self.model
        )
        return inbound.thread_id, question

    def _question_of_touch(
        self, tx: Tx, task_id: str, *, now: datetime
    ) -> tuple[str, Question] | None:
        """Asks only about a touch whose approved text could go now, or wait for its reviewer."""
        found = self._due_touch(tx, task_id, now=now) if self.writes_first else None
        if found is None:
            return None
        question = self._asked_of(found)
        if question.prompt is None:
            return found.session.thread_id, question
        action = self._decide(found.session, found.observation, found.contact, found.facts)
        may_go = action.decision == "allow" or action.waits_for_approval
        return (found.session.thread_id, question) if may_go else None

    def _asked_of(self, found: "_DueTouch") -> Question:
        return question_of(
            found.session,
            found.observation,
            found.contact,
            found.facts,
            library=self.library,
            model=self.model,
        )

    @property
    def writes_first(self) -> bool:
        """Whether any playbook leaves a touch to a language model."""
        touches = (touch for p in self.library.playbooks.values() for touch in p.touches)
        return any(touch.drafts == "model" for touch in touches)

    def work(self, due: Due, channel: MailChannel, *, now: datetime) -> None:
        """Works one row to its end. Running it again after a crash goes on where it stopped.

        A witness may raise `Withdrawn`: then nothing of the turn has happened, and it passes.

        A row that cannot be worked is set aside as an incident, so that it never blocks the
        rows behind it; trouble with the database is everybody's and stops the batch.
        """
        try:
            for message_id in self._to_send(due, now=now):
                offering = self.outbox.deliver(channel, message_id, now=now)
                if offering:
                    self.keeper.settle(offering, now=now)
        except (DBAPIError, Withdrawn):
            raise
        except Exception as error:
            with self.store.begin() as tx:
                tx.set_aside(due)
                tx.trace(log.incident(due, error, self.store.tenant_id, now=now))

    def _to_send(self, due: Due, *, now: datetime) -> tuple[str, ...]:
        if due.kind == "message":
            return (due.row_id,)
        if due.kind == "task":
            return self._touch(due.row_id, now=now)
        if due.kind in ("hold", "call", "approval"):
            return self._at_work(due, now=now)
        if due.kind == "reminder":
            return self._reminder(due.row_id, now=now)
        if due.kind == "promise":
            return self._promise(due.row_id, now=now)
        return self._answer(due.row_id, now=now)

    def _at_work(self, due: Due, *, now: datetime) -> tuple[str, ...]:
        if due.kind == "approval":
            gone = finish(Approvals(self.store, self.library, self.versions), due.row_id, now=now)
            return (gone,) if gone else ()
        if due.kind == "hold":
            self.keeper.work(due.row_id, now=now)
        elif self.calls is not None:
            self.calls.work(due.row_id, now=now)
        return ()

    def _touch(self, task_id: str, *, now: datetime) -> tuple[str, ...]:
        self._settle("task", task_id, now=now)
        with self.store.begin() as tx:
            task = tx.task(task_id)
            if task is None or task.state != "WAITING":
                return ()
            if tx.contact_of(task.person_id) is None:
                tx.save_task(replace(task, state="BLOCKED"))
                return ()
            found = self._due_touch(tx, task_id, now=now)
            if found is None:
                return ()
            session, contact, observation = found.session, found.contact, found.observation
            if found.signal is not None:
                tx.remember(session.thread_id, {HEADLINE: found.signal.headline})
            read_with = self._given_for_touch(tx, found)
            facts = replace(found.facts, opinions=read_with.opinions)
            action = self._decide(session, observation, contact, facts, read_with)
            tx.lock(f"person:{task.person_id}")
            if _is_withdrawn(tx, task_id):
                return ()
            if found.is_new:
                tx.save_session(session)
            message = self._record(tx, session, observation, action, contact, facts, task=task)
            journal = log.Journal(tx, session, now=now, versions=self.versions)
            self._count_tokens(journal, task_id, action)
            if action.candidate.action == "brief":
                act.brief_owner(tx, session, contact, action.candidate, self.library, task)
            tx.save_task(_after(task, action, now=now))
            if action.decision == "allow":
                tx.save_session(act.remember(session, action, buyer_wrote=False))
            return (message.message_id,) if message and action.decision == "allow" else ()

    def _due_touch(self, tx: Tx, task_id: str, *, now: datetime) -> "_DueTouch | None":
        """Reads all that a touch is decided on; None where it is nobody's or waits no more."""
        task = tx.task(task_id)
        contact = tx.contact_of(task.person_id) if task and task.state == "WAITING" else None
        if task is None or contact is None:
            return None
        channel, signal = _channel_of(self.library.playbook(task.playbook), task), None
        if channel == "linkedin":
            signal = newest_signal(contact, now=now)
            contact = with_signal(contact, signal)
        known = tx.session_of(task.person_id)
        opened = known or opened_by_agent(task, contact, self.library)
        session = replace(
            opened if channel != "voice" else not_told_by_voice(opened),
            autonomy=task.autonomy,
            campaign_id=task.campaign_id,
        )
        observation = Observation(
            kind="due",
            observation_id=task_id,
            occurred_at=now,
            touch=task.touch,
            task_id=task_id,
        )
        facts = self._facts(tx, session, contact, now=now, task=task, channel=channel)
        return _DueTouch(session, observation, contact, facts, signal, known is None)

    def _given_for_touch(self, tx: Tx, found: "_DueTouch") -> Given:
        """Looks up what the language model drafted, where it was to be asked."""
        if self.ahead is None or not self.writes_first:
            return Given(self.model)
        question = self._asked_of(found)
        if question.prompt is None:
            return Given(self.model)
        name, key = self.ahead.oracle.name, found.observation.observation_id
        return given(tx, key, question, name=name, shipped=self.model)

    def _settle(self, kind: Literal["task", "inbound"], row_id: str, *, now: datetime) -> None:
        """Waits, outside of any transaction, until a row's question is answered or given up."""
        if self.ahead is None or (kind == "task" and not self.writes_first):
            return
        if not self.ahead.is_asked(row_id):
            self.ask_ahead([Due(kind, row_id)], now=now)
        self.ahead.settle(row_id, now=now)
        crash_point("asked")

    def _reminder(self, reminder_id: str, *, now: datetime) -> tuple[str, ...]:
        with self.store.begin() as tx:
            reminder = tx.reminder(reminder_id)
            if reminder is None or reminder.state != "WAITING":
                return ()
            contact, session = tx.contact_of(reminder.person_id), tx.session_of(reminder.person_id)
            if contact is None or session is None:
                raise LookupError(f"reminder {reminder_id} has no contact or thread in the store")
            message = write_reminder(tx, reminder, contact, session, self.library, now=now)
            return (message.message_id,) if message else ()

    def _promise(self, promise_id: str, *, now: datetime) -> tuple[str, ...]:
        with self.store.begin() as tx:
            promise = tx.promise(promise_id)
            session = tx.session_of(promise.person_id) if promise else None
            if promise is not None and session is not None and promise.state == "OPEN":
                task = remind(tx, promise)
                journal = log.Journal(tx, session, now=now, versions=self.versions)
                journal.write("crm_write", promise_id, "due", payload=log.task(task))
        return ()

    def _answer(self, key: str, *, now: datetime) -> tuple[str, ...]:
        self._settle("inbound", key, now=now)
        with self.store.begin() as tx:
            inbound = tx.inbound(key)
            if inbound is None:
                return ()
            contact = tx.contact_of(inbound.person_id)
            if contact is None:
                raise LookupError(f"mail {key} belongs to no contact in the store")
            to_send = self._turn(tx, inbound, contact, now=now) if inbound.state == "NEW" else ()
            held = tx.meetings_of(inbound.thread_id, "HOLDING")
            declined = tx.meetings_of(inbound.thread_id, "DECLINING")
            kept = tx.open_holds(inbound.thread_id)
        for meeting in declined:
            self.booker.release(meeting)
        if held:
            crash_point("decided")
        booked = [
            message_id
            for meeting in held
            for message_id in (said_here(meeting), self.booker.finish(meeting, now=now))
        ]
        if kept:
            self.keeper.settle(inbound.thread_id, now=now)
        return (*to_send, *filter(None, booked))

    def _turn(
        self, tx: Tx, inbound: Inbound, contact: Contact, *, now: datetime
    ) -> tuple[str, ...]:
        session = self._session(tx, inbound, contact)
        journal = log.Journal(tx, session, now=now, versions=self.versions)
        tx.close_inbound(inbound.key)
        if inbound.bounce_of:
            self._bounced(tx, journal, inbound)
            tx.save_session(session)
            return ()
        if inbound.is_about_invite and inbound.proposes is None and not inbound.text.strip():
            tx.save_session(session)
            return ()
        if confirm_by_reply(tx, inbound, versions=self.versions, now=inbound.received_at):
            journal.write("message", inbound.key, "in", payload=log.consent_mail(inbound, session))
            return ()
        observation = observed(inbound)
        facts = self._facts(tx, session, contact, now=now, channel=inbound.channel)
        read_with = self._given(tx, session, observation, contact, facts)
        facts = replace(facts, opinions=read_with.opinions)
        action = self._decide(session, observation, contact, facts, read_with)
        if self.witness is not None:
            self.witness(inbound, action)
        self._heard(tx, inbound, session, action, facts)
        read = log.cost("model_turn", 1, "turn", message_id=inbound.key, actor="agent")
        journal.write("cost", inbound.key, payload=read)
        self._count_tokens(journal, inbound.key, action)
        self._obey(tx, journal, inbound, action)
        message = self._record(tx, session, observation, action, contact, facts, inbound=inbound)
        act.hold_meeting(tx, session, action.candidate, "agent")
        self._use_tools(tx, journal, session, contact, action, facts, inbound)
        if action.candidate.action in ("hand_off", "escalate"):
            act.hand_to_person(tx, session, action.candidate, inbound)
        act.tell_people(tx, session, action.candidate, inbound)
        is_person = action.perception is None or action.perception.primary != "out_of_office"
        if is_person and action.perception is not None:
            note_promises(
                tx,
                session,
                contact,
                inbound.text,
                by="buyer",
                cause=inbound.key,
                language=action.perception.language,
                now=inbound.received_at,
            )
        after = act.remember(session, action, buyer_wrote=is_person, channel=inbound.channel)
        tx.save_session(after)
        if action.candidate.book is None:
            end_holds(tx, session.thread_id, keep=still_offered(after, action), now=now)
        return (message.message_id,) if message and action.decision == "allow" else ()

    def _count_tokens(self, journal: log.Journal, key: str, action: Action) -> None:
        for unit, tokens in log.tokens(action.model_use):
            used = log.cost("model_token", tokens, unit, message_id=key, actor="agent")
            journal.write("cost", key, unit, payload=used)

    def _use_tools(
        self,
        tx: Tx,
        journal: log.Journal,
        session: Session,
        contact: Contact,
        action: Action,
        facts: Facts,
        inbound: Inbound,
    ) -> None:
        playbook = self.library.playbook(session.playbook)
        calls = calls_of(action, contact, playbook, inbound)
        if calls or action.refused:
            cause = Cause(session, inbound.key, facts.now)
            known = tool_facts(facts, contact, playbook)
            self.toolbox.use(tx, journal, cause, action, calls, known)

    def _facts(
        self,
        tx: Tx,
        session: Session,
        contact: Contact,
        *,
        now: datetime,
        task: Task | None = None,
        channel: ChannelName = "email",
    ) -> Facts:
        return gather(
            tx,
            session=session,
            contact=contact,
            actor="agent",
            mailbox=contact.mailbox,
            library=self.library,
            channel=channel,
            now=now,
            is_proactive=task is not None,
            task_id=task.task_id if task else None,
            expires_at=task.expires_at if task else None,
            telephony=self._telephony if task else None,
        )

    def _session(self, tx: Tx, inbound: Inbound, contact: Contact) -> Session:
        return in_playbook(tx, inbound, contact, self.library, inbound_address=self.inbound_address)

    def _given(
        self,
        tx: Tx,
        session: Session,
        observation: Observation,
        contact: Contact,
        facts: Facts,
    ) -> Given:
        """Looks up what the language model said of this message, if one is set up."""
        if self.ahead is None:
            return Given(self.model)
        question = question_of(
            session, observation, contact, facts, library=self.library, model=self.model
        )
        name, key = self.ahead.oracle.name, observation.observation_id
        return given(tx, key, question, name=name, shipped=self.model)

    def _decide(
        self,
        session: Session,
        observation: Observation,
        contact: Contact,
        facts: Facts,
        read_with: Given | None = None,
    ) -> Action:
        """A touch is in a model's words only where its playbook leaves it to one."""
        used = read_with or Given(self.model)
        deps = Deps(
            contact=contact,
            facts=facts,
            playbook=self.library.playbook(session.playbook),
            library=self.library,
            model=used.model,
            calendar=self.calendar,
            now=facts.now,
            drafter=used.drafter or self.drafter,
            entities=used.entities,
            model_use=used.use,
            rules=self.rules,
        )
        return decide(session, observation, deps)

    def _record(
        self,
        tx: Tx,
        session: Session,
        observation: Observation,
        action: Action,
        contact: Contact,
        facts: Facts,
        *,
        task: Task | None = None,
        inbound: Inbound | None = None,
    ) -> Message | None:
        arm = binding(facts.arms, facts.controls)

        def message_of(proposal: Proposal, cause: str) -> Message:
            message = act.message_of(
                session,
                contact,
                proposal,
                cause=cause,
                actor="agent",
                mailbox=contact.mailbox,
                due_at=facts.now,
                task=task,
                arm=arm,
                in_reply_to=inbound.rfc_message_id if inbound else "",
                address=facts.recipient,
            )
            return replace(message, opinions=facts.opinions) if message.is_drafted else message

        proposal = action.candidate.proposal
        message = proposal and message_of(proposal, observation.observation_id)
        journal = log.Journal(tx, session, now=facts.now, versions=self.versions)
        if action.waits_for_approval:
            ask(tx, session, observation, action, message_of, inbound=inbound, now=facts.now)
            if proposal is not None and message is not None:
                note_asked(tx, message, proposal, facts)
        act.record(
            tx,
            journal,
            session,
            observation,
            action,
            message,
            arm=arm[1],
            campaign_id=task.campaign_id if task else "",
            is_first=task is None or not task.was_checked,
            basis=basis_of(session, observation, contact, facts, action.free_slots),
        )
        return message

    def _heard(
        self, tx: Tx, inbound: Inbound, session: Session, action: Action, facts: Facts
    ) -> None:
        seen = action.perception
        arm = binding(facts.arms, facts.controls)
        is_held = why_held(facts.arms, facts.controls)
        queue_heard(tx, inbound, arm=HOLDOUT if is_held else arm[1])
        journal = log.Journal(tx, session, now=inbound.received_at, versions=self.versions)
        journal.write(
            "message",
            inbound.key,
            "in",
            payload=log.incoming(
                inbound,
                actor="buyer",
                playbook=session.playbook,
                arm=arm[1],
                experiment_id=arm[0],
                language=seen.language if seen else "",
                intent=seen.primary if seen else None,
                auto_reply=inbound.auto_submitted
                or (seen is not None and seen.primary == "out_of_office"),
                positive_intent=seen is not None
                and (seen.primary in POSITIVE or seen.slot_choice is not None),
                opt_out=seen is not None and seen.opt_out,
            ),
        )

    def _obey(self, tx: Tx, journal: log.Journal, inbound: Inbound, action: Action) -> None:
        """A stop that only the model heard counts as one that the rules heard on arrival."""
        if action.perception is None or not action.perception.opt_out:
            return
        at, key = inbound.received_at, inbound.key
        if tx.suppress(inbound.person_id, reason="opt_out", source=key, now=at):
            journal.write("suppression", key, payload=log.stop("opt_out", key))

    def _bounced(self, tx: Tx, journal: log.Journal, inbound: Inbound) -> None:
        ours = tx.message_by_rfc_id(inbound.bounce_of)
        if ours is not None:
            status = "bounced" if inbound.bounce_status.startswith("5") else "delayed"
            news = log.delivery(ours, status=status, code=inbound.bounce_status, source="dsn")
            journal.write("delivery", inbound.key, payload=news)


def _channel_of(playbook: Playbook, task: Task) -> ChannelName:
    """A touch that no playbook writes any more is nobody's; the plan says so."""
    is_written = 1 <= task.touch <= len(playbook.touches)
    return playbook.touches[task.touch - 1].channel if is_written else "email"


def _is_withdrawn(tx: Tx, task_id: str) -> bool:
    """Says whether a stop came while the touch was being planned."""
    task = tx.task(task_id)
    return task is None or task.state != "WAITING"


def _after(task: Task, action: Action, *, now: datetime) -> Task:
    task = replace(task, was_checked=True)
    if action.waits_for_approval:
        return replace(task, state="PLANNED")
    if action.decision == "allow":
        made = action.candidate.proposal or action.candidate.action == "brief"
        return replace(task, state="PLANNED" if made else "CANCELLED")
    if action.decision == "defer":
        until = action.until or now + timedelta(hours=1)
        return replace(task, due_at=until)
    return replace(task, state="EXPIRED" if action.decision == "end" else "BLOCKED")
