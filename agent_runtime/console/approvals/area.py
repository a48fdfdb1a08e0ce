"""The pages of the approvals: the queue, and one item with its drafts side by side."""

from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from agent_runtime.approval_risk import RISKS, Risk, weigh
from agent_runtime.approvals_view import as_dict
from agent_runtime.console.approvals import acts, acts_batch
from agent_runtime.console.approvals.acts import DECIDERS, SNOOZES
from agent_runtime.console.approvals.acts_view import acts_of
from agent_runtime.console.approvals.queue import (
    ORDERS,
    PAGE,
    Asked,
    Line,
    Order,
    following,
    read_queue,
)
from agent_runtime.console.crm_links import crm_links
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, SignedIn, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles
from agent_runtime.console.table_file import MOST, table_file
from agent_runtime.console.threads.view import is_whole, marked
from agent_runtime.spreadsheet import Value
from agent_runtime.threads.showing import Showing

COMPARE = "approvals/acts_compare.html"
READERS = roles("rep", "reviewer", "revops")
LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pt": "Portuguese",
}

COLUMNS = (
    "approval_id",
    "person",
    "company",
    "risk",
    "reasons",
    "waits_since",
    "language",
    "playbook",
    "channel",
    "action",
    "options",
    "confidence",
    "why",
    "they_wrote",
)

_ORDERS: dict[str, Order] = {one: one for one in ORDERS}
_RISKS: dict[str, Risk] = {one: one for one in RISKS}

pages = Pages("/approvals", area="approvals")
api = Pages("/api/approvals", area="approvals")


@pages.get("", roles=READERS)
def _queue(
    request: Request,
    office: TheOffice,
    who: Who,
    order: str = "risk",
    risk: str = "",
    language: str = "",
    playbook: str = "",
    page: int = 1,
) -> Response:
    asked = _asked(order, risk, language, playbook, page)
    naming = "whole" if is_whole(who) else "redacted"
    queue = read_queue(office.store, asked, now=office.clock(), naming=naming)
    last = max(1, -(-queue.found // PAGE))
    is_part = request.headers.get("hx-target") == "queue"
    return render(
        request,
        "approvals/lines.html" if is_part else "approvals/queue.html",
        queue=queue,
        asked=asked,
        first=PAGE * (asked.page - 1) + 1,
        before=_address(asked, asked.page - 1) if asked.page > 1 else "",
        after=_address(asked, asked.page + 1) if asked.page < last else "",
        languages=LANGUAGES,
        may_pick=who.user.role in DECIDERS,
        is_whole=is_whole(who),
        marked=marked,
        file=_address(asked, 1, "/console/approvals/table.csv"),
    )


@pages.get("/table.csv", roles=READERS, audited=True, rate="60/minute")
def _table(
    request: Request,
    office: TheOffice,
    who: Who,
    order: str = "risk",
    risk: str = "",
    language: str = "",
    playbook: str = "",
) -> Response:
    asked = replace(_asked(order, risk, language, playbook, 1), size=MOST)
    naming = "whole" if is_whole(who) else "unnamed"
    lines = read_queue(office.store, asked, now=office.clock(), naming=naming).lines
    note(request, record="approvals:queue", detail=f"{len(lines)} items, {naming}")
    return table_file("parley-approvals", COLUMNS, map(_row, lines))


@pages.get("/{approval_id}", roles=READERS)
def _item(request: Request, office: TheOffice, who: Who, approval_id: str) -> Response:
    return _drafts("approvals/item.html", request, office, who, approval_id)


@pages.get("/{approval_id}/compare", roles=DECIDERS)
def _compare(request: Request, office: TheOffice, who: Who, approval_id: str) -> Response:
    return _drafts(COMPARE, request, office, who, approval_id)


def _drafts(
    page: str, request: Request, office: Office, who: SignedIn, approval_id: str
) -> Response:
    with office.store.begin() as tx:
        approval = tx.approval(approval_id)
        if approval is None:
            raise Missing(
                f"approval = {approval_id[:40]!r}: is unknown; the queue shows what waits."
            )
        contact, session = tx.contact_of(approval.person_id), tx.session_of(approval.person_id)
    may_act = who.user.role in DECIDERS and contact is not None and session is not None
    if page == COMPARE and not may_act:
        raise Missing(f"approval = {approval_id[:40]!r}: belongs to nobody in the store.")
    return render(
        request,
        page,
        acts=acts_of(office, approval, by=who.name) if may_act else None,
        is_open=approval.state == "OPEN",
        snoozes=SNOOZES,
        approval=approval,
        told=as_dict(office.store, approval, is_redacted=not is_whole(who)),
        showing=Showing(
            office.store.tenant_id,
            approval.thread_id,
            contact,
            {},
            is_redacted=not is_whole(who),
        ),
        marked=marked,
        crm_links=crm_links(office.settings, contact) if is_whole(who) else (),
        weight=weigh(approval),
        contact=contact,
        session=session,
        languages=LANGUAGES,
        following=following(office.store, approval_id, now=office.clock()),
    )


@api.get("", roles=READERS, scope="approvals:read")
def _list(
    office: TheOffice,
    order: str = "risk",
    risk: str = "",
    language: str = "",
    playbook: str = "",
    page: int = 1,
) -> dict[str, object]:
    asked = _asked(order, risk, language, playbook, page)
    queue = read_queue(office.store, asked, now=office.clock())
    return {"found": queue.found, "waiting": queue.waiting, "items": list(map(_plain, queue.lines))}


def _asked(order: str, risk: str, language: str, playbook: str, page: int) -> Asked:
    """What an address asks for; what it cannot mean counts as not asked."""
    return Asked(
        order=_ORDERS.get(order, "risk"),
        risk=_RISKS.get(risk, ""),
        language=language[:20],
        playbook=playbook[:120],
        page=min(max(page, 1), 10_000),
    )


def _address(asked: Asked, page: int, to: str = "/console/approvals") -> str:
    wanted = {"order": asked.order, "risk": asked.risk, "language": asked.language}
    wanted |= {"playbook": asked.playbook, "page": str(page) if page > 1 else ""}
    told = {name: value for name, value in wanted.items() if value and value != "risk"}
    return to + (f"?{urlencode(told)}" if told else "")


def _row(line: Line) -> tuple[Value, ...]:
    return (
        line.approval_id,
        line.person,
        line.company,
        line.weight.risk,
        "; ".join(line.weight.why),
        line.made_at,
        line.language,
        line.playbook,
        line.channel,
        line.action,
        line.options,
        line.confidence,
        line.why,
        line.heard,
    )


def _plain(line: Line) -> dict[str, object]:
    return {
        "approval_id": line.approval_id,
        "risk": line.weight.risk,
        "reasons": line.weight.why,
        "made_at": line.made_at.isoformat(),
        "language": line.language,
        "playbook": line.playbook,
        "channel": line.channel,
        "options": line.options,
        "action": line.action,
        "confidence": line.confidence,
        "why": line.why,
    }


AREA = Area(
    "approvals",
    (acts_batch.pages, acts.pages, pages, api),
    order=10,
    entries=(Entry("Approvals", "/console/approvals", "inbox", READERS, key="a"),),
)
