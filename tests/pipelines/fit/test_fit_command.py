"""`parley fit` from history to a queue in order, over a real MLflow registry."""

import json

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.settings import Workspace
from pipelines.campaign import campaign_path
from pipelines.defs.fit import fit_drift, scores
from pipelines.defs.outreach import outreach_queue
from pipelines.errors import PipelineError
from pipelines.fit.cli import app
from pipelines.fit.scores import FIT_SCORES
from pipelines.ingest import run_batch
from pipelines.lake import Lake, write, write_json
from pipelines.models.cli import app as models
from pipelines.resources import BatchResource, WorkspaceResource
from tests.pipelines.fit.fit_world import NOW, TENANT, made_up

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
DECIDES = ("--who", "Ada Roe", "--why", "the first one")


def run(root, *words, of=app):
    done = CliRunner().invoke(of, [*words, "--workspace", str(root)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def lay(tables, root):
    lake = Lake(Workspace(root))
    for name, frame in tables.items():
        write(frame, lake.paths.canonical / f"{name}.parquet")
    write_json({"now": NOW.isoformat()}, lake.report)
    return lake


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("fit")
    lay(made_up(3), root)
    with pytest.raises(PipelineError, match="no version is champion; `parley fit train` makes"):
        run(root, "score")
    said = json.loads(run(root, "train", "--json").output)
    return root, said


def test_a_model_goes_from_history_to_champion_and_scores(trained):
    root, said = trained
    assert said["version"] == 1
    assert said["is_new"]
    assert all(condition["holds"] for condition in said["rule"])
    assert "stands already" in run(root, "train").output

    run(root, "promote", "fit", *DECIDES, of=models)
    listed = json.loads(run(root, "list", "fit", "--json", of=models).output)
    assert [(one["version"], one["aliases"]) for one in listed] == [(1, ["champion"])]
    made = json.loads(run(root, "score", "--json").output)
    kept = pl.read_parquet(Lake(Workspace(root)).fit_scores)
    assert made["scored"] == kept.height == 600
    assert set(kept["model_version"]) == {"fit 1"}

    explained = json.loads(run(root, "explain", "c7", "--json").output)
    row = kept.filter(pl.col("contact_id") == "c7").row(0, named=True)
    assert explained["probability"] == row["probability"]
    assert explained["reasons"] == row["reasons"]
    watched = run(root, "drift")
    assert watched.exit_code == 0, watched.output

    resource = WorkspaceResource(root=str(root), tenant_id=TENANT, now=NOW.isoformat())
    done = dg.materialize([scores, fit_drift], resources={"workspace": resource})
    assert done.asset_materializations_for_node("fit__scores")[0].metadata["model"].value == "fit 1"
    assert {c.check_name for c in done.get_asset_check_evaluations()} == {
        "feature_drift",
        "score_drift",
        "calibration_drift",
    }
    assert all(check.passed for check in done.get_asset_check_evaluations())

    lay(made_up(3, is_planted=False), root)
    worse = json.loads(run(root, "train", "--json").output)
    assert worse["version"] == 2
    with pytest.raises(PipelineError, match="may not become champion by rule 1"):
        run(root, "promote", "fit", "--version", "2", *DECIDES, of=models)


def test_what_cannot_be_done_is_one_sentence(trained, tmp_path):
    lay(made_up(1, deals=30), tmp_path)
    with pytest.raises(PipelineError, match="more won"):
        run(tmp_path, "train", "--dry-run")
    with pytest.raises(PipelineError, match=r"'deal' is not shipped .did you mean 'deals'"):
        run(tmp_path, "train", "--spec", "deal")
    with pytest.raises(PipelineError, match="`parley fit train` registers it"):
        run(tmp_path, "register", "fit", of=models)


def test_scores_leave_arms_consent_and_suppression_alone(tmp_path, export_writer, now):
    """R88: with top scores for exactly those who may not be written to, nobody more is."""
    campaign = tmp_path / "campaign.yaml"
    shipped = campaign_path("prospecting").read_text(encoding="utf-8")
    campaign.write_text(shipped + "order_by: fit\n", encoding="utf-8")
    workspace = Workspace(tmp_path / "w")
    export_writer(workspace.exports)
    options = {"now": now, "has_checks": False, "loads_store": False}
    run_batch(workspace, campaign=str(campaign), **options)
    lake = Lake(workspace)
    assert pl.read_parquet(lake.fit_scores).is_empty()
    before, tasks = pl.read_parquet(lake.outcomes), pl.read_parquet(lake.tasks)
    kept_out = before.filter(~pl.col("queued"))
    assert tasks.height
    assert kept_out.height

    top = kept_out.select("tenant_id", "person_id", pl.lit(0.99).alias("probability"))
    write(pl.concat([FIT_SCORES.to_frame(), top], how="diagonal"), lake.fit_scores)
    lake.tasks.unlink()
    resources = {
        "workspace": WorkspaceResource(
            root=str(workspace.root), tenant_id=TENANT, now=now.isoformat()
        ),
        "batch": BatchResource(campaign=str(campaign)),
    }
    dg.materialize([outreach_queue], resources=resources)
    assert pl.read_parquet(lake.outcomes).equals(before)
    assert pl.read_parquet(lake.tasks).equals(tasks)


def test_a_holdout_is_as_random_with_scores_as_without():
    """R88: arms are drawn from ids; a holdout has as many high scores as everybody."""
    from experiments.spec import SHIPPED_SPECS, load_spec
    from pipelines.transforms.assign import ASSIGNMENTS, assign

    spec = load_spec(SHIPPED_SPECS / "icp-prospecting.yaml")
    n = 4_000
    people = pl.DataFrame(
        {
            "person_id": [f"p{i}" for i in range(n)],
            "contact_id": [f"c{i}" for i in range(n)],
            "account_id": [f"a{i}" for i in range(n)],
            "segment": ["icp-midmarket-data@1"] * n,
            "contacts.country": ["US"] * n,
        }
    )
    likely = pl.DataFrame({"person_id": people["person_id"], "fit": [i / n for i in range(n)]})
    more = {"tenant_id": TENANT, "now": NOW, "survivors": {}}
    own = assign(people, spec, stored=ASSIGNMENTS.to_frame(), **more)
    means = own.join(likely, on="person_id").group_by("arm").agg(pl.col("fit").mean(), pl.len())
    for mean, count in means.select("fit", "len").iter_rows():
        assert abs(mean - 0.5) < 4 * (1 / 12 / count) ** 0.5
