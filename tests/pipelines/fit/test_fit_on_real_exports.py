"""Two real exports: web leads that can be told apart, and deals that cannot."""

import pytest

from agent_runtime.settings import Workspace
from pipelines.fit.rule import judge, load_rule
from pipelines.fit.spec import load_fit_spec
from pipelines.fit.training import train
from pipelines.ingest import run_ingest
from pipelines.lake import Lake
from tests.pipelines.fit.fit_world import NOW, TENANT


def trained(shared_data, tmp_path, mapping, spec):
    workspace = Workspace(tmp_path)
    run_ingest(shared_data / mapping, mapping, workspace, has_checks=False)
    tables = Lake(workspace).canonical()
    return train(tables, load_fit_spec(spec), tenant_id=TENANT, now=NOW)


def test_leads_that_convert_are_told_apart_and_their_probabilities_hold(shared_data, tmp_path):
    found = trained(shared_data, tmp_path, "x_education", "x_education").evaluation
    assert judge(found, load_rule()).may_be_promoted
    assert found.auc.low > 0.75
    assert found.said == pytest.approx(found.came_true, abs=0.03)
    inside = [point.low - 0.02 <= point.said <= point.high + 0.02 for point in found.curve]
    assert sum(inside) >= len(inside) - 1


def test_deals_that_hang_on_nothing_known_of_the_company_make_no_champion(shared_data, tmp_path):
    found = trained(shared_data, tmp_path, "maven_crm", "deals").evaluation
    assert found.auc.low < 0.5 < found.auc.high
    assert not judge(found, load_rule()).may_be_promoted
