"""The week's figures reach every leader once, sent by the worker of `parley serve`.

Real processes and a real exchanger: the week ends while nobody is there, the server starts on
Monday, and starts once more after the mail has left.
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.console_company import (
    REPOSITORY,
    Company,
    add_people,
    email_of,
    prepare_path,
    served,
    within,
)

MONDAY = datetime(2026, 1, 26, 6, 5, tzinfo=UTC)
"""Five minutes after the digest of the week before may leave."""
ARRIVES_WITHIN_S, QUIET_S = 120, 20
SUBJECT = "[Parley] Week of 19 to 25 January 2026"


def _run(case: str) -> Result:
    prepare_path()
    sys.path.append(str(REPOSITORY / "tests/agent_runtime/console"))
    from published_world import publish

    from agent_runtime.clock import write_now
    from agent_runtime.status import open_store
    from agent_runtime.supervisor import DAYS, Supervisor
    from tests.processes import prepare

    with TemporaryDirectory() as folder:
        settings = prepare(Path(folder), seed=7, size=240, days=1, hold_250_s=0.0)
        Supervisor(settings, DAYS).run(lambda: None)
        store = open_store(settings)
        add_people(store)
        publish(settings.paths)
        write_now(store.engine, MONDAY)
        company = Company(settings, store, "")

        def had(role: str = "leader") -> list[EmailMessage]:
            return [m for m in company.mails(email_of(role)) if SUBJECT in m["Subject"]]

        with served(settings):
            asked = monotonic()
            within(ARRIVES_WITHIN_S, had)
            took = monotonic() - asked
        first = len(had())
        with served(settings):
            sleep(QUIET_S)
        others = [role for role in ("rep", "reviewer", "revops", "admin") if had(role)]
        return {"first": first, "in_all": len(had()), "others": others, "took_s": round(took, 1)}


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    holds = seen["first"] == seen["in_all"] == 1 and not seen["others"]
    told = (
        f"{seen['first']} after {seen['took_s']} s, {seen['in_all']} after a second start; "
        f"to others: {', '.join(seen['others']) or 'none'}"
    )
    return Verdict(holds, told, "one to the leader, none to others")


CHECKS = {"weekly-digest": Check(cases=["all"], sample=[], run=_run, judge=_judge)}
