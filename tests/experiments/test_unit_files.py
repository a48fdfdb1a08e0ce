"""Old trials as R, pandas, spreadsheets and databases leave them."""

import datetime

import polars as pl
import pytest
from trials import trial_spec

from experiments.analysis import analyze
from experiments.errors import UnitsError
from experiments.unit_files import read_units

SPEC = trial_spec(primary={"metric": "spend"}, secondary=["won"], cluster="team")
PLAIN = """unit_id,arm,spend,won,team
1,agent,5.5,1,7
2,agent,,0,8
3,holdout,3,0,9
4,holdout,2.5,1,10
5,agent,1,,11
"""
BY_HAND = pl.DataFrame(
    {
        "unit_id": ["1", "2", "3", "4", "5"],
        "arm": ["agent", "agent", "holdout", "holdout", "agent"],
        "spend": [5.5, None, 3.0, 2.5, 1.0],
        "won": [1, 0, 0, 1, None],
        "team": ["7", "8", "9", "10", "11"],
    }
)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN + "\n",
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", ", "),
        PLAIN.replace(",,", ",NA,").replace("1,,", "1,NA,"),
        PLAIN.replace("2,agent,,", "2,agent,NaN,").replace("1,,11", "1,null,11"),
        PLAIN.replace("2,agent,,", "2,agent,.,"),
        PLAIN.replace("unit_id", '"unit_id"').replace("agent", '"agent"'),
        PLAIN.replace("5.5,1,", "5.5,True,")
        .replace(",0,", ",False,")
        .replace("2.5,1,", "2.5,True,"),
        PLAIN.replace("5.5,1,", "5.5,TRUE,")
        .replace(",0,", ",FALSE,")
        .replace("2.5,1,", "2.5,TRUE,"),
    ],
)
def test_a_csv_of_any_dialect_is_the_same_trial(tmp_path, text):
    path = tmp_path / "trial.CSV"
    path.write_text(text, "utf-8", newline="")

    read = read_units(path, SPEC)

    same_types = read.select(BY_HAND.columns).cast(BY_HAND.schema)
    assert same_types.with_columns(pl.col("spend").fill_nan(None)).equals(BY_HAND)


@pytest.mark.parametrize(
    "stored",
    [
        [0, 1, 1, 0],
        [0.0, 1.0, 1.0, 0.0],
        ["0", "1", "1", "0"],
        ["0.0", " 1", "1.0", "0"],
        pl.Series(["0", "1", "1", "0"], dtype=pl.Categorical),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_arms_that_are_numbers_are_the_arms_of_the_spec(tmp_path, stored, suffix):
    spec = trial_spec(arms={0: 0.5, 1: 0.5}, control=0)
    path = tmp_path / f"trial.{suffix}"
    units = pl.DataFrame({"unit_id": [1, 2, 3, 4], "arm": stored, "meeting": [0, 1, 0, 1]})
    getattr(units, f"write_{suffix}")(path)

    read = read_units(path, spec)

    assert read["arm"].to_list() == ["0", "1", "1", "0"]
    assert analyze(read, spec).srm.observed == {"0": 2, "1": 2}


@pytest.mark.parametrize("names", [("true", "false"), ("True", "False"), ("TRUE", "FALSE")])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_arms_that_are_truth_values_are_the_arms_of_the_spec(tmp_path, names, suffix):
    spec = trial_spec(arms=dict.fromkeys(names, 0.5), control=names[1])
    path = tmp_path / f"trial.{suffix}"
    units = pl.DataFrame({"unit_id": [1, 2], "arm": [True, False], "meeting": [0, 1]})
    getattr(units, f"write_{suffix}")(path)

    assert read_units(path, spec)["arm"].to_list() == list(names)


def test_columns_may_have_other_names_and_rows_may_have_none(tmp_path):
    path = tmp_path / "trial.csv"
    path.write_text("treat,outcome,arm\nagent,1,left\nholdout,0,right\n")
    spec = trial_spec(primary={"metric": "outcome"})

    read = read_units(path, spec, unit_column=None, arm_column="treat")

    assert read["arm"].to_list() == ["agent", "holdout"]
    assert read["unit_id"].to_list() == [1, 2]
    with pytest.raises(UnitsError, match="the column 'who', named as the one of unit_id, is miss"):
        read_units(path, spec, unit_column="who", arm_column="treat")


def test_periods_of_a_csv_stay_in_their_order(tmp_path):
    """Read as text, hour 10 would come before hour 9."""
    path = tmp_path / "trial.csv"
    path.write_text("unit_id,arm,meeting,hour\na,agent,1,9\nb,holdout,0,10\n")

    read = read_units(path, trial_spec(switchback={"period": "hour"}))

    assert read["hour"].to_list() == [9, 10]


def test_dates_of_a_csv_and_of_parquet_are_the_same_times(tmp_path):
    spec = trial_spec(
        assigned_at="at",
        primary={"metric": "meeting", "window_days": 7},
        arms={"a": 0.5, "b": 0.5},
        control="b",
    )
    units = pl.DataFrame(
        {
            "unit_id": range(4),
            "arm": ["a", "b", "a", "b"],
            "meeting": [0, 1, 1, 0],
            "at": [datetime.date(2024, 1, day) for day in (1, 2, 3, 4)],
        }
    )
    units.write_csv(tmp_path / "u.csv")
    units.write_parquet(tmp_path / "u.parquet")
    now = datetime.datetime(2024, 1, 9, 12, tzinfo=datetime.UTC)

    looks = [
        analyze(read_units(tmp_path / name, spec), spec, now=now) for name in ("u.csv", "u.parquet")
    ]

    assert looks[0] == looks[1]
    assert looks[0].windows.open == {"a": 1, "b": 1}
