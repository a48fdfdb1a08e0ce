"""Whether a fit model may become champion: the rule of `champion.yaml`, as pure code."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from experiments.champion import Condition, Judgement
from pipelines.documents import read_document
from pipelines.fit.evaluation import Evaluation, Figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = Path(__file__).with_name("champion.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BaseRate(_Part):
    """By how much the model is better than an average."""

    gain_above: float


class Ranking(_Part):
    """How well it tells won from lost."""

    auc_above: float = Field(ge=0.5, lt=1)


class Calibration(_Part):
    """How far its mean forecast is from what came true."""

    apart_at_most: float = Field(ge=0)
    z_at_most: float = Field(ge=0)


class Champion(_Part):
    """By how much it may be worse than the champion."""

    worse_by_at_most: float = Field(ge=0)


class FitRule(_Part):
    """What a fit model must show."""

    version: int = Field(ge=1)
    base_rate: BaseRate
    ranking: Ranking
    calibration: Calibration
    champion: Champion


def load_rule(path: Path = FILE) -> FitRule:
    """Returns the rule as it is written down."""
    return read_document(path, FitRule)


def judge(found: Evaluation, rule: FitRule, *, better_by: Figure | None = None) -> Judgement:
    """Holds a model against the base rate, and against the champion where there is one.

    Args:
        found: Its figures on the later period.
        rule: What must hold.
        better_by: Brier score of the champion less its own, on outcomes that neither has learnt.
    """
    gain, apart = found.gain, abs(found.said - found.came_true)
    conditions = [
        Condition(
            "base rate",
            gain.low > rule.base_rate.gain_above,
            f"Brier {found.brier.value:.4f} against {found.base_brier.value:.4f}, gain "
            f"{_shown(gain)}, above {rule.base_rate.gain_above:g} wanted",
        ),
        Condition(
            "ranking",
            found.auc.low > rule.ranking.auc_above,
            f"AUC {found.auc.value:.3f} ({found.auc.low:.3f} to {found.auc.high:.3f}), above "
            f"{rule.ranking.auc_above:g} wanted",
        ),
        Condition(
            "calibration",
            apart <= rule.calibration.apart_at_most or abs(found.z) <= rule.calibration.z_at_most,
            f"{found.said:.1%} forecast and {found.came_true:.1%} won, {found.z:+.1f} standard "
            f"deviations; {rule.calibration.apart_at_most:.1%} or {rule.calibration.z_at_most:g} "
            "at most",
        ),
    ]
    if better_by is not None:
        conditions.append(
            Condition(
                "champion",
                better_by.low >= -rule.champion.worse_by_at_most,
                f"better by {_shown(better_by)}, worse by {rule.champion.worse_by_at_most:g} at "
                "most",
            )
        )
    return Judgement(rule.version, found.n, tuple(conditions))


def brier_difference(
    champion: "NDArray[np.float64]",
    challenger: "NDArray[np.float64]",
    won: "NDArray[np.int8]",
    clusters: "NDArray[np.str_]",
) -> Figure:
    """Returns the champion's Brier score less the challenger's, with its interval."""
    from pipelines.fit.evaluation import mean_figure

    return mean_figure(clusters, (champion - won) ** 2 - (challenger - won) ** 2)


def _shown(figure: Figure) -> str:
    return f"{figure.value:+.4f} ({figure.low:+.4f} to {figure.high:+.4f})"
