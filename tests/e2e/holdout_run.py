"""Plays the acceptance run of the holdout: everything queued on every channel, then every fault.

Everybody was treated when their touches were queued. Then something makes each of them a holdout,
while workers die, carriers refuse and the clock jumps. What went out afterwards is read from the
logs of the exchanger and the carrier and from the chat windows.
"""

from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from time import monotonic, sleep

from site_world import NIGHT, OWNER, begin, hear, say, within
from sqlalchemy import delete
from stop_world import LATER, OURS_SMS, Stops, number_of, person, queue, running_stop_site

from agent_runtime.arms import publish_controls
from agent_runtime.clock import write_now
from agent_runtime.contracts import Assignment
from agent_runtime.human_queue import HumanAnswer, HumanQueue
from agent_runtime.policies.arms import GLOBAL_HOLDOUT
from agent_runtime.pump import is_idle
from agent_runtime.store import tables as t
from agent_runtime.store.importing import assign_once
from agent_runtime.store.registrations import controls_of, read_registrations
from experiments.hash_chain import appending
from experiments.registry import register
from experiments.spec import Spec
from pipelines.sends import read_sends
from pipelines.traces import export_to_lake

CONTROLS = {"online": ("holdout",), "second": ("usual",)}
ASKS = "How much does it cost?"
EDITED = Spec.model_validate(
    {
        "id": "edited",
        "salt": "s",
        "arms": {"usual": 0.5, "other": 0.5},
        "control": "usual",
        "primary": {"metric": "meeting"},
    }
)


def row(tx, person_id, experiment, arm):
    return Assignment(
        tenant_id=tx.tenant_id,
        experiment_id=experiment,
        unit_id=person_id,
        person_id=person_id,
        arm=arm,
        layer="l",
        spec_hash="h",
        assigned_at=NIGHT,
        how="hash",
    )


def holdout_of_another(tx, who):
    tx.add_assignment(row(tx, who, "second", "holdout"))


def control_by_its_name(tx, who):
    tx.add_assignment(row(tx, who, "second", "usual"))


def control_not_known(tx, who):
    tx.add_assignment(row(tx, who, "unregistered", "any"))


def held_out_of_everything(tx, who):
    tx.add_assignment(row(tx, who, GLOBAL_HOLDOUT, "holdout"))


def merged_with_a_holdout(tx, who):
    tx.add_assignment(row(tx, f"{who}-twin", "online", "holdout"))
    tx.merge(f"{who}-twin", who, now=NIGHT)


def merged_away_through_a_third(tx, who):
    tx.add_assignment(row(tx, f"{who}-far", "second", "usual"))
    tx.merge(who, f"{who}-near", now=NIGHT)
    tx.merge(f"{who}-far", f"{who}-near", now=NIGHT)


def table_restored_without_them(tx, who):
    tx.connection.execute(delete(t.assignments).where(t.assignments.c.person_id == who))


def table_restored_with_another_arm(tx, who):
    assign_once(tx, row(tx, who, "online", "holdout"), CONTROLS)


def spec_edited_on_disk(tx, who):
    """The version on disk calls another arm the control; theirs was the control before."""
    tx.add_assignment(row(tx, who, "edited", "usual"))


FAULTS = (
    holdout_of_another,
    control_by_its_name,
    control_not_known,
    held_out_of_everything,
    merged_with_a_holdout,
    merged_away_through_a_third,
    table_restored_without_them,
    table_restored_with_another_arm,
    spec_edited_on_disk,
)


def play(folder, *, each):
    """Returns how many agent contacts there were on each channel, to whom, after which fault."""
    with running_stop_site(folder) as (site, carrier):
        return Run(site, carrier, each).play()


class Run:
    def __init__(self, site, carrier, each):
        self.site, self.carrier = site, carrier
        self.held = [person(f"held{n}", n) for n in range(each * len(FAULTS))]
        self.late = [person(f"late{n}", 500 + n) for n in range(each)]
        self.treated = [person(f"stays{n}", 1000 + n) for n in range(each)]
        self.fault_of = {c.person_id: FAULTS[n % len(FAULTS)] for n, c in enumerate(self.held)}
        self.numbers = {
            c.person_id: n
            for start, people in ((0, self.held), (500, self.late), (1000, self.treated))
            for n, c in enumerate(people, start)
        }
        self.kills = 0

    def play(self):
        self._publish()
        for contact in (*self.held, *self.late, *self.treated):
            with self.site.store.begin() as tx:
                queue(tx, contact, self.numbers[contact.person_id])
        windows = self._open_windows()
        self._fall(self.held, self.fault_of)
        self._ask(self.held, "first")
        self._crash("claimed", NIGHT + LATER + timedelta(minutes=5))
        self.carrier.troubles[:] = ["429", "500", "429"]
        self._until(NIGHT + LATER + timedelta(minutes=40))
        before = self._left()
        late = (c.person_id for c in self.late)
        self._fall(self.late, dict.fromkeys(late, merged_with_a_holdout))
        self._ask([*self.late, *self.treated], "later")
        self._crash("accepted", NIGHT + LATER * 2 + timedelta(minutes=5))
        for jump in (timedelta(days=2), timedelta(hours=-30), timedelta(days=1)):
            self._until(NIGHT + LATER * 3 + jump)
        self._until(NIGHT + timedelta(days=5))
        chats = self._chats(windows)
        answered = self._people_answer()
        self._until(NIGHT + timedelta(days=5, hours=1))
        return self._counted(before, chats, answered)

    def _publish(self):
        registry = self.site.settings.paths.registry
        first = register(registry, EDITED, approver="Ada", code_version="1", now=NIGHT)
        later = {"version": 2, "spec": first.spec | {"version": 2, "control": "other"}}
        # Nobody may register this any more, but a log may hold it from before.
        with appending(registry) as log:
            log.append(first.model_dump(mode="json", exclude_none=True) | later)
        with self.site.store.begin() as tx:
            publish_controls(tx, CONTROLS | controls_of(read_registrations(registry)))

    def _fall(self, people, faults):
        for contact in people:
            with self.site.store.begin() as tx:
                faults[contact.person_id](tx, contact.person_id)

    def _ask(self, people, key):
        """They write by mail and by text, as buyers do."""
        stops = Stops(self.site, self.carrier)
        for contact in people:
            mail = EmailMessage()
            mail["From"], mail["Subject"] = contact.email, f"Question, {key}"
            mail.set_content(f"{ASKS}\n")
            stops._send(mail, contact, contact.mailbox)
            stops._text(contact, self.numbers[contact.person_id], "", OURS_SMS, ASKS)

    def _crash(self, place, now):
        self.site.worker.kill()
        self.site.worker.start(crash_at=place)
        write_now(self.site.store.engine, now)
        within(90, lambda: self.site.worker.has_died)
        self.site.worker.start()
        self.kills += 2

    def _until(self, now, seconds=200):
        write_now(self.site.store.engine, now)
        until, quiet = monotonic() + seconds, 0
        while quiet < 6:
            assert monotonic() < until, "the queue never comes to rest"
            quiet = quiet + 1 if is_idle(self.site.store.engine, now) else 0
            sleep(0.1)

    def _open_windows(self):
        """A window for each fault, in which the agent has answered once."""
        opened = []
        for fault in (*FAULTS, None):
            with self.site.chat() as window:
                token = begin(window)["token"]
                say(window, "m1", ASKS)
                assert hear(window, "message", seconds=90)["line"]["by"] == "agent"
            opened.append((fault, token))
        return opened

    def _chats(self, windows):
        """Says something in each window, whose visitor has become a holdout in the meantime."""
        lines = Counter()
        for fault, token in windows:
            with self.site.chat() as window:
                begin(window, token)
                person_id = self._visitor_of(window)
                if fault is not None:
                    with self.site.store.begin() as tx:
                        fault(tx, person_id)
                say(window, "m2", "And is there a discount?")
                said = self._agent_lines(window, seconds=6)
                lines["holdout" if fault else "treated"] += said
        return lines

    def _visitor_of(self, window):
        """The person of a window: whoever has just written by chat."""
        known = self._chatted().keys()
        say(window, "m-who", "Hello again")
        new = within(30, lambda: self._chatted().keys() - known)
        (key,) = new
        # Its answer left before the fault, but a slow machine shows it late.
        while hear(window, "message", seconds=60)["line"]["by"] != "agent":
            pass
        return self._chatted()[key].removeprefix("thread-")

    def _chatted(self):
        with self.site.store.begin() as tx:
            rows = tx.rows(t.inbound).all()
        return {r.key: r.thread_id for r in rows if '"channel":"chat"' in r.doc}

    def _agent_lines(self, window, *, seconds):
        count, until = 0, monotonic() + seconds
        while monotonic() < until:
            try:
                heard = hear(window, "message", seconds=max(0.1, until - monotonic()))
            except TimeoutError:
                break
            count += heard["line"]["by"] == "agent"
        return count

    def _people_answer(self):
        """People answer every question of the held, and that goes out."""
        desk = HumanQueue(self.site.store, {})
        mine = {c.person_id for c in (*self.held, *self.late)}
        tasks = [
            task
            for task in desk.open_tasks()
            if task.person_id in mine and task.kind in ("inbound_request", "handoff")
        ]
        for task in tasks:
            desk.answer(task.task_id, HumanAnswer("We will call you.", 1.0), now=NIGHT)
        return len(tasks)

    def _left(self):
        return len(self.site.sent()), len(self.carrier.taken())

    def _counted(self, before, chats, answered):
        sent, texts = self.site.sent(), self.carrier.taken()
        held = self._to(self.held, sent, texts)
        late = self._to(self.late, sent[before[0] :], texts[before[1] :])
        earlier = self._to(self.late, sent[: before[0]], texts[: before[1]])
        treated = self._to(self.treated, sent, texts)
        export_to_lake(self.site.settings.paths, tenant_id=self.site.settings.tenant_id)
        sends = read_sends(self.site.settings.paths)
        return {
            "people": len(self.numbers),
            "faults": len(FAULTS) + 1,
            "kills": self.kills,
            "mails_to_held": held["mails"] + late["mails"],
            "texts_to_held": held["texts"] + late["texts"],
            "chat_lines_to_held": chats["holdout"],
            "mails_to_late_before": earlier["mails"],
            "mails_to_treated": treated["mails"],
            "texts_to_treated": treated["texts"],
            "chat_lines_to_treated": chats["treated"],
            "answered_by_people": answered,
            "human_mails_to_held": held["human"] + late["human"],
            "human_sends_in_traces": sum(send.actor == "human" for send in sends),
        }

    def _to(self, people, sent, texts):
        emails = {c.email for c in people}
        numbers = {number_of(self.numbers[c.person_id]) for c in people}
        mails = [m for m in sent if emails & set(m["rcpt_to"])]
        by_people = [m for m in mails if m["mail_from"] == OWNER.email]
        found = [m for m in texts if m["To"].removeprefix("whatsapp:") in numbers]
        return {
            "mails": len(mails) - len(by_people),
            "human": len(by_people),
            "texts": len(found),
        }
