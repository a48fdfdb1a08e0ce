"""The morning after a demo's last day: a person is put before every answer, and some wait for one.

It comes after the read-out, so nothing of it is in the figures.
"""

from collections.abc import Callable

from agent_runtime.clock import read_now
from agent_runtime.console.people.demo import PEOPLE
from agent_runtime.mind import open_mind
from agent_runtime.replaying.versions import Versions
from agent_runtime.sandbox.simulation import read_simulation
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.steering import changes
from agent_runtime.steering.effect import effect_of
from agent_runtime.steering.subjects import autonomy_subject, value_in
from agent_runtime.store.reading import turns_of
from agent_runtime.store.sql import SqlStore
from agent_runtime.supervisor import MORNING, Supervisor
from pipelines.campaign import load_campaign
from pipelines.demo_plan import Plan

LEVEL = "assistive"
WHY = "Four weeks are played; from today on a person reads every answer before it leaves."
TRIED = 60
"""Past turns that the change is tried on."""


def play_morning(plan: Plan, settings: Settings, tell: Callable[[str], None]) -> str:
    """Sets the campaign's playbook to `assistive`, and plays until its drafts wait."""
    from pipelines.demo_stages import campaign_of

    playbook = load_campaign(campaign_of(plan)).playbook
    store = open_store(settings)
    put_people_before(settings, store, playbook)
    Supervisor(settings, MORNING).run(lambda: None)
    with store.begin() as tx:
        waiting = len(tx.open_approvals())
    began = read_simulation(settings.paths).ends_at
    return f"the morning of {began:%-d %B}: {waiting} drafts wait for somebody to approve them"


def put_people_before(settings: Settings, store: SqlStore, playbook: str) -> None:
    """Puts a playbook under `assistive` as RevOps would: proposed, tried, put in force."""
    subject, by, now = autonomy_subject(playbook), PEOPLE["revops"], read_now(store.engine)
    with store.begin() as tx:
        flags = tx.flags()
    if value_in(flags, subject) == LEVEL:
        return
    library, model = open_mind(settings)
    turns = turns_of(store.engine, store.tenant_id, limit=TRIED)
    effect = effect_of(subject, LEVEL, turns, Versions(library, model), flags, at=now)
    with store.begin() as tx:
        change = changes.propose(tx, library, subject, LEVEL, by=by, why=WHY, at=now)
        changes.measured(tx, change.change_id, effect)
        changes.put_in_force(tx, library, change.change_id, by=by, at=now)
