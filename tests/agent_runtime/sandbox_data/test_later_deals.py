"""What meetings of a campaign become in the sandbox's CRM, and what the truth says of it."""

import csv
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from agent_runtime.sandbox.company import export_later_deals, write_company
from agent_runtime.sandbox.deal_truth import DEAL_RATE, deal_of
from agent_runtime.sandbox.simulation import Simulation, read_people, write_truth
from agent_runtime.sandbox.truth import Params, truth_of
from agent_runtime.sandbox.world import LAUNCH_AT, world
from agent_runtime.settings import Workspace

SEED, SIZE = 4, 200
END = LAUNCH_AT + timedelta(days=28)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    paths = Workspace(tmp_path_factory.mktemp("later"))
    write_company(paths.exports, paths.sandbox, SEED, SIZE)
    return paths


def rows_of(paths):
    with (paths.exports / "crm_opportunities.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_meetings_become_deals_after_they_end_and_old_deals_stay_as_they_were(place):
    """R151: who set the meeting is not asked, so that both arms are treated alike."""
    before = rows_of(place)
    held = {
        person.buyer_id: LAUNCH_AT + timedelta(days=n % 28, hours=10)
        for n, person in enumerate(world(SEED, SIZE).people)
    }
    new = export_later_deals(place.exports, SEED, SIZE, held, now=END)
    after = rows_of(place)

    old = {row["opportunity_id"] for row in before}
    later = {r["opportunity_id"]: r for r in after if r["opportunity_id"] not in old}
    assert [r for r in after if r["opportunity_id"] in old][: len(old)] == before[: len(old)]
    assert len(later) == new
    assert 0.35 * SIZE < new < DEAL_RATE * SIZE * 1.2
    opened = [datetime.fromisoformat(row["opened_at"]) for row in later.values()]
    assert LAUNCH_AT < min(opened) <= max(opened) < END
    stages = Counter(row["stage"] for row in later.values())
    assert stages["won"]
    assert stages["lost"]
    assert stages.total() - stages["won"] - stages["lost"] > new / 2
    closed = [row for row in later.values() if row["stage"] in {"won", "lost"}]
    assert all(row["opened_at"] < row["closed_at"] < END.isoformat() for row in closed)


def test_without_meetings_the_crm_has_the_deals_of_launch_day(place):
    assert export_later_deals(place.exports, SEED, SIZE, {}, now=END) == 0
    assert all(not row["opened_at"].startswith("2026-02") for row in rows_of(place))


def test_the_planted_pipeline_is_that_of_those_whom_contact_convinces(place):
    """R151: who would meet without the agent brings the same deal in either arm."""
    people = read_people(place)
    params = Params(seed=SEED, planted_effect=0.3)
    units = {person.email: person.buyer_id for person in people}
    write_truth(place, Simulation(params, LAUNCH_AT), units)
    truth = json.loads((place.sandbox / "truth.json").read_text())
    moved = [
        deal.amount_usd
        for person in people
        if truth_of(person, params).convinced_by_touch and (deal := deal_of(SEED, person.buyer_id))
    ]
    assert moved
    assert truth["planted_pipeline_usd"] == pytest.approx(sum(moved) / len(set(units.values())))
