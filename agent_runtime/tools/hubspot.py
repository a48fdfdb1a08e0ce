"""HubSpot as the CRM, over its API v3 and v4, each call safe to repeat.

A ticket or an activity carries our id in a property whose values are unique there: it is looked
up by that before it is made, and the vendor refuses a second one. A field is read before it is
written.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from agent_runtime.crm_lists import list_of
from agent_runtime.crm_port import (
    Activity,
    Case,
    Looked,
    Membership,
    OptOut,
    Outcome,
    Record,
    Request,
    Standing,
    Write,
)
from agent_runtime.tools.allow_list import NotAllowed
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_fields import FieldWriter
from agent_runtime.tools.hubspot_find import FURTHER, OPTED_OUT, Finder
from agent_runtime.tools.hubspot_layout import Layout, hubspot_layout
from agent_runtime.tools.hubspot_lists import ListMover
from agent_runtime.tools.hubspot_requests import (
    AT_A_TIME,
    ReadMany,
    ReadOne,
    ReadOptOut,
    ReadOwner,
    UpdateOne,
    WriteOptOut,
)
from agent_runtime.tools.hubspot_tickets import put_ticket
from agent_runtime.tools.hubspot_timeline import Timeline
from agent_runtime.tools.owner_rules import OwnerRules

Kind = TypeVar("Kind", bound=Request)
_AWAY = Outcome("unasked", "HubSpot did not answer another request")


class HubSpotCrm:
    """The account of one token."""

    name = "hubspot"

    def __init__(
        self, api: HubSpotApi, layout: Layout | None = None, rules: OwnerRules | None = None
    ) -> None:
        self._api = api
        self._layout = layout or hubspot_layout()
        self._rules = rules or OwnerRules()

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Carries out requests, opt-outs first, then fields, tickets, lists, and the timeline.

        Once the vendor shows that it is away, the rest is left unasked.
        """
        finder = Finder(self._api, self._layout, self._rules)
        outcomes: list[Outcome] = [_AWAY] * len(requests)
        steps = (
            *self._each(requests, OptOut, lambda one: [self._stop(finder, one)]),
            *self._fields(requests, finder),
            *self._each(
                requests, Case, lambda one: [put_ticket(self._api, self._layout, finder, one)]
            ),
            *self._lists(requests, finder),
            *self._timeline(requests, finder),
        )
        for places, step in steps:
            try:
                found = step()
            except HubSpotTrouble as trouble:
                found = [trouble.outcome] * len(places)
            except NotAllowed as error:
                found = [Outcome("refused", str(error))] * len(places)
            for place, outcome in zip(places, found, strict=True):
                outcomes[place] = outcome
            if any(outcome.status in ("retry", "unasked") for outcome in found):
                break
        return outcomes

    def value(self, record: Record, field: str) -> Standing:
        """Returns what a field holds now, and who wrote it, empty when it is not known.

        Raises:
            HubSpotTrouble: it could not be asked.
        """
        finder = Finder(self._api, self._layout, self._rules)
        if name := list_of(field):
            return Standing(ListMover(self._api, self._layout, finder).stands(record.email, name))
        target = self._layout.properties(record.kind).get(field)
        if target is None:
            return Standing("")
        found = finder.find(record, [target.name], history=True)
        value = target.ours(found.properties[target.name])
        past = found.history.get(target.name, [])
        if not past:
            return Standing(value)
        newest = max(past, key=lambda one: str(one.get("timestamp", "")))
        at = datetime.fromisoformat(str(newest["timestamp"]).replace("Z", "+00:00"))
        return Standing(value, self._who(newest), at)

    def look(self, emails: Sequence[str]) -> list[Looked]:
        """Returns what HubSpot holds of the contacts with these addresses, in their order.

        Raises:
            HubSpotTrouble: it could not be asked.
        """
        place, properties = self._layout.records["contact"], self._layout.properties("contact")
        names = ["email", FURTHER, OPTED_OUT, *(p.name for p in properties.values())]
        seen: dict[str, Looked] = {}
        for first in range(0, len(emails), AT_A_TIME):
            keys = [email.strip().lower() for email in emails[first : first + AT_A_TIME]]
            request = ReadMany(place=place, keys=keys, by="email", properties=names)
            for result in self._api.ask(request)["results"]:
                email = str(result["properties"].get("email") or "").lower()
                seen[email] = self._looked(result)
            # A batch finds contacts by their first address only.
            for email in (key for key in keys if key not in seen):
                one = ReadOne(place=place, key=email, by="email", properties=names)
                answer = self._api.look_up(one)
                seen[email] = self._looked(answer) if answer else Looked("gone")
        return [seen[email.strip().lower()] for email in emails]

    def _looked(self, answer: dict[str, Any]) -> Looked:
        held = {k: str(v or "") for k, v in answer["properties"].items()}
        properties = self._layout.properties("contact")
        values = {k: p.ours(held.get(p.name, "")) for k, p in properties.items()}
        return Looked("there", values, is_opted_out=held.get(OPTED_OUT) == "true")

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()

    def _stop(self, finder: Finder, asked: OptOut) -> Outcome:
        """Every address of the contacts is unsubscribed, since a merge may have added some."""
        if not asked.emails:
            return Outcome("refused", "the person has no e-mail address, by which it is told there")
        found = [finder.contact_or_none(email, is_urgent=True) for email in asked.emails]
        contacts = {one.vendor_id: one for one in found if one is not None}
        further = [a for one in contacts.values() for a in _addresses(one.properties)]
        for address in sorted({*asked.emails, *further}):
            answer = self._api.look_up(ReadOptOut(email=address), is_urgent=True)
            results = (answer or {}).get("results", [])
            if not any(one.get("status") == "UNSUBSCRIBED" for one in results):
                self._api.ask(WriteOptOut(email=address), is_urgent=True)
        if not contacts:
            return Outcome("pushed", "no contact there has the address; it is unsubscribed")
        marks = [self._mark(vendor_id) for vendor_id in contacts]
        return Outcome("pushed", "; ".join(filter(None, marks)), next(iter(contacts)))

    def _mark(self, vendor_id: str) -> str:
        """Marks a contact as opted out; returns why not, where it was refused."""
        said = self._layout.fields.allow("contact", {"opted_out": "yes"})
        place = self._layout.records["contact"]
        try:
            asked = UpdateOne(place=place, vendor_id=vendor_id, allowed=said)
            self._api.ask(asked, is_urgent=True)
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused":
                raise
            return f"unsubscribed, but not marked on the contact ({trouble.outcome.reason})"
        return ""

    def _each(
        self,
        requests: Sequence[Request],
        kind: type[Kind],
        do: Callable[[Kind], list[Outcome]],
    ) -> Iterable[tuple[list[int], Callable[[], list[Outcome]]]]:
        for place, one in enumerate(requests):
            if isinstance(one, kind):
                yield [place], lambda one=one: do(one)

    def _fields(
        self, requests: Sequence[Request], finder: Finder
    ) -> Iterable[tuple[list[int], Callable[[], list[Outcome]]]]:
        by_record: dict[Record, list[tuple[int, Write]]] = {}
        for place, one in enumerate(requests):
            if isinstance(one, Write):
                by_record.setdefault(one.record, []).append((place, one))
        writer = FieldWriter(self._api, self._layout, finder)
        for group in by_record.values():
            writes = [write for _, write in group]
            yield [place for place, _ in group], lambda writes=writes: writer.write(writes)

    def _lists(
        self, requests: Sequence[Request], finder: Finder
    ) -> Iterable[tuple[list[int], Callable[[], list[Outcome]]]]:
        by_list: dict[str, list[tuple[int, Membership]]] = {}
        for place, one in enumerate(requests):
            if isinstance(one, Membership):
                by_list.setdefault(one.list_name, []).append((place, one))
        mover = ListMover(self._api, self._layout, finder)
        for group in by_list.values():
            moves = [move for _, move in group]
            yield [place for place, _ in group], lambda moves=moves: mover.move(moves)

    def _timeline(
        self, requests: Sequence[Request], finder: Finder
    ) -> Iterable[tuple[list[int], Callable[[], list[Outcome]]]]:
        by_kind: dict[str, list[tuple[int, Activity]]] = {}
        for place, one in enumerate(requests):
            if isinstance(one, Activity):
                by_kind.setdefault(one.kind, []).append((place, one))
        timeline = Timeline(self._api, self._layout, finder)
        for group in by_kind.values():
            for first in range(0, len(group), AT_A_TIME):
                part = group[first : first + AT_A_TIME]
                logged = [one for _, one in part]
                yield [place for place, _ in part], lambda logged=logged: timeline.log(logged)

    def _who(self, version: dict[str, object]) -> str:
        user = version.get("updatedByUserId")
        if user:
            answer = self._api.look_up(ReadOwner(owner_id=str(user), by="userId"))
            return str((answer or {}).get("email") or f"user {user}")
        return str(version.get("sourceLabel") or version.get("sourceType") or "")


def _addresses(held: dict[str, str]) -> list[str]:
    further = held.get(FURTHER, "").split(";")
    return [a.strip().lower() for a in (held.get("email", ""), *further) if a.strip()]
