"""Writes fields of one record of HubSpot together, none over what a person has written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_runtime.crm_port import Outcome, RecordKind, Write
from agent_runtime.tools.allow_list import NotAllowed, Property
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_find import Finder
from agent_runtime.tools.hubspot_layout import Layout
from agent_runtime.tools.hubspot_requests import UpdateOne


@dataclass(frozen=True, slots=True)
class FieldWriter:
    """Writes for one delivery."""

    api: HubSpotApi
    layout: Layout
    finder: Finder

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Writes fields of one record, each once; off the list nothing is asked.

        Raises:
            HubSpotTrouble: the record is not to be written, or could not be asked.
        """
        record = writes[0].record
        outcomes: dict[str, Outcome] = {}
        targets: dict[str, Property] = {}
        for write in writes:
            try:
                self.layout.fields.allow(record.kind, {write.field: write.value})
                targets[write.field] = self.layout.properties(record.kind)[write.field]
            except NotAllowed as error:
                outcomes[write.field] = Outcome("refused", str(error))
        if targets:
            there = self.finder.find(record, [target.name for target in targets.values()])
            self.finder.refuse_if_left_alone(there)
            held = {name: t.ours(there.properties[t.name]) for name, t in targets.items()}
            judged = {
                w.field: _judge(w, held[w.field], targets[w.field])
                for w in writes
                if w.field in targets
            }
            done = Outcome("pushed", vendor_id=there.vendor_id)
            outcomes |= {name: o for name, o in judged.items() if o is not None}
            values = {w.field: w.value for w in writes if judged.get(w.field, done) is None}
            for name, outcome in self._send(record.kind, there.vendor_id, values).items():
                stood = held[name] if outcome.status == "pushed" else ""
                outcomes[name] = _with(outcome, there.vendor_id, stood)
        return [
            _with(outcomes[w.field], outcomes[w.field].vendor_id, outcomes[w.field].stood)
            for w in writes
        ]

    def _send(self, kind: RecordKind, vendor_id: str, values: dict[str, str]) -> dict[str, Outcome]:
        """One request; where it is refused, one for each field, so that one holds up no other."""
        if not values:
            return {}
        place = self.layout.records[kind]
        request = UpdateOne(
            place=place, vendor_id=vendor_id, allowed=self.layout.fields.allow(kind, values)
        )
        try:
            self.api.ask(request)
            return dict.fromkeys(values, Outcome("pushed"))
        except HubSpotTrouble as trouble:
            if trouble.outcome.status != "refused" or len(values) == 1:
                return dict.fromkeys(values, trouble.outcome)
        return {
            name: outcome
            for one, value in values.items()
            for name, outcome in self._send(kind, vendor_id, {one: value}).items()
        }


def _judge(write: Write, held: str, target: Property) -> Outcome | None:
    """Returns what there is to say without writing, or None where it is to be written."""
    if _same(held, [write.value]):
        return Outcome("pushed", stood=held)
    steps = target.moves_from.get(write.value)
    if steps is not None and not _same(held, [*steps, *write.over]):
        why = f"it stands at {held!r} there, from where it is not moved to {write.value!r}"
        return Outcome("kept", why, found=held)
    if steps is None and not _same(held, write.over):
        return Outcome("conflict", "somebody has changed it there since", found=held)
    return None


def _same(value: str, others: Iterable[str]) -> bool:
    """The vendor trims what it stores."""
    return value.strip() in {other.strip() for other in others}


def _with(outcome: Outcome, vendor_id: str, stood: str) -> Outcome:
    return Outcome(
        outcome.status, outcome.reason, vendor_id, outcome.found, stood, outcome.retry_after_s
    )
