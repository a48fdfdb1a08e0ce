"""One page of pictures about the safe band of a playbook; it needs no network."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from html import escape

from plotly.graph_objects import Figure

from agent_runtime.band.keeping import Entry
from agent_runtime.band.rows import BandMessage
from agent_runtime.band.state import BandState, CategoryBand, Standing, standings
from experiments.band_figures import auto_sent_figure, risk_figure
from experiments.safe_band import curve
from pipelines.safe_band import counted, judged_messages

_STATES = {
    "open": "Open",
    "watched": "Open, and read more often since something looks wrong",
    "unheard": "Waits until something more is judged",
    "narrowed": "Closed by itself",
}


def band_page(
    playbook: str,
    state: BandState,
    rows: Sequence[BandMessage],
    entries: Sequence[Entry],
    *,
    sent_unheard: int,
) -> str:
    """Returns the page: per category its risk, then what went by itself day by day."""
    record = state.record
    frame = counted(state, judged_messages(rows), now=record.made_at)
    parts = [_history(rows, entries)] if rows else []
    every = zip(record.bands, standings(state, sent_unheard=sent_unheard), strict=True)
    for band, stands in sorted(every, key=lambda pair: pair[0].threshold is None):
        own = frame.filter(frame["category"].is_in(list(band.members)))
        name = band.category.replace("/", " / ").replace("*", "all")
        parts.append(f"<h2>{escape(name)}</h2><p>{escape(_said(band, stands))}</p>")
        if not own.is_empty():
            figure = risk_figure(
                curve(own),
                bound=record.terms.most_errors,
                opens_at=record.terms.opens_at,
                threshold=band.threshold,
            )
            parts.append(_plot(figure))
    return _PAGE.format(
        playbook=escape(playbook),
        made=f"{record.made_at:%Y-%m-%d %H:%M} UTC",
        bound=f"{record.terms.most_errors:.1%}",
        opens=f"{record.terms.opens_at:.1%}",
        judged=f"{record.judged:,}",
        script=_script(),
        body="".join(parts),
    )


def _said(band: CategoryBand, stands: Standing) -> str:
    if band.threshold is None:
        return f"Closed: {band.judged:,} judged messages show no safe confidence."
    at_most = "" if band.at_most is None else f", at most {band.at_most:.1%} with certainty"
    why = f" ({stands.why})" if stands.why else ""
    return (
        f"{_STATES[stands.state]}{why}. {band.wrong} of {band.inside:,} judged messages inside "
        f"were wrong{at_most}."
    )


def _history(rows: Sequence[BandMessage], entries: Sequence[Entry]) -> str:
    went = Counter(row.made_at.date() for row in rows if row.went)
    read = Counter(row.made_at.date() for row in rows if not row.went)
    days = sorted({*went, *read})
    closed: dict[date, str] = {}
    for entry in entries:
        if entry.what == "closed":
            closed.setdefault(entry.at.date(), f"{entry.category} closed")
    figure = auto_sent_figure(
        days, [went[day] for day in days], [read[day] for day in days], closed=closed
    )
    return f"<h2>What went by itself</h2>{_plot(figure)}"


def _plot(figure: Figure) -> str:
    return figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"displayModeBar": False, "responsive": True},
    )


def _script() -> str:
    from plotly.offline import get_plotlyjs

    return f"<script>{get_plotlyjs()}</script>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Safe band of {playbook}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1c2530; background: #fff;
  max-width: 52rem; margin: 2.5rem auto; padding: 0 1.25rem }}
h1 {{ font-size: 1.6rem; margin: 0 0 .4rem }} h2 {{ font-size: 1.1rem; margin: 2rem 0 .2rem }}
p {{ margin: 0 0 .6rem; max-width: 44rem }}
.key {{ color: #5b6673; font-size: .9rem }}
</style>{script}</head><body><h1>Safe band of {playbook}</h1>
<p>Of what goes without a person at most {bound} may be wrong; a category opens once {opens} is
shown. Calibrated {made} on {judged} messages that people judged.</p>
<p class="key">Solid: error rate of what would go from that confidence on. Dotted: with 95%
certainty it is no more.</p>{body}</body></html>
"""
