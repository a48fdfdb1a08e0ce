"""Opens a ticket in HubSpot once, and closes it while it is still where we put it."""

from agent_runtime.crm_port import Case, Outcome
from agent_runtime.tools.hubspot_api import HubSpotApi, HubSpotTrouble
from agent_runtime.tools.hubspot_find import Finder, Found, found_in
from agent_runtime.tools.hubspot_layout import Layout
from agent_runtime.tools.hubspot_requests import CreateTicket, ReadOne, UpdateOne


def put_ticket(api: HubSpotApi, layout: Layout, finder: Finder, case: Case) -> Outcome:
    """Opens a ticket once; closes it while it is still in the stage that we put it into.

    Raises:
        HubSpotTrouble: it was refused, or nothing is known of it.
    """
    stages = layout.ticket_stages
    there = _by_our_id(api, layout, case) or _open(api, layout, finder, case)
    stage = there.properties["hs_pipeline_stage"]
    if not case.is_solved or stage == stages.solved:
        return Outcome("pushed", vendor_id=there.vendor_id)
    if stage != stages.opened:
        why = "somebody works on it there, in another stage: close it there"
        return Outcome("conflict", why, there.vendor_id, found=stage)
    solved = layout.fields.allow("ticket", {"stage": stages.solved})
    place = layout.records["ticket"]
    api.ask(UpdateOne(place=place, vendor_id=there.vendor_id, allowed=solved))
    return Outcome("pushed", vendor_id=there.vendor_id)


def _open(api: HubSpotApi, layout: Layout, finder: Finder, case: Case) -> Found:
    stages, place = layout.ticket_stages, layout.records["ticket"]
    # A case of somebody unknown is still a case.
    contact = finder.contact_or_none(case.email)
    values = {
        "id": case.ticket_id,
        "pipeline": stages.pipeline,
        "stage": stages.solved if case.is_solved else stages.opened,
        **layout.fields.takes("ticket", dict(case.values)),
    }
    request = CreateTicket(
        place=place,
        allowed=layout.fields.allow("ticket", values),
        contact_id=contact.vendor_id if contact else "",
        association=layout.associations["ticket"],
    )
    try:
        return found_in(api.ask(request), ["hs_pipeline_stage"])
    except HubSpotTrouble as trouble:
        if trouble.outcome.status != "refused":
            raise
        # Perhaps refused as a repeat: another worker made it between our two questions.
        there = _by_our_id(api, layout, case)
        if there is None:
            raise
        return there


def _by_our_id(api: HubSpotApi, layout: Layout, case: Case) -> Found | None:
    place = layout.records["ticket"]
    names = [place.our_id, "hs_pipeline_stage"]
    request = ReadOne(place=place, key=case.ticket_id, by=place.our_id, properties=names)
    answer = api.look_up(request)
    return None if answer is None else found_in(answer, ["hs_pipeline_stage"])
