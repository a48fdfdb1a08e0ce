"""The first page of steering: what is paused, and each campaign with its figures."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.campaign_stage import bounds_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.steering.who import (
    STEERS,
    STOPS,
    campaign_names,
    may_steer,
    may_stop,
)
from agent_runtime.steering.pausing import pause, pause_log, pauses_up, resume
from agent_runtime.steering.subjects import autonomy_subject
from agent_runtime.store.campaign_counts import CampaignCounts, counts_by_campaign

HOME = "/console/steering"
UNSAID = "Paused from the console; no reason was given"
NONE = CampaignCounts(0, 0, 0, 0, 0)
HISTORY = 12

pages = Pages("/steering", area="steering")


@pages.get("", roles=EVERYBODY)
def _overview(request: Request, office: TheOffice, who: Who) -> Response:
    names = campaign_names(office)
    with office.store.begin() as tx:
        counts = counts_by_campaign(tx.connection, office.store.tenant_id)
        up, log, flags = pauses_up(tx), pause_log(tx)[:HISTORY], tx.flags()
        bounds = {name: bounds_of(tx, name) for name in {*names, *counts}}
    by_campaign = {one.campaign: one for one in up}
    campaigns = [
        {
            "name": name,
            "counts": counts.get(name, NONE),
            "pause": by_campaign.get(name),
            "bounds": bounds[name],
            "levels": _levels(office, name, flags),
        }
        for name in sorted({*names, *counts})
    ]
    return render(
        request,
        "steering/overview.html",
        campaigns=campaigns,
        everything=by_campaign.get(""),
        log=log,
        may_steer=may_steer(who),
        may_stop=may_stop(who),
    )


@pages.post("/pause", roles=STOPS)
def _pause_all(
    request: Request, office: TheOffice, who: Who, why: Annotated[str, Form()] = ""
) -> Response:
    with office.store.begin() as tx:
        pause(
            tx, why=why.strip() or UNSAID, by=who.name, at=office.wall_clock(), nothing_leaves=True
        )
    note(request, record="runtime:all")
    said = "Everything is paused. Nothing leaves until somebody resumes it."
    return back(request, HOME, said=said)


@pages.post("/resume", roles=STEERS)
def _resume_all(
    request: Request, office: TheOffice, who: Who, why: Annotated[str, Form()] = ""
) -> Response:
    with office.store.begin() as tx:
        was = resume(tx, why=why, by=who.name, at=office.wall_clock())
    note(request, record="runtime:all")
    said = "The agent goes on." if was else "Nothing was paused."
    return back(request, HOME, said=said)


@pages.post("/campaigns/{campaign}/pause", roles=STOPS)
def _pause_campaign(
    request: Request,
    office: TheOffice,
    who: Who,
    campaign: str,
    why: Annotated[str, Form()] = "",
) -> Response:
    _known(office, campaign)
    with office.store.begin() as tx:
        pause(
            tx,
            campaign=campaign,
            why=why.strip() or UNSAID,
            by=who.name,
            at=office.wall_clock(),
        )
    note(request, record=f"campaign:{campaign}")
    return back(request, HOME, said=f"{campaign} is paused.")


@pages.post("/campaigns/{campaign}/resume", roles=STEERS)
def _resume_campaign(
    request: Request,
    office: TheOffice,
    who: Who,
    campaign: str,
    why: Annotated[str, Form()] = "",
) -> Response:
    _known(office, campaign)
    with office.store.begin() as tx:
        resume(tx, campaign=campaign, why=why, by=who.name, at=office.wall_clock())
    note(request, record=f"campaign:{campaign}")
    return back(request, HOME, said=f"{campaign} goes on.")


def _known(office: Office, campaign: str) -> None:
    if campaign not in campaign_names(office):
        raise Missing(f"campaign {campaign[:60]!r}: has no touches here; the list shows all.")


def _levels(office: Office, campaign: str, flags: dict[str, str]) -> dict[str, str]:
    """Levels of autonomy that people have set for a campaign, by playbook."""
    return {
        playbook: flags[subject]
        for playbook in office.library.playbooks
        if (subject := autonomy_subject(playbook, campaign)) in flags
    }
