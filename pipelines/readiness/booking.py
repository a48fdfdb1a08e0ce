"""Items about meetings: their rules, and the calendar that they land in."""

from agent_runtime.errors import ParleyError
from agent_runtime.meetings.template import load_meetings, template_of, territory_of
from agent_runtime.policies.facts import Limits
from agent_runtime.policies.ruleset import rule_set
from pipelines.readiness.checklist import Detail, Found, Rule, found_by
from pipelines.readiness.world import World


def meetings(world: World, rule: Rule) -> Found:
    """The playbook's meeting, and whether somebody meets each of those who may be written to."""
    playbook = world.library.playbook(world.campaign.playbook)
    try:
        template = template_of(playbook.meeting)
    except ParleyError as error:
        return found_by(is_ready=False, figure=str(error))
    owners = set(world.tables["owners"].get_column("owner_id"))
    pool = load_meetings()[1][template.pool]
    members = [member for member in pool.members if member.owner_id in owners]
    people = world.scope if world.eligible.is_empty() else world.eligible
    unmet = [
        (country or "no country", language or "no language")
        for owner, country, language in people.select("owner", "country", "language").iter_rows()
        if not (owner and pool.account_owner_first)
        and not any(m.serves(territory_of(country or ""), language or "") for m in members)
    ]
    agenda = world.library.live(playbook.wording(template.agenda), language="en", now=world.now)
    limits = Limits.under(rule_set())
    length = f"{template.title}: {template.minutes} minutes"
    room = f"{template.buffer_before} and {template.buffer_after} minutes free around it"
    strangers = len(pool.members) - len(members)
    details = [
        Detail("length", f"{length}, {room}"),
        Detail("agenda", template.agenda if agenda else "not live", is_gap=agenda is None),
        Detail("hours of mail, local", f"{limits.first_hour} to {limits.last_hour}, workdays"),
        Detail("people of the pool who are owners in the CRM", f"{len(members)}"),
    ]
    if strangers:
        details.append(Detail("in the pool and unknown to the CRM", f"{strangers}", is_gap=True))
    for country, language in sorted(set(unmet))[:5]:
        details.append(Detail("nobody meets", f"{country}, {language}", is_gap=True))
    met = people.height - len(unmet)
    return found_by(
        bool(people.height) and not unmet and agenda is not None,
        f"{met:,} of {people.height:,} people would be met by somebody",
        tuple(details),
    )


def calendar(world: World, rule: Rule) -> Found:
    """Where meetings are booked."""
    settings = world.settings
    if settings.caldav_url:
        return found_by(is_ready=True, figure=f"CalDAV at {settings.caldav_url}")
    if settings.google_token.get_secret_value():
        return found_by(is_ready=True, figure="A Google calendar")
    if settings.paths.calendar.is_dir():
        return found_by(is_ready=True, figure="The sandbox's own calendar server")
    return found_by(is_ready=False, figure="Neither a CalDAV server nor a Google account is set")
