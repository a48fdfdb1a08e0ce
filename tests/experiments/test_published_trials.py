"""Published trials again, from the raw files that a package ships, as an analyst would run them."""

import json
from pathlib import Path

import causaldata
import polars as pl
import pytest
import yaml
from scipy import stats
from statsmodels.api import OLS, add_constant
from typer.testing import CliRunner

from experiments.analysis import analyze
from experiments.cli import app
from experiments.spec import Spec

TRIALS = yaml.safe_load((Path(__file__).parent / "published_trials.yaml").read_text())


def raw(trial):
    """The shipped table, with the rows that the authors analysed."""
    loaded = getattr(causaldata, trial["dataset"]).load_pandas().data
    condition = trial.get("where", "true")
    return pl.from_pandas(loaded).sql(f"select * from self where {condition}")


def save(units, path, *, separator):
    if path.suffix == ".parquet":
        units.write_parquet(path)
        return
    # R writes row names, decimal commas beside semicolons, and NA.
    numbered = units.with_row_index("", offset=1)
    numbered.write_csv(path, separator=separator, null_value="NA", decimal_comma=separator == ";")


@pytest.mark.parametrize("name", ["u.csv", "european.csv", "u.parquet"])
@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial["trial"])
def test_a_published_trial_gives_the_published_figures(trial, name, tmp_path):
    spec, units, out = tmp_path / "spec.yaml", tmp_path / name, tmp_path / "report.json"
    spec.write_text(yaml.safe_dump({"id": "old-trial"} | trial["spec"], sort_keys=False))
    save(raw(trial), units, separator=";" if name.startswith("european") else ",")
    options = ["--spec", spec, "--units", units, "--out", out, "--rows-are-units"]

    done = CliRunner().invoke(
        app,
        ["analyze", *map(str, options), "--arm-column", trial["arm"], "--json"],
        catch_exceptions=False,
    )

    found = json.loads(out.read_text())["metrics"][0]
    assert done.exit_code == 0
    for figure, printed in trial["figures"].items():
        digits = len(printed.partition(".")[2])
        assert f"{found[figure]:.{digits}f}" == printed, figure


def test_the_errors_of_the_training_are_neymans_and_not_the_printed_pooled_ones():
    """Dehejia & Wahba print (633), which pools both arms' variances; ours is White's HC2, 671."""
    units = raw(TRIALS[0]).with_row_index("unit_id").rename({"treat": "arm"})
    fit = OLS(units["re78"].to_numpy(), add_constant(units["arm"].to_numpy())).fit()

    row = analyze(units, Spec.model_validate({"id": "nsw"} | TRIALS[0]["spec"])).primary

    sides = [units.filter(arm=arm)["re78"] for arm in (1, 0)]
    freedom = stats.ttest_ind(*sides, equal_var=False).df
    reach = (row.ci_high - row.ci_low) / 2
    assert round(fit.bse[1]) == 633
    assert round(fit.get_robustcov_results("HC2").bse[1]) == 671
    assert round(reach / stats.t.ppf(0.975, freedom)) == 671
