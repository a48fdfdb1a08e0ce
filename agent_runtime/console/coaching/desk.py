"""The list of samples: what somebody has to score, what waits, what is apart, what is done."""

from datetime import timedelta
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from agent_runtime.coaching import rubric
from agent_runtime.coaching.errors import CoachingError
from agent_runtime.coaching.overview import Line, Stage, lines_for
from agent_runtime.coaching.samples import PER_PLAYBOOK, SEED, days_to_draw, draw_day
from agent_runtime.console.coaching.who import COACHES, HOME
from agent_runtime.console.frame.declared import Pages
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office, SignedIn, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.table_file import saved

STAGES: dict[Stage, str] = {
    "score": "For you to score",
    "waiting": "Wait for a colleague",
    "apart": "To talk over",
    "done": "Done",
}
DAYS = 7
"""Days that one click draws at most, the latest."""
ON_A_PAGE = 30
SHOWN = timedelta(days=30)
"""How long a sample is on the list."""

pages = Pages("/coaching", area="coaching")


def read_lines(office: Office, who: SignedIn) -> tuple[Line, ...]:
    """Returns the latest samples as somebody may see them."""
    today = office.clock().date()
    with office.store.begin() as tx:
        return lines_for(tx, who.name, today=today, since=today - SHOWN)


@pages.get("", roles=COACHES)
def _desk(
    request: Request,
    office: TheOffice,
    who: Who,
    stage: str = "score",
    playbook: str = "",
    page: int = 1,
) -> Response:
    known = next((one for one in STAGES if one == stage), "score")
    lines = read_lines(office, who)
    playbooks = sorted({line.playbook for line in lines})
    mine = [line for line in lines if playbook in ("", line.playbook)]
    shown = [line for line in mine if line.stage == known]
    at = min(max(page, 1), max(1, -(-len(shown) // ON_A_PAGE)))
    return render(
        request,
        "coaching/desk.html",
        lines=shown[ON_A_PAGE * (at - 1) : ON_A_PAGE * at],
        found=len(shown),
        page=at,
        last=max(1, -(-len(shown) // ON_A_PAGE)),
        stage=known,
        stages=STAGES,
        counts={one: sum(line.stage == one for line in mine) for one in STAGES},
        playbook=playbook,
        playbooks=playbooks,
        is_first=not lines,
        shown_days=SHOWN.days,
        undrawn=days_to_draw(office.store, now=office.clock())[-DAYS:],
        per_playbook=office.settings.review_sample or PER_PLAYBOOK,
        seed=SEED,
    )


@pages.post("/draw", roles=COACHES, rate="10/minute")
def _draw(
    request: Request, office: TheOffice, who: Who, seed: Annotated[int, Form()] = SEED
) -> Response:
    days = days_to_draw(office.store, now=office.clock())[-DAYS:]
    if not days:
        raise CoachingError("every day that is over is drawn; come back tomorrow.")
    drawn = 0
    for day in days:
        drawn += len(
            draw_day(
                office.store,
                day,
                by=who.name,
                now=office.clock(),
                at=office.wall_clock(),
                per_playbook=office.settings.review_sample or PER_PLAYBOOK,
                seed=seed,
            )
        )
    note(request, record=f"samples:{days[0]}..{days[-1]}", detail=f"{drawn} threads, seed {seed}")
    return back(request, HOME, said=f"{drawn} threads of {len(days)} days are drawn.")


@pages.get("/rubric", roles=EVERYBODY)
def _rubric(request: Request) -> Response:
    return render(request, "coaching/rubric.html", questions=rubric.QUESTIONS, apart=rubric.APART)


@pages.get("/rubric.csv", roles=EVERYBODY)
def _rubric_csv() -> Response:
    return saved("rubric.csv", rubric.as_csv(), "text/csv")


@pages.get("/rubric.md", roles=EVERYBODY)
def _rubric_markdown() -> Response:
    return saved("rubric.md", rubric.as_markdown(), "text/markdown")
