"""Approved texts with who stands for them and until when, and how one is ended early."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.steering import changing
from agent_runtime.console.steering.who import STEERS, may_steer
from agent_runtime.library.content import Content
from agent_runtime.policies.dials import DIALS, set_in
from agent_runtime.steering import changes
from agent_runtime.steering.subjects import SteeringError

READS = roles("rep", "reviewer", "revops", "leader")
ENDS = next(dial for dial in DIALS if dial.kind == "ends")
SOON = timedelta(days=60)

pages = Pages("/steering/content", area="steering")


@pages.get("", roles=READS)
def _content(
    request: Request, office: TheOffice, who: Who, only: str = "", words: str = ""
) -> Response:
    today = office.clock().date()
    with office.store.begin() as tx:
        ends: dict[str, date] = {
            name: date.fromisoformat(end) for name, end in set_in(tx.flags(), ENDS).items()
        }
    by_id: dict[str, list[Content]] = {}
    for text in office.library.contents.values():
        by_id.setdefault(text.id, []).append(text)
    rows = []
    for name, texts in by_id.items():
        first = next((one for one in texts if one.locale == "en"), texts[0])
        expires = min(one.expires_at for one in texts)
        end = min(expires, ends.get(name, expires))
        state = "ended" if end <= today else "soon" if end - today <= SOON else "live"
        rows.append(
            {
                "id": name,
                "text": first,
                "locales": sorted(one.locale for one in texts),
                "expires": expires,
                "end": end,
                "is_early": end < expires,
                "state": state,
            }
        )
    said = words.strip().casefold()
    shown = [
        row
        for row in sorted(rows, key=lambda row: (row["end"], row["id"]))
        if only in ("", row["state"])
        and (not said or said in f"{row['id']} {row['text'].claim} {row['text'].body}".casefold())
    ]
    return render(
        request,
        "steering/content.html",
        rows=shown,
        counts={one: sum(row["state"] == one for row in rows) for one in ("live", "soon", "ended")},
        total=len(rows),
        only=only,
        words=words,
        may_steer=may_steer(who),
        today=today,
    )


@pages.get("/{content_id}/end", roles=STEERS)
def _ending(request: Request, office: TheOffice, content_id: str) -> Response:
    texts = [one for one in office.library.contents.values() if one.id == content_id]
    if not texts:
        raise SteeringError(f"text {content_id[:80]!r}: is unknown; the list shows all.")
    return render(
        request,
        "steering/ending.html",
        texts=sorted(texts, key=lambda one: (one.locale != "en", one.locale)),
        content_id=content_id,
        today=office.clock().date(),
    )


@pages.post("/{content_id}/end", roles=STEERS)
def _end(
    request: Request,
    office: TheOffice,
    who: Who,
    content_id: str,
    day: Annotated[date, Form()],
    why: Annotated[str, Form()] = "",
) -> Response:
    """Proposes it: in force it is when it was tried, as every change."""
    if not any(one.id == content_id for one in office.library.contents.values()):
        raise SteeringError(f"text {content_id[:80]!r}: is unknown; the list shows all.")
    with office.store.begin() as tx:
        ends = {**set_in(tx.flags(), ENDS), content_id: day.isoformat()}
        made = changes.propose(
            tx, office.library, ENDS.subject, ends, by=who.name, why=why, at=office.wall_clock()
        )
    note(request, record=f"change:{made.change_id}", detail=f"text {content_id}")
    said = "Proposed; nothing has changed yet. Try it on past turns next."
    return back(request, f"{changing.HOME}/{made.change_id}", said=said)
