"""What waits for a reviewer, as JSON and as a page of a terminal: the options side by side."""

from collections.abc import Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from agent_runtime.domain import Candidate, Verdict, Weighed
from agent_runtime.placeholders import TOKEN, stands_for
from agent_runtime.policies.approval import WAITS
from agent_runtime.store.rows import Approval, Draft
from agent_runtime.store.sql import SqlStore
from agent_runtime.threads.showing import Showing


def as_dict(store: SqlStore, approval: Approval, *, is_redacted: bool = False) -> dict[str, Any]:
    """Returns an approval with names filled in, as only its reviewers see it.

    Args:
        store: Where contact and originals are.
        approval: Which one.
        is_redacted: With placeholders in place of personal data, for who may not decide.
    """
    with store.begin() as tx:
        contact, originals = tx.contact_of(approval.person_id), tx.recall(approval.thread_id)
    showing = Showing(
        store.tenant_id, approval.thread_id, contact, originals, is_redacted=is_redacted
    )

    def full(text: str) -> str:
        return showing.text(text) if contact or is_redacted else text

    def said(candidate: Candidate) -> dict[str, Any]:
        proposal = candidate.proposal
        sentences = proposal.sentences if proposal else ()
        return {
            "action": candidate.action,
            "reason": candidate.reason,
            "score": candidate.score,
            "confidence": proposal.confidence if proposal else None,
            "merits": [
                {"name": m.name, "points": m.points, "most": m.most, "why": m.why}
                for m in candidate.merits
            ],
            "evidence": [
                {"sentence": full(sentence.text), "facts": list(sentence.facts)}
                for sentence in sentences
            ],
        }

    def option(number: int, draft: Draft) -> dict[str, Any]:
        return {
            "option": number,
            **said(draft.candidate),
            "to": showing.name if is_redacted else draft.message.to_email,
            "subject": full(draft.message.subject),
            "body": full(draft.message.body),
            "rules": _rules(draft.hits),
        }

    def stopped(one: Weighed) -> dict[str, Any]:
        proposal = one.candidate.proposal
        body = full(proposal.body) if proposal else ""
        return {
            **said(one.candidate),
            "body": body,
            "slips": list(one.candidate.slips),
            "rules": _rules([v for v in one.hits if v.rule != WAITS]),
        }

    return {
        "approval_id": approval.approval_id,
        "state": approval.state,
        "why": approval.why,
        "made_at": approval.made_at.isoformat(),
        "heard": full(approval.heard),
        "option": approval.option or None,
        "drafts": [option(number, draft) for number, draft in enumerate(approval.drafts, 1)],
        "stopped": [stopped(one) for one in approval.stopped],
    }


def print_options(told: dict[str, Any]) -> None:
    """Prints the options of `as_dict`: their figures side by side, then each as it would read."""
    options: Sequence[dict[str, Any]] = told["drafts"]
    Console().print(_side_by_side(options))
    for option in options:
        typer.echo(f"\nOption {option['option']}: {option['action']}, because {option['reason']}")
        typer.echo(
            f"To: {option['to']}\nSubject: {option['subject']}\n{indented(_said(option['body']))}"
        )
        for merit in option["merits"]:
            typer.echo(f"    {merit['name']:<11}{merit['points']:.2f}  {merit['why']}")
    for one in told["stopped"]:
        typer.echo(f"\nStopped: {one['reason']}\n{indented(one['body'])}")
        for rule in one["rules"]:
            typer.echo(f"    {rule['rule']}: {rule['reason']}")


def _said(text: str) -> str:
    return TOKEN.sub(lambda match: f"[{stands_for(match[0])}]", text)


def indented(text: str) -> str:
    """Returns a text moved to the right."""
    return "\n".join(f"  {line}" for line in text.splitlines())


def _side_by_side(options: Sequence[dict[str, Any]]) -> Table:
    table = Table(show_header=True, header_style="bold", pad_edge=False, box=None)
    table.add_column("")
    for option in options:
        table.add_column(f"Option {option['option']}")
    table.add_row("does", *(option["action"] for option in options))
    table.add_row("written", *(_written_by(option) for option in options))
    names = dict.fromkeys(merit["name"] for option in options for merit in option["merits"])
    if names:
        table.add_row("score", *(_score(option["merits"]) for option in options))
    for name in names:
        table.add_row(f"  {name}", *(_points(option["merits"], name) for option in options))
    table.add_row("stands on", *(_facts(option["evidence"]) for option in options))
    table.add_row("rules", *(_said_of(option["rules"]) for option in options))
    return table


def _written_by(option: dict[str, Any]) -> str:
    return "by the language model" if option["merits"] else "from approved texts"


def _score(merits: Sequence[dict[str, Any]]) -> str:
    return f"{sum(merit['points'] for merit in merits):.2f} of 1" if merits else "-"


def _points(merits: Sequence[dict[str, Any]], name: str) -> str:
    found = next((merit for merit in merits if merit["name"] == name), None)
    return f"{found['points']:.2f} of {found['most']:.2f}" if found else "-"


def _facts(evidence: Sequence[dict[str, Any]]) -> str:
    return "\n".join(dict.fromkeys(fact for one in evidence for fact in one["facts"])) or "nothing"


def _said_of(rules: Sequence[dict[str, Any]]) -> str:
    waits = "; ".join(f"{rule['rule']}: {rule['reason']}" for rule in rules)
    return waits or "all allow"


def _rules(hits: Sequence[Verdict]) -> list[dict[str, str]]:
    return [{"rule": v.rule, "decision": v.decision, "reason": v.reason} for v in hits]
