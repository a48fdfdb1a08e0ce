import numpy as np
import polars as pl

from experiments.sections.money import with_cut
from experiments.sections.trial import Trial
from experiments.spec import Spec
from experiments.statistics.winsor import cut_at


def test_only_values_above_the_pooled_quantile_are_cut():
    values = np.arange(1.0, 201.0)
    units = pl.DataFrame({"revenue_usd": values})
    content = {"id": "t", "arms": {"a": 0.5, "h": 0.5}, "control": "h"}
    spec = Spec.model_validate(content | {"primary": {"metric": "revenue_usd"}})

    cut = cut_at(values, 0.99)
    after = with_cut(Trial(units, units, spec, {}, {}), units, "revenue_usd", 0.99)["revenue_usd"]

    assert cut == 198
    assert list(after[-4:]) == [197, 198, 198, 198]
    assert (after.to_numpy()[:198] == values[:198]).all()
