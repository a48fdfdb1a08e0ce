"""Puts contacts on static lists of HubSpot and takes them off, many in one request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent_runtime.crm_lists import OFF, ON
from agent_runtime.crm_port import Membership, Outcome
from agent_runtime.tools.allow_list import Allowed
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_find import Finder, refusal
from agent_runtime.tools.hubspot_layout import Layout
from agent_runtime.tools.hubspot_requests import ChangeMembers, FindList, ListsOf

_STATIC = ("MANUAL", "SNAPSHOT")
"""Kinds of lists that take members; a DYNAMIC one fills itself by its own filters.
https://developers.hubspot.com/docs/api-reference/legacy/crm/lists/guide, read 2026-11."""


@dataclass(frozen=True, slots=True)
class ListMover:
    """Moves contacts for one delivery."""

    api: HubSpotApi
    layout: Layout
    finder: Finder

    def move(self, moves: Sequence[Membership]) -> list[Outcome]:
        """Moves contacts of one list; one who is not to be moved keeps no other from it.

        Raises:
            NotAllowed: the list is not in `writable.yaml`; nothing was asked.
            HubSpotTrouble: there is no such static list, or it could not be asked.
        """
        name = moves[0].list_name
        allowed = _allowed(self.layout, name)
        list_id = self._static(allowed)
        self.finder.read_ahead(move.email for move in moves)
        found = [self._contact(move) for move in moves]
        ids = [one if isinstance(one, str) else "" for one in found]
        on = [n for n, move in zip(ids, moves, strict=True) if n and move.is_on]
        off = [n for n, move in zip(ids, moves, strict=True) if n and not move.is_on]
        said: dict[str, Any] = {}
        if on or off:
            # One contact with two of our people is moved once, and being on wins.
            off = [n for n in dict.fromkeys(off) if n not in on]
            asked = ChangeMembers(
                list_id=list_id, allowed=allowed, on=[*dict.fromkeys(on)], off=off
            )
            said = self.api.ask(asked)
        return [
            _outcome(one, move, said) if isinstance(one, str) else one
            for one, move in zip(found, moves, strict=True)
        ]

    def stands(self, email: str, name: str) -> str:
        """Returns whether a contact is on a list: `on` or `off`.

        Raises:
            NotAllowed: the list is not in `writable.yaml`.
            HubSpotTrouble: it could not be asked.
        """
        list_id = self._static(_allowed(self.layout, name))
        contact = self.finder.contact(email)
        lists = self.api.ask(ListsOf(contact_id=contact.vendor_id))["results"]
        return ON if list_id in {str(one["listId"]) for one in lists} else OFF

    def _contact(self, move: Membership) -> str | Outcome:
        try:
            contact = self.finder.contact(move.email)
            if move.is_on:
                self.finder.refuse_if_left_alone(contact)
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused":
                raise
            return trouble.outcome
        return contact.vendor_id

    def _static(self, allowed: Allowed) -> str:
        (name,) = allowed.properties
        answer = self.api.look_up(FindList(allowed=allowed))
        if answer is None:
            raise refusal(f"there is no list of contacts {name!r}; make a static one there")
        found = answer["list"]
        kind = str(found.get("processingType"))
        if kind not in _STATIC:
            raise refusal(f"list {name!r} is {kind} and fills itself; make a static one there")
        return str(found["listId"])


def _allowed(layout: Layout, name: str) -> Allowed:
    return layout.fields.allow("list", {name: ON})


def _outcome(vendor_id: str, move: Membership, said: dict[str, Any]) -> Outcome:
    if vendor_id in {str(one) for one in said.get("recordIdsMissing", ())}:
        return Outcome("refused", "HubSpot found no such contact to move", vendor_id)
    key = "recordsIdsAdded" if move.is_on else "recordIdsRemoved"
    is_moved = vendor_id in {str(one) for one in said.get(key, ())}
    stood = OFF if move.is_on is is_moved else ON
    return replace(Outcome("pushed", vendor_id=vendor_id), stood=stood)
