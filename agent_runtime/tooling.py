"""The tools of one turn: what it wants done, what the rules say of it, and the doing."""

from dataclasses import dataclass, field

from agent_runtime import log
from agent_runtime.domain import Action, Contact, ToolCall
from agent_runtime.library.playbook import Playbook
from agent_runtime.policies.arms import HOLDOUT, why_held
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.tool_facts import ToolFacts, ToolRule
from agent_runtime.policies.tool_permit import TOOL_RULES, authorise_call
from agent_runtime.ports import Tx
from agent_runtime.store.rows import Inbound
from agent_runtime.tools.hands import Cause, Hands
from agent_runtime.tools.writable import writable

_DEAL_FACTS = ("opportunity_id", "deal_id")


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Judges every call and carries out what is allowed, in the transaction of the turn."""

    hands: Hands = field(default_factory=Hands)
    rules: tuple[ToolRule, ...] = TOOL_RULES

    def use(
        self,
        tx: Tx,
        journal: log.Journal,
        cause: Cause,
        action: Action,
        calls: tuple[ToolCall, ...],
        facts: ToolFacts,
    ) -> None:
        """Traces the judgement of each call and carries out what is allowed.

        The calls of a draft that was stopped, or that waits for a person, are judged and traced:
        they were attempted, and nothing of them is done.
        """
        stopped = [call for candidate, _ in action.refused for call in candidate.calls]
        for number, call in enumerate((*calls, *stopped)):
            judgement = authorise_call(call, facts, rules=self.rules)
            key = (cause.message_key, "call", number)
            journal.write("policy", *key, payload=log.call(judgement, by_id=str(number)))
            is_wanted = number < len(calls) and action.decision == "allow"
            if judgement.permit is not None and is_wanted:
                made = self.hands.do(tx, judgement.permit, cause)
                if made:
                    journal.write("crm_write", *key, payload=log.written(call, made))


def calls_of(
    action: Action, contact: Contact, playbook: Playbook, inbound: Inbound
) -> tuple[ToolCall, ...]:
    """Returns what a turn wants done: the playbook's own records and tickets, a model's wishes."""
    candidate = action.candidate
    wanted = [
        ToolCall("crm.update", _record_of(contact), ((name, value),), candidate.reason)
        for name, value in candidate.records
    ]
    if candidate.route_to == "support" and "tickets" in playbook.tools:
        values = {
            "subject": candidate.reason,
            "text": inbound.text[:4000],
            "blocker": dict(candidate.records).get("blocker", ""),
            "priority": "fast" if candidate.priority == "fast" else "usual",
        }
        given = tuple((name, value) for name, value in values.items() if value)
        wanted.append(
            ToolCall("tickets.open", f"contact:{contact.contact_id}", given, candidate.reason)
        )
    return (*wanted, *candidate.calls)


def tool_facts(facts: Facts, contact: Contact, playbook: Playbook) -> ToolFacts:
    """Returns what the rules of tools may know, out of the facts of the turn."""
    own = [f"contact:{contact.contact_id}"]
    own += [f"account:{contact.account_id}"] if contact.account_id else []
    own += [f"deal:{deal}" for deal in deals_of(contact)]
    return ToolFacts(
        writable=writable(),
        tools=tuple(playbook.tools),
        own_records=tuple(own),
        arms=(HOLDOUT,)
        if why_held(facts.arms, facts.controls)
        else tuple(arm for _, arm in facts.arms),
        paused=facts.paused,
    )


def deals_of(contact: Contact) -> tuple[str, ...]:
    """Returns the ids of a contact's deals, as far as the CRM has said which they are."""
    return tuple(deal for name in _DEAL_FACTS if (deal := contact.fact(name)))


def _record_of(contact: Contact) -> str:
    """The deal, where the CRM says which one; else the contact."""
    deal = next(iter(deals_of(contact)), "")
    return f"deal:{deal}" if deal else f"contact:{contact.contact_id}"
