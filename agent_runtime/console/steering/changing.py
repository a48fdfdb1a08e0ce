"""Changes of autonomy, caps, hours and banned claims: proposed, tried, put in force, undone."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.autonomy import autonomy_of
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import roles
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.steering.forms import UNSET, text_of, value_from
from agent_runtime.console.steering.who import STEERS, campaign_names, may_steer
from agent_runtime.policies.dials import DIALS, dial_of
from agent_runtime.policies.ruleset import flag_of, profile_of, rule_set
from agent_runtime.replaying.versions import Versions
from agent_runtime.steering import changes
from agent_runtime.steering.changes import Change
from agent_runtime.steering.effect import Effect, effect_of
from agent_runtime.steering.subjects import (
    autonomy_subject,
    check_subject,
    is_profile,
    names_of,
    title_of,
    value_in,
)
from agent_runtime.store.reading import turns_of

READS = roles("revops", "reviewer", "leader")
HOME = "/console/steering/changes"
TURNS = 200
"""Past turns that a change is tried on: the latest."""
SHOWN = 60

pages = Pages("/steering/changes", area="steering")


@pages.get("", roles=READS)
def _changes(request: Request, office: TheOffice, who: Who) -> Response:
    with office.store.begin() as tx:
        flags, found = tx.flags(), changes.all_changes(tx)
    campaigns = campaign_names(office)
    levels = [
        {
            "playbook": one.id,
            "subject": autonomy_subject(one.id),
            "default": one.autonomy,
            "level": autonomy_of(flags, one, ""),
            "campaigns": [
                (name, autonomy_subject(one.id, name), flags.get(autonomy_subject(one.id, name)))
                for name in campaigns
            ],
        }
        for one in office.library.playbooks.values()
    ]
    return render(
        request,
        "steering/changes.html",
        levels=levels,
        dials=[(dial, value_in(flags, dial.subject)) for dial in DIALS if dial.kind != "ends"],
        found=found[:SHOWN],
        waiting=[one for one in found if one.state == "PROPOSED"],
        rules=rule_set(),
        profile=profile_of(flags, "").profile,
        own_profiles=[
            (one, flags[own]) for one in office.library.playbooks if (own := flag_of(one)) in flags
        ],
        title_of=title_of,
        text_of=text_of,
        may_steer=may_steer(who),
    )


@pages.get("/propose", roles=STEERS)
def _form(request: Request, office: TheOffice, subject: str = "") -> Response:
    with office.store.begin() as tx:
        flags = tx.flags()
    dial = dial_of(subject)
    check_subject(subject, office.library)
    value = value_in(flags, subject)
    return render(
        request,
        "steering/propose.html",
        subject=subject,
        title=title_of(subject),
        dial=dial,
        rule=rule_set().rules[dial.rule] if dial else None,
        value=text_of(subject, value),
        choice="Profile" if is_profile(subject) else "Level",
        levels=[(UNSET, "as where nothing is set"), *((one, one) for one in names_of(subject))],
        turns=TURNS,
    )


@pages.post("/propose", roles=STEERS)
def _propose(
    request: Request,
    office: TheOffice,
    who: Who,
    subject: Annotated[str, Form()],
    value: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    wanted = value_from(subject, value)
    with office.store.begin() as tx:
        made = changes.propose(
            tx,
            office.library,
            subject,
            wanted,
            by=who.name,
            why=why,
            at=office.wall_clock(),
        )
    note(request, record=f"change:{made.change_id}", detail=f"{subject} version {made.version}")
    said = "Proposed; nothing has changed yet. Try it on past turns next."
    return back(request, f"{HOME}/{made.change_id}", said=said)


@pages.get("/{change_id}", roles=READS)
def _change(request: Request, office: TheOffice, who: Who, change_id: str) -> Response:
    with office.store.begin() as tx:
        change = changes.change_of(tx, change_id)
        history = [one for one in changes.all_changes(tx) if one.subject == change.subject]
        is_stale = value_in(tx.flags(), change.subject) != change.before
    return render(
        request,
        "steering/change.html",
        change=change,
        title=title_of(change.subject),
        diff=changes.diff_of(change),
        history=history,
        is_stale=is_stale and change.state == "PROPOSED",
        needs_other=change.loosens and changes.by_themselves(change, who.name),
        may_steer=may_steer(who),
        turns=TURNS,
    )


@pages.post("/{change_id}/try", roles=STEERS, rate="20/minute")
def _try(request: Request, office: TheOffice, change_id: str) -> Response:
    with office.store.begin() as tx:
        change, flags = changes.change_of(tx, change_id), tx.flags()
    events = turns_of(office.store.engine, office.store.tenant_id, limit=TURNS)
    at = office.wall_clock()
    effect = Effect(0, 0, 0, (), at)
    if events:
        versions = installed_versions(request, office)
        effect = effect_of(change.subject, change.after, events, versions, flags, at=at)
    with office.store.begin() as tx:
        changes.measured(tx, change_id, effect)
    note(request, record=f"change:{change_id}")
    return back(request, f"{HOME}/{change_id}")


@pages.post("/{change_id}/live", roles=STEERS)
def _live(request: Request, office: TheOffice, who: Who, change_id: str) -> Response:
    with office.store.begin() as tx:
        done = changes.put_in_force(
            tx, office.library, change_id, by=who.name, at=office.wall_clock()
        )
    return _done(request, done, "Version {} is in force from the next message on.")


@pages.post("/{change_id}/reject", roles=STEERS)
def _reject(request: Request, office: TheOffice, who: Who, change_id: str) -> Response:
    with office.store.begin() as tx:
        done = changes.reject(tx, change_id, by=who.name, at=office.wall_clock())
    return _done(request, done, "Version {} was rejected; nothing has changed.")


@pages.post("/{change_id}/roll-back", roles=STEERS)
def _roll_back(
    request: Request,
    office: TheOffice,
    who: Who,
    change_id: str,
    why: Annotated[str, Form()] = "",
) -> Response:
    with office.store.begin() as tx:
        done = changes.roll_back(
            tx, office.library, change_id, by=who.name, why=why, at=office.wall_clock()
        )
    return _done(request, done, "Rolled back, as version {}; in force from the next message on.")


def _done(request: Request, change: Change, said: str) -> Response:
    note(request, record=f"change:{change.change_id}", detail=change.subject)
    return back(request, f"{HOME}/{change.change_id}", said=said.format(change.version))


def installed_versions(request: Request, office: Office) -> Versions:
    """Returns the installed library and model; they are read once, at the first trial."""
    known: Versions | None = getattr(request.app.state, "installed_versions", None)
    if known is None:
        from agent_runtime.mind import open_mind
        from agent_runtime.replaying.asking import kept_words

        library, model = open_mind(office.settings)
        usual = office.settings.llm_model if office.settings.llm_url else ""
        known = Versions(library, model, usual_oracle=usual, kept=kept_words(office.store))
        request.app.state.installed_versions = known
    return known
