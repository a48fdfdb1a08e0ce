import polars as pl
import pytest
from trials import clustered_units, drawn_units, trial_spec

from experiments.analysis import analyze
from experiments.errors import UnitsError
from experiments.units import joined_units, read_units

SPEC = trial_spec(covariates=["visits_before"])
CLUSTERED = trial_spec(cluster="account_id")


@pytest.fixture
def units():
    return drawn_units(1, units=200)


def _with(units, row, **values):
    """The units with some cells of one row replaced."""
    here = pl.int_range(pl.len()) == row
    return units.with_columns(
        pl.when(here).then(pl.lit(value)).otherwise(column).alias(column)
        for column, value in values.items()
    )


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda u: _with(u, 5, arm="control"),
            "'arm' holds 'control', but trial knows agent, holdout",
        ),
        (lambda u: _with(u, 5, arm=None), "'arm' is empty in 1 rows"),
        (lambda u: _with(u, 5, unit_id="person-7"), "'unit_id' holds 'person-7' twice"),
        (lambda u: _with(u, 5, unit_id=None), "'unit_id' is empty in 1 rows"),
        (lambda u: u.drop("meeting"), r"'meeting' \(primary metric\) is missing"),
        (lambda u: u.drop("visits_before"), r"'visits_before' \(covariate\) is missing"),
        (lambda u: u.drop("arm"), r"'arm' \(the unit's arm\) is missing"),
        (lambda u: u.with_columns(meeting=None), "'meeting' .* holds no value at all"),
        (lambda u: u.with_columns(meeting=pl.lit(float("nan"))), "'meeting' .* no value at all"),
        (lambda u: u.with_columns(meeting=pl.lit("yes")), "'meeting' .* holds 'yes', a String"),
        (lambda u: u.with_columns(meeting=pl.lit(float("inf"))), "holds an infinite value"),
        (lambda u: u.filter(pl.col("arm") == "agent"), "'holdout' has 0 units, but needs two"),
        (lambda u: u.clear(), "holds no value at all|has 0 units"),
        (
            lambda u: u.with_columns(
                pl.when(pl.col("arm") == "agent").then(None).otherwise("meeting").alias("meeting")
            ),
            "'agent' has 0 units with a value in 'meeting'",
        ),
        (
            lambda u: u.with_columns(visits_before=pl.col("meeting") * 2),
            "'meeting' cannot be analysed; the covariates foretell it exactly",
        ),
    ],
)
def test_units_from_which_no_number_follows_get_one_sentence(units, spoil, sentence):
    big = drawn_units(1, units=2_000, base=0.3) if "foretell" in sentence else units

    with pytest.raises(UnitsError, match=sentence) as caught:
        analyze(spoil(big), SPEC, source="trial.csv")

    assert str(caught.value).startswith("trial.csv: ")
    assert "\n" not in str(caught.value)


def test_a_cluster_in_two_arms_is_refused():
    units = clustered_units(1)
    split = units["account_id"][0]
    other = {"agent": "holdout", "holdout": "agent"}[units["arm"][0]]

    with pytest.raises(UnitsError, match=f"cluster '{split}' .* is in the arms agent, holdout"):
        analyze(_with(units, 0, arm=other), CLUSTERED)


def test_an_arm_of_one_cluster_is_refused():
    units = clustered_units(1)
    first = units.filter(pl.col("arm") == "agent")["account_id"][0]
    few = units.filter((pl.col("arm") == "holdout") | (pl.col("account_id") == first))

    with pytest.raises(UnitsError, match=r"'agent' has 1 cluster .*, but needs two"):
        analyze(few, CLUSTERED)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_gives_the_same_readout_as_the_frame(units, tmp_path, suffix):
    path = tmp_path / f"units.{suffix}"
    getattr(units, f"write_{suffix}")(path)

    assert analyze(read_units(path, SPEC), SPEC) == analyze(units, SPEC)


def test_ids_of_a_csv_keep_their_leading_zeros(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text("unit_id,arm,meeting\n01,agent,1\n1,agent,0\n001,holdout,0\n2,holdout,1\n")

    assert read_units(path, trial_spec())["unit_id"].to_list() == ["01", "1", "001", "2"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("units.csv", b"", "cannot be read as csv"),
        ("units.csv", b"unit_id,arm,meeting\na,agent,1,2\n", "cannot be read as csv"),
        ("units.csv", b"unit_id,arm,meeting\n\xff\xfe,agent,1\n", "cannot be read as csv"),
        ("units.parquet", b"PAR1", "cannot be read as parquet"),
        ("units.xlsx", b"PK", "must be .parquet or .csv"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UnitsError, match=f"{name}: .*{sentence}"):
        read_units(path, trial_spec())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnitsError, match="there is no such file"):
        read_units(tmp_path / "units.csv", trial_spec())


@pytest.fixture
def tables(units):
    keyed = units.with_columns(experiment_id=pl.lit("trial"))
    other = keyed.with_columns(experiment_id=pl.lit("other"))
    return pl.concat([keyed, other]).select("experiment_id", "unit_id", "arm"), keyed


def test_assignments_decide_who_is_counted(tables):
    """R151: everybody who was assigned counts, whatever happened to them."""
    assignments, metrics = tables

    joined = joined_units(assignments, metrics, trial_spec())

    assert joined.height == 200
    assert {"unit_id", "arm", "meeting"} <= set(joined.columns)


def test_people_of_an_account_are_one_unit(tables):
    assignments, metrics = tables

    joined = joined_units(pl.concat([assignments, assignments]), metrics, trial_spec())

    assert joined.height == 200


def test_an_assigned_unit_without_metrics_is_refused(tables):
    assignments, metrics = tables

    with pytest.raises(UnitsError, match="1 of 200 assigned units have no metrics"):
        joined_units(assignments, metrics.head(199), trial_spec())


def test_a_unit_measured_in_another_arm_is_refused(tables):
    assignments, metrics = tables
    other = {"agent": "holdout", "holdout": "agent"}[metrics["arm"][3]]

    with pytest.raises(UnitsError, match="unit 'person-3' was assigned to"):
        joined_units(assignments, _with(metrics, 3, arm=other), trial_spec())
