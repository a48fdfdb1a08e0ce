"""Where a call is rehearsed: one person, one owner, a calendar, and a runtime in memory."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent_runtime.app import Runtime, assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.pace import Pace
from agent_runtime.channels.voice.rehearsal import Rehearsed, rehearse_call
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Consent
from agent_runtime.errors import ParleyError
from agent_runtime.library.call_scenario import CallScenario
from agent_runtime.library.catalog import Library
from agent_runtime.models.language import LanguageModel
from agent_runtime.models.oracle import Oracle
from agent_runtime.newcomers import Newcomers, OnlineExperiment, Owner
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.policies.permit import Permit
from agent_runtime.policies.rest_days import rests_on
from agent_runtime.ports import Mail, Receipt
from agent_runtime.script.rehearsal import READER
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours

NUMBER = "+35315550100"
_ARMS = {"agent": 1.0}
_MORNING = 9, 13
"""Hours, local time, in which calls are allowed in every country."""
_OWNER = Owner("owner", READER.owner_name, "kim@rehearsal.example", READER.mailbox, "Europe/Dublin")


class Postman:
    """Keeps the mails that leave while a call goes on."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Takes what the permit covers.

        Raises:
            PermissionError: the permit is for other words or another reader.
        """
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.rfc_message_id}")
        self.mails.append(mail)
        return Receipt("sent", "250")


def play_call(
    scenario: CallScenario,
    library: Library,
    model: LanguageModel,
    *,
    now: datetime,
    pace: Pace | None = None,
) -> Rehearsed:
    """Plays a scenario on a stage of its own; nothing of it is kept.

    It takes place by day, whenever it is rehearsed: nobody is called at night.

    Raises:
        ParleyError: nobody may be called who has not agreed to it, or is nobody.
    """
    now = by_day(scenario, now)
    runtime = stage_for(scenario, library, model, now=now)
    turns = CallTurns(runtime, call_of(scenario, carrier="text"), mail=Postman())
    if turns.people.join(now=now) is None:
        raise ParleyError(f"{scenario.id}: nobody of ours could answer this call.")
    return rehearse_call(scenario, turns, now=now, pace=pace)


def by_day(scenario: CallScenario, now: datetime) -> datetime:
    """Returns now, or else ten o'clock of the next working day where the person is."""
    zone = ZoneInfo(scenario.time_zone or READER.time_zone)
    country, local = scenario.country or READER.country, now.astimezone(zone)
    if _MORNING[0] <= local.hour < _MORNING[1] and not rests_on(country, local.date()):
        return now
    day = local.date() + timedelta(days=local.hour >= _MORNING[0])
    while rests_on(country, day):
        day += timedelta(days=1)
    return datetime.combine(day, time(10), zone).astimezone(UTC)


def call_of(scenario: CallScenario, *, carrier: str) -> CallStart:
    """Returns the call of a scenario, as its transport or its dialler knows it."""
    return CallStart(
        call_id=scenario.id,
        direction=scenario.direction,
        number=NUMBER,
        language=scenario.language,
        carrier=carrier,
        meta={"playbook": scenario.playbook, "call_back": "1" if scenario.is_callback else ""},
    )


def stage_for(
    scenario: CallScenario,
    library: Library,
    model: LanguageModel,
    *,
    now: datetime,
    oracle: Oracle | None = None,
) -> Runtime:
    """Returns a runtime in memory that knows the person of a scenario."""
    person = replace(
        READER,
        language=scenario.language,
        country=scenario.country or READER.country,
        time_zone=scenario.time_zone or READER.time_zone,
        title=scenario.title,
        facts=tuple(scenario.facts.items()),
        owner_id=_OWNER.owner_id,
        owner_email=_OWNER.email,
    )
    store = MemoryStore(person.tenant_id)
    experiment = OnlineExperiment("rehearsal", "rehearsal", "salt", "", _ARMS)
    with store.begin() as tx:
        publish_controls(tx, {"rehearsal": (HOLDOUT,)})
        if not scenario.is_unknown:
            tx.add_contact(person)
            tx.add_address("voice", NUMBER, person.person_id, now=now)
            tx.add_assignment(_treated(person.person_id, now))
            purpose = library.playbook(scenario.playbook).on("voice").purpose
            if scenario.may_be_called:
                agreed = Consent(
                    "voice", purpose, "consent", "form", now, state="confirmed", confirmed_at=now
                )
                tx.add_consents(person.person_id, [agreed])
            if scenario.is_stopped:
                tx.suppress(person.person_id, reason="opt_out", source="before", now=now)
    return assemble(
        store,
        library=library,
        model=model,
        calendar=MemoryCalendar(office_hours((_OWNER,))),
        newcomers=Newcomers(person.tenant_id, (_OWNER,), experiment),
        oracle=oracle,
    )


def _treated(person_id: str, now: datetime) -> Assignment:
    return Assignment(
        tenant_id=READER.tenant_id,
        experiment_id="rehearsal",
        unit_id=person_id,
        person_id=person_id,
        arm="agent",
        layer="rehearsal",
        spec_hash="",
        assigned_at=now,
        how="hash",
    )
