"""Which intervals the page draws, section by section."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.readout import MetricReadout, Readout
from experiments.report import words
from experiments.report.forest import Forest, Row, forest
from experiments.sections.parts import Effect, Uplift

CHECKS = {
    "winsorised": "Huge values cut",
    "randomisation": "Randomisation inference",
    "unadjusted": "Without covariates",
}


@dataclass(frozen=True, slots=True)
class QiniCurve:
    """The gain over the share treated, as places in percent of width and height."""

    points: str
    chance: str
    top: str
    zero: float
    in_words: str


class Pictures:
    """The forests of one readout; made when the page asks for them."""

    def __init__(self, readout: Readout) -> None:
        self._readout = readout
        self._shares = {row.metric: row.is_share for row in readout.metrics}

    def primary(self) -> Forest:
        """Returns each treated arm against the control."""
        return self._of_metric(words.against_control(self._readout))

    def secondary(self) -> list[Forest]:
        """Returns one forest a secondary metric."""
        return self._of_role("secondary")

    def guardrails(self) -> list[Forest]:
        """Returns one forest a guardrail, with its margin."""
        return self._of_role("guardrail")

    def _of_role(self, role: str) -> list[Forest]:
        control = self._readout.primary.control
        rows = [r for r in self._readout.metrics if r.role == role and r.control == control]
        names = dict.fromkeys(row.metric for row in rows)
        return [self._of_metric([r for r in rows if r.metric == name]) for name in names]

    def contrasts(self) -> Forest:
        """Returns treated arms against one another, on the primary metric."""
        rows = words.contrasts(self._readout)
        return self._of_metric([row for row in rows if row.role == "primary"])

    def segments(self) -> list[Forest]:
        """Returns one forest a treated arm: everybody, then each level."""
        found = self._readout.segments
        levels = found.levels if found else ()
        forests = []
        for row in words.against_control(self._readout):
            mine = [level for level in levels if level.arm == row.arm]
            rows = [_row("Everybody", f"{row.n_arm:,} / {row.n_control:,}", row)]
            rows += [
                _row(f"{x.segment}: {x.level}", f"{x.n_arm:,} / {x.n_control:,}", x.effect)
                for x in mine
            ]
            if mine:
                caption = f"{row.metric} by segment, {row.arm} against {row.control}"
                forests.append(forest(caption, rows, is_share=row.is_share))
        return forests

    def sensitivity(self) -> list[Forest]:
        """Returns one forest a metric and arm: the headline, then each check."""
        checks = self._readout.sensitivity or ()
        forests = []
        for metric, arm in dict.fromkeys((x.metric, x.arm) for x in checks):
            mine = [x for x in checks if (x.metric, x.arm) == (metric, arm)]
            control = mine[0].control
            rows = [
                _row("As analysed", "", row)
                for row in self._readout.metrics
                if (row.metric, row.arm, row.control) == (metric, arm, control)
            ]
            rows += [_row(CHECKS[x.check], _agreement(x.agrees), x.effect) for x in mine]
            caption = f"{metric}, {arm} against {control}"
            forests.append(forest(caption, rows, is_share=self._is_share(metric)))
        return forests

    def compliers(self) -> list[Forest]:
        """Returns one forest a treated arm: everybody assigned beside those reached."""
        forests = []
        for found in self._readout.compliers or ():
            row = next(r for r in words.against_control(self._readout) if r.arm == found.arm)
            rows = [
                _row("Everybody assigned", f"{row.n_arm:,} / {row.n_control:,}", row),
                _row("Those reached", f"{found.reached_arm:.1%} of {found.arm}", found.effect),
            ]
            caption = f"{found.metric}, {found.arm} against {found.control}"
            forests.append(forest(caption, rows, is_share=row.is_share))
        return forests

    def quantiles(self) -> list[Forest]:
        """Returns one forest a metric and arm, with a row a quantile."""
        found = self._readout.quantiles or ()
        forests = []
        for metric, arm in dict.fromkeys((x.metric, x.arm) for x in found):
            mine = [x for x in found if (x.metric, x.arm) == (metric, arm)]
            share = self._is_share(metric)
            rows = [
                _row(
                    _quantile(x.quantile),
                    f"{words.mean(x.value_arm, is_share=share)} / "
                    f"{words.mean(x.value_control, is_share=share)}",
                    x.effect,
                )
                for x in mine
            ]
            caption = f"{metric}, {arm} against {mine[0].control}"
            forests.append(forest(caption, rows, is_share=share))
        return forests

    def money(self) -> list[Forest]:
        """Returns one forest a treated arm: the total, and with huge values cut."""
        return [
            forest(
                f"{x.metric} in all, {x.arm} against {x.control}",
                [
                    _row("Total", f"{x.n_arm:,} units", x.total),
                    _row(
                        "Huge values cut",
                        f"at {words.mean(x.winsorised_at, is_share=False)}, "
                        f"quantile {x.winsorised_quantile:g}",
                        x.winsorised_total,
                    ),
                ],
                is_share=False,
            )
            for x in self._readout.money or ()
        ]

    def qini(self, found: Uplift) -> QiniCurve:
        """Returns the Qini curve of one arm beside ranking by chance."""
        gains = [point.gain for point in found.curve] or [0.0]
        low, high = min(0.0, *gains), max(0.0, *gains)
        height = high - low or 1.0

        def place(share: float, gain: float) -> str:
            return f"{share * 100:.2f},{(high - gain) / height * 100:.2f}"

        share = self._is_share(found.metric)
        top = words.effect(high, is_share=share)
        return QiniCurve(
            points=" ".join(place(p.share, p.gain) for p in found.curve),
            chance=f"{place(0, 0)} {place(1, gains[-1])}",
            top=f"{top} {words.unit(is_share=share)}",
            zero=round(high / height * 100, 2),
            in_words=f"Qini curve of {found.arm}: area over chance "
            f"{words.effect(found.qini.effect, is_share=share)}, 95% interval "
            f"{words.interval(found.qini.ci_low, found.qini.ci_high, is_share=share)}",
        )

    def _is_share(self, metric: str) -> bool:
        return self._shares.get(metric, False)

    def _of_metric(self, found: Sequence[MetricReadout]) -> Forest:
        rows = [
            _row(f"{r.arm} against {r.control}", f"{r.n_arm:,} / {r.n_control:,}", r) for r in found
        ]
        return forest(found[0].metric, rows, is_share=found[0].is_share)


def missing_values(readout: Readout) -> list[MetricReadout]:
    """Returns the rows against the control whose metric has units without a value."""
    control = readout.primary.control
    return [row for row in readout.metrics if row.n_missing and row.control == control]


def _row(label: str, note: str, found: MetricReadout | Effect) -> Row:
    margin = found.margin if isinstance(found, MetricReadout) else None
    return Row(
        label=label,
        note=note,
        effect=found.effect,
        low=found.ci_low,
        high=found.ci_high,
        margin=margin,
    )


def _agreement(agrees: bool | None) -> str:
    return {True: "says the same", False: "says something else", None: "cannot be compared"}[agrees]


def _quantile(level: float) -> str:
    return "Median" if level == 0.5 else f"Quantile {level:g}"
