"""Salesforce as the CRM: tasks, events, fields of contacts and leads, opt-outs; safe to repeat.

Activities carry our id in the external id field `Parley_Id__c`, by which they are upserted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_runtime.crm_port import (
    Activity,
    Looked,
    Membership,
    OptOut,
    Outcome,
    Record,
    Request,
    Standing,
    Write,
)
from agent_runtime.tools.allow_list import AllowList, NotAllowed, allow_list
from agent_runtime.tools.salesforce_api import (
    AT_A_TIME,
    SalesforceApi,
    SalesforceTrouble,
    SObject,
    Upsert,
)

KEY = "Parley_Id__c"
_AWAY = Outcome("unasked", "Salesforce did not answer another request")
_PEOPLE: tuple[SObject, ...] = ("Contact", "Lead")


@dataclass(frozen=True, slots=True)
class _Person:
    kind: SObject
    record_id: str
    held: dict[str, str]


class SalesforceCrm:
    """The org of one token. Accounts, opportunities and cases are not written."""

    name = "salesforce"

    def __init__(self, api: SalesforceApi, fields: AllowList | None = None) -> None:
        self._api = api
        self._fields = fields or allow_list("salesforce")

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Carries out requests, opt-outs first; once Salesforce is away the rest is unasked."""
        outcomes = [_AWAY] * len(requests)
        order = sorted(range(len(requests)), key=lambda n: not isinstance(requests[n], OptOut))
        logged = [n for n in order if isinstance(requests[n], Activity)]
        steps: list[tuple[list[int], Callable[[], list[Outcome]]]] = [
            ([n], lambda n=n: [self._one(requests[n])]) for n in order if n not in logged
        ]
        for first in range(0, len(logged), AT_A_TIME):
            part = logged[first : first + AT_A_TIME]
            activities = [one for n in part if isinstance(one := requests[n], Activity)]
            steps.append((part, lambda activities=activities: self._log(activities)))
        for places, step in steps:
            try:
                found = step()
            except SalesforceTrouble as trouble:
                found = [trouble.outcome] * len(places)
            except NotAllowed as error:
                found = [Outcome("refused", str(error))] * len(places)
            for place, outcome in zip(places, found, strict=True):
                outcomes[place] = outcome
            if any(one.status == "retry" for one in found):
                break
        return outcomes

    def value(self, record: Record, field: str) -> Standing:
        """Returns what a field holds now, empty when it is not known.

        Raises:
            SalesforceTrouble: it could not be asked.
        """
        target = self._fields.property(record.kind, field)
        if target is None:
            return Standing("")
        person = self._person(record.email)
        return Standing(target.ours(person.held.get(target.name, "")))

    def look(self, emails: Sequence[str]) -> list[Looked]:
        """Returns what Salesforce holds of the people with these addresses, in their order.

        Raises:
            SalesforceTrouble: it could not be asked.
        """
        looked: list[Looked] = []
        fields = self._fields.kinds["contact"]
        for email in emails:
            people = self._people(email)
            if not people:
                looked.append(Looked("gone"))
                continue
            values = {k: p.ours(people[0].held.get(p.name, "")) for k, p in fields.items()}
            stopped = any(one.held.get("HasOptedOutOfEmail") == "true" for one in people)
            looked.append(Looked("there", values, is_opted_out=stopped))
        return looked

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()

    def _one(self, request: Request) -> Outcome:
        if isinstance(request, OptOut):
            return self._stop(request)
        if isinstance(request, Write):
            return self._write(request)
        if isinstance(request, Membership):
            return Outcome("refused", "lists are written to HubSpot only; take them off there")
        return Outcome("kept", "cases are not written to Salesforce: it is kept here")

    def _stop(self, asked: OptOut) -> Outcome:
        """Every contact and lead with one of the addresses is opted out."""
        people = [person for email in asked.emails for person in self._people(email)]
        if not people:
            return Outcome("refused", "no contact or lead there has the address of this one")
        stopped = self._fields.allow("contact", {"opted_out": "yes"})
        for person in people:
            if person.held.get("HasOptedOutOfEmail") != "true":
                self._api.update(person.kind, person.record_id, stopped)
        return Outcome("pushed", vendor_id=people[0].record_id)

    def _write(self, write: Write) -> Outcome:
        allowed = self._fields.allow(write.record.kind, {write.field: write.value})
        target = self._fields.kinds[write.record.kind][write.field]
        person = self._person(write.record.email)
        held = target.ours(person.held.get(target.name, ""))
        if held.strip() == write.value.strip():
            return Outcome("pushed", vendor_id=person.record_id, stood=held)
        if held.strip() not in {value.strip() for value in write.over}:
            why = "somebody has changed it there since"
            return Outcome("conflict", why, person.record_id, found=held)
        self._api.update(person.kind, person.record_id, allowed)
        return Outcome("pushed", vendor_id=person.record_id, stood=held)

    def _log(self, activities: Sequence[Activity]) -> list[Outcome]:
        """Puts up to 25 activities there in one request; what stands there is not made again."""
        there = self._there(activities)
        outcomes: dict[str, Outcome] = {}
        records: dict[str, Upsert] = {}
        for one in activities:
            try:
                if one.activity_id in there:
                    outcomes[one.activity_id] = self._renew(one, there[one.activity_id])
                else:
                    who = self._person(one.email)
                    values = self._fields.takes(
                        one.kind, dict(one.values) | {"id": one.activity_id}
                    )
                    allowed = self._fields.allow(one.kind, values)
                    records[one.activity_id] = Upsert(_object(one), allowed, who.record_id)
            except SalesforceTrouble as trouble:
                if trouble.outcome.status != "refused":
                    raise
                outcomes[one.activity_id] = trouble.outcome
        if records:
            made = self._api.upsert([*records.values()], key=KEY)
            outcomes |= dict(zip(records, made, strict=True))
        return [outcomes[one.activity_id] for one in activities]

    def _there(self, activities: Sequence[Activity]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for kind, state in (("Task", "Status"), ("Event", "Parley_Outcome__c")):
            ids = [one.activity_id for one in activities if _object(one) == kind]
            if ids:
                listed = ", ".join(_quoted(one) for one in ids)
                soql = f"SELECT Id, {KEY}, {state} FROM {kind} WHERE {KEY} IN ({listed})"
                for row in self._api.query(soql):
                    found[str(row[KEY])] = {"Id": str(row["Id"]), "state": str(row[state] or "")}
        return found

    def _renew(self, one: Activity, there: dict[str, str]) -> Outcome:
        """Writes what may change, unless a person has set it."""
        target = self._fields.property(one.kind, one.state) if one.state else None
        if target is None:
            return Outcome("pushed", vendor_id=there["Id"])
        held, wanted = target.ours(there["state"]), dict(one.values)[one.state]
        if held == wanted:
            return Outcome("pushed", vendor_id=there["Id"])
        if held and held not in one.over:
            why = f"somebody has set its {one.state} there"
            return Outcome("conflict", why, there["Id"], found=held)
        changing = {k: v for k, v in one.values if k in (one.state, "starts", "ends")}
        values = self._fields.takes(one.kind, changing)
        self._api.update(_object(one), there["Id"], self._fields.allow(one.kind, values))
        return Outcome("pushed", vendor_id=there["Id"])

    def _person(self, email: str) -> _Person:
        people = self._people(email)
        if not people:
            why = "no contact or lead there has the address of this one"
            raise SalesforceTrouble(Outcome("refused", why))
        if sum(one.kind == people[0].kind for one in people) > 1:
            why = f"several {people[0].kind.lower()}s there have the address of this one"
            raise SalesforceTrouble(Outcome("refused", why))
        return people[0]

    def _people(self, email: str) -> list[_Person]:
        """Contacts first; a lead that was converted has become one."""
        if not email:
            return []
        names = sorted({p.name for p in self._fields.kinds["contact"].values()})
        found: list[_Person] = []
        for kind in _PEOPLE:
            more = " AND IsConverted = false" if kind == "Lead" else ""
            where = f"Email = {_quoted(email.strip().lower())}{more}"
            rows = self._api.query(f"SELECT Id, {', '.join(names)} FROM {kind} WHERE {where}")
            found += [
                _Person(kind, str(r["Id"]), {n: _text(r.get(n)) for n in names}) for r in rows
            ]
        return found


def _object(one: Activity) -> SObject:
    return "Event" if one.kind == "meeting" else "Task"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def _quoted(text: str) -> str:
    """A string of SOQL, in which nothing of ours ends it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
