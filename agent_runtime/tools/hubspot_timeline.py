"""Puts activities of one kind on the timelines of HubSpot: each once, in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from agent_runtime.crm_port import Activity, Outcome
from agent_runtime.tools.allow_list import Allowed
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_find import Finder, Found
from agent_runtime.tools.hubspot_layout import Layout, Place
from agent_runtime.tools.hubspot_requests import LinkMany, ReadMany, UpdateOne, UpsertMany

TEXT_LENGTH = 10_000
"""Characters of a text: five times as many as HTML at the most, of the 65,536 that a body may
have. https://developers.hubspot.com/docs/api/crm/notes, read 2026-11."""
_PLAIN = frozenset({"email"})
"""Kinds whose text is text; of the others it is HTML."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Writes for one delivery."""

    api: HubSpotApi
    layout: Layout
    finder: Finder

    def log(self, activities: Sequence[Activity]) -> list[Outcome]:
        """Puts activities of one kind on timelines; whom the CRM does not know has none.

        What stands there already is not written again, but for the one field that may change.

        Raises:
            HubSpotTrouble: nothing is known of what was done.
        """
        outcomes: dict[str, Outcome] = {}
        contacts: dict[str, Found] = {}
        self.finder.read_ahead(one.email for one in activities)
        for one in activities:
            try:
                contact = self.finder.contact(one.email)
                if not one.is_wish:
                    self.finder.refuse_if_left_alone(contact)
                contacts[one.activity_id] = contact
            except HubSpotTrouble as trouble:
                if trouble.outcome.status != "refused":
                    raise
                outcomes[one.activity_id] = trouble.outcome
        place = self.layout.records[activities[0].kind]
        known = [one for one in activities if one.activity_id in contacts]
        there = self._there(place, known)
        new = [one for one in known if one.activity_id not in there]
        made, refused = self._make(place, new)
        outcomes |= refused
        held = there | made
        pairs = {
            one.activity_id: (str(held[one.activity_id]["id"]), contacts[one.activity_id].vendor_id)
            for one in known
            if one.activity_id in held
        }
        outcomes |= self._link(place, pairs)
        for one in known:
            if one.activity_id in there and outcomes[one.activity_id].status == "pushed":
                outcomes[one.activity_id] = self._renew(place, one, there[one.activity_id])
        return [outcomes[one.activity_id] for one in activities]

    def _there(self, place: Place, known: Sequence[Activity]) -> dict[str, dict[str, Any]]:
        if not known:
            return {}
        state = self.layout.fields.property(known[0].kind, known[0].state or "id")
        names = [place.our_id, *([state.name] if state else [])]
        keys = [one.activity_id for one in known]
        answer = self.api.ask(
            ReadMany(place=place, keys=keys, by=place.our_id, properties=list(dict.fromkeys(names)))
        )
        return _by_our_id(place, answer)

    def _make(
        self, place: Place, new: Sequence[Activity]
    ) -> tuple[dict[str, dict[str, Any]], dict[str, Outcome]]:
        """One request for all; what it did not make is asked again item by item."""
        if not new:
            return {}, {}
        made: dict[str, dict[str, Any]] = {}
        why = Outcome("refused", "HubSpot made nothing of it and did not say why")
        try:
            allowed = [self._allowed(one) for one in new]
            answer = self.api.ask(UpsertMany(place=place, allowed=allowed))
            made = _by_our_id(place, answer)
            why = Outcome("refused", _why(answer) or why.reason)
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused":
                raise
            why = trouble.outcome
        missing = [one for one in new if one.activity_id not in made]
        if len(new) == 1:
            return made, {one.activity_id: why for one in missing}
        refused: dict[str, Outcome] = {}
        for one in missing:
            more, not_made = self._make(place, [one])
            made |= more
            refused |= not_made
        return made, refused

    def _link(self, place: Place, pairs: dict[str, tuple[str, str]]) -> dict[str, Outcome]:
        if not pairs:
            return {}
        try:
            answer = self.api.ask(LinkMany(place=place, pairs=list(pairs.values())))
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused" or len(pairs) == 1:
                return dict.fromkeys(pairs, trouble.outcome)
            answer = {}
        linked = {
            (str(one["from"]["id"]), str(one["to"]["id"])) for one in answer.get("results", [])
        }
        done = {key: pair for key, pair in pairs.items() if pair in linked}
        outcomes = {key: Outcome("pushed", vendor_id=pair[0]) for key, pair in done.items()}
        missing = {key: pair for key, pair in pairs.items() if key not in done}
        if missing and len(pairs) == 1:
            why = _why(answer) or "HubSpot did not link it with its contact"
            return dict.fromkeys(missing, Outcome("retry", why))
        for key, pair in missing.items():
            outcomes |= self._link(place, {key: pair})
        return outcomes

    def _renew(self, place: Place, one: Activity, there: dict[str, Any]) -> Outcome:
        """Writes what may change, unless a person has set it."""
        vendor_id = str(there["id"])
        target = self.layout.fields.property(one.kind, one.state) if one.state else None
        if target is None:
            return Outcome("pushed", vendor_id=vendor_id)
        wanted = dict(one.values)[one.state]
        holds = target.ours(str((there.get("properties") or {}).get(target.name) or ""))
        if holds == wanted:
            return Outcome("pushed", vendor_id=vendor_id)
        if holds and holds not in one.over:
            why = f"somebody has set its {one.state} there"
            return Outcome("conflict", why, vendor_id, found=holds)
        changing = {k: v for k, v in one.values if k in (one.state, "at", "starts", "ends")}
        values = self.layout.fields.takes(one.kind, changing)
        allowed = self.layout.fields.allow(one.kind, values)
        try:
            self.api.ask(UpdateOne(place=place, vendor_id=vendor_id, allowed=allowed))
        except HubSpotTrouble as trouble:
            return trouble.outcome
        return Outcome("pushed", vendor_id=vendor_id)

    def _allowed(self, one: Activity) -> Allowed:
        values = dict(one.values) | {"id": one.activity_id}
        if "text" in values:
            text = values["text"][:TEXT_LENGTH]
            values["text"] = text if one.kind in _PLAIN else _html(text)
        return self.layout.fields.allow(one.kind, self.layout.fields.takes(one.kind, values))


def _by_our_id(place: Place, answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    results = answer.get("results", [])
    return {str(one["properties"][place.our_id]): one for one in results}


def _why(answer: dict[str, Any]) -> str:
    return "; ".join(str(one.get("message", "")) for one in answer.get("errors") or [])[:300]


def _html(text: str) -> str:
    """What people wrote is text in it."""
    return escape(text, quote=False).replace("\n", "<br>")
