"""The page of a readout, read as a browser reads it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from lxml import html
from trials import counted_units, drawn_units, trial_spec

from experiments.analysis import analyze
from experiments.contamination import Blur
from experiments.report.page import render_page

NOW = datetime(2026, 4, 1, tzinfo=UTC)
EVERYTHING = {
    "hypothesis": "People whom the agent\n writes to meet more.",
    "arms": {"agent": 0.4, "agent_b": 0.3, "holdout": 0.3},
    "secondary": ["revenue_usd"],
    "guardrails": {"unsubscribed": {"margin": 0.02}},
    "covariates": ["revenue_before_usd"],
    "contacted": "was_reached",
    "money": "revenue_usd",
    "winsorise": {"revenue_usd": 0.95},
    "quantiles": {"revenue_usd": [0.5, 0.9]},
    "segments": ["plan"],
    "contrasts": [["agent_b", "agent"]],
}
SECTIONS = [
    "Can it be trusted?",
    "Primary: meeting",
    "Secondary metrics",
    "Money",
    "Guardrails",
    "Those who were reached",
    "Segments named before",
    "Quantiles",
    "Uplift Exploratory",
    "Sensitivity",
    "Contrasts",
    "How to get this again",
]


def _units(seed=1, units=1_200):
    random = np.random.default_rng(seed)
    arms = random.choice(["agent", "agent_b", "holdout"], units, p=[0.4, 0.3, 0.3])
    is_agent = arms != "holdout"
    return drawn_units(seed, units=units).with_columns(
        arm=pl.Series(arms),
        meeting=pl.Series(random.random(units) < 0.05 + 0.1 * is_agent).cast(int),
        unsubscribed=pl.Series(random.random(units) < 0.01).cast(int),
        plan=pl.Series(random.choice(["free", "team"], units)),
        was_reached=pl.Series(is_agent & (random.random(units) < 0.6)),
    )


def _page(spec, readout):
    return html.document_fromstring(render_page(readout, spec))


def _text(element):
    return " ".join(" ".join(element.itertext()).split())


def _section(page, title):
    return next(s for s in page.iter("section") if _text(s.find("h2")) == title)


def _first_line(page):
    return _text(page.body.find_class("status")[0])


@pytest.fixture(scope="module")
def full():
    spec = trial_spec(**EVERYTHING)
    readout = analyze(_units(), spec)
    return readout, _page(spec, readout)


def test_a_full_spec_has_all_sections_in_the_order_in_which_they_are_read(full):
    """R151, R170: verdict, validity, primary, money, guardrails and the rest on one page."""
    _, page = full

    assert [_text(h) for h in page.iter("h2")] == SECTIONS
    assert [_text(h) for h in page.iter("h1")] == ["Shown"]
    assert "Asked: People whom the agent writes to meet more." in _text(page.body)


def test_the_primary_is_told_absolute_relative_and_total_with_intervals(full):
    readout, page = full
    row, said = readout.primary, _text(_section(page, "Primary: meeting"))

    assert f"+{row.effect * 100:.3g}" in said
    assert f"+{row.ci_low * 100:.3g} to +{row.ci_high * 100:.3g}" in said
    assert f"{row.relative:+.1%}" in said
    assert f"{row.total:+.4g}" in said


def test_guardrails_show_margin_p_value_and_power(full):
    readout, page = full
    row = next(r for r in readout.metrics if r.role == "guardrail")
    said = _text(_section(page, "Guardrails"))

    assert "+2 points" in said
    assert f"{row.margin_power:.0%}" in said
    assert row.verdict.partition(":")[0].capitalize() in said
    assert "agent_b against agent " not in said


def test_segments_money_and_checks_hold_the_figures_of_the_json(full):
    readout, page = full
    level, [money, *_] = readout.segments.levels[0], readout.money

    assert f"plan: {level.level}" in _text(_section(page, "Segments named before"))
    assert f"+{level.effect.effect * 100:.3g}" in _text(_section(page, "Segments named before"))
    assert f"{money.winsorised_total.effect:+,.4g}" in _text(_section(page, "Money"))
    for check in ("Huge values cut", "Without covariates", "As analysed"):
        assert check in _text(_section(page, "Sensitivity"))


def test_the_page_needs_no_network_and_runs_nothing(full):
    _, page = full

    assert not list(page.iter("script", "link", "img", "iframe"))
    assert all(a.get("href").startswith("#") for a in page.iter("a"))
    assert "url(" not in page.find(".//style").text
    assert "default-src 'none'" in page.find(".//meta[@http-equiv]").get("content")
    assert page.find(".//meta[@name='viewport']") is not None


def test_who_cannot_see_the_page_is_told_the_same(full):
    """Tables have captions, pictures have words, links lead somewhere, headings are in order."""
    _, page = full
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    levels = [int(h.tag[1]) for h in page.iter("h1", "h2", "h3")]

    assert page.get("lang") == "en"
    assert all(_text(table.find("caption")) for table in page.iter("table"))
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in page.iter("svg"))
    assert len(ids) == len(set(ids))
    assert all(a.get("href")[1:] in ids for a in page.iter("a"))
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_where_zero_is_not_excluded_the_page_says_not_shown_and_what_is_excluded():
    """R170: not shown is no proof of nothing; the effects that are excluded are named."""
    spec = trial_spec()
    readout = analyze(counted_units((50, 1_000), (48, 1_000)), spec)
    page = _page(spec, readout)
    low, high = readout.primary.ci_low * 100, readout.primary.ci_high * 100

    assert _text(page.find(".//h1")) == "Not shown"
    [answer] = page.find_class("answer")
    assert f"effects above +{high:.3g} and below −{-low:.3g} percentage points" in _text(answer)
    [picture] = page.iter("svg")
    assert "the interval includes zero" in picture.get("aria-label")


def _watched(meetings):
    units = counted_units((meetings, 1_000), (48, 1_000)).with_columns(
        assigned_at=NOW - timedelta(days=3)
    )
    spec = trial_spec(
        assigned_at="assigned_at",
        primary={"metric": "meeting", "window_days": 28},
        guardrails={"left": {"margin": 0.1}},
    )
    units = units.with_columns(left=pl.col("meeting"))
    return render_page(analyze(units, spec, now=NOW), spec)


def test_while_windows_are_open_the_page_is_the_same_whatever_the_effect():
    """R172: no look at a fixed trial before its end, not even at a mean."""
    page = html.document_fromstring(_watched(50))

    assert _watched(50) == _watched(900)
    assert _text(page.find(".//h1")) == "Not shown yet"
    assert not list(page.iter("svg"))
    assert "All will be shown from 26 April 2026, 00:00 UTC" in _text(page.body)
    assert "Window open" in _text(_section(page, "Can it be trusted?"))


def test_arms_of_other_sizes_than_promised_show_no_effect():
    """R169: an effect is not drawn where the arms may not be comparable."""
    spec = trial_spec()
    page = _page(spec, analyze(counted_units((200, 1_000), (20, 700)), spec))

    assert _text(page.find(".//h1")).startswith("Not shown: the arms may not be comparable")
    assert not list(page.iter("svg"))
    assert "Primary: meeting" not in [_text(h) for h in page.iter("h2")]


def test_two_arms_of_which_one_is_shown_are_told_apart():
    spec = trial_spec(arms={"agent": 0.3, "agent_b": 0.3, "holdout": 0.4})
    units = pl.concat(
        [
            counted_units((200, 1_500), (100, 2_000)),
            counted_units((80, 1_500), (0, 0)).with_columns(
                pl.lit("agent_b").alias("arm"), pl.col("unit_id") + "-b"
            ),
        ]
    )

    page = _page(spec, analyze(units, spec))

    assert _text(page.find(".//h1")) == "Shown for agent; not for agent_b"
    assert [_text(a).partition(":")[0] for a in page.find_class("answer")] == ["Shown", "Not shown"]


def test_what_strangers_wrote_is_text_and_never_markup():
    evil = "<script>alert(1)</script>"
    spec = trial_spec(
        hypothesis=f"{evil} & more", primary={"metric": f"m{evil}"}, segments=[f"s{evil}"]
    )
    units = drawn_units(1, units=300, base=0.3).rename({"meeting": f"m{evil}"})
    units = units.with_columns(pl.lit('"><img src=x onerror=alert(1)>').alias(f"s{evil}"))
    readout = analyze(units, spec).model_copy(
        update={
            "deviations": (f"changed by {evil}",),
            "contamination": (Blur(kind=evil, count=1, reading=evil),),
        }
    )

    page = _page(spec, readout)

    assert not list(page.iter("script", "img"))
    assert not [e for e in page.iter() for name in e.attrib if name.startswith("on")]
    assert _text(page.body).count(evil) > 5
    assert f"changed by {evil}" in _first_line(page)


@pytest.mark.parametrize(
    ("deviations", "first_line"),
    [
        (None, "Not checked against a registry"),
        ((), "As registered."),
        (("the spec was edited",), "1 deviation from what was registered: the spec was edited."),
        (("one", "two"), "2 deviations from what was registered: one. two."),
    ],
)
def test_the_first_line_says_where_the_analysis_departs_from_what_was_registered(
    deviations, first_line
):
    """R176: who reads one line only reads this one."""
    spec = trial_spec()
    readout = analyze(counted_units((50, 1_000), (48, 1_000)), spec)
    page = _page(spec, readout.model_copy(update={"deviations": deviations}))

    assert _text(page.body).startswith(first_line)
    assert _first_line(page).startswith(first_line)


def test_contamination_is_told_with_its_reading_or_said_to_be_unknown():
    spec = trial_spec()
    readout = analyze(counted_units((50, 1_000), (48, 1_000)), spec)
    found = (
        Blur(kind="shared_domains", count=3, reading="they may talk"),
        Blur(kind="merges_across_arms", count=0, reading="merged"),
        Blur(kind="reassigned_owners", count=0, is_measured=False, reading="moved"),
    )

    without = _text(_page(spec, readout).body)
    told = _text(_page(spec, readout.model_copy(update={"contamination": found})).body)

    assert "Contamination Not given" in without
    assert "Shared domains 3 they may talk" in told
    assert "Looked for and not found: merges across arms." in told
    assert "Not recorded, so not known: reassigned owners." in told


def test_a_sequential_trial_shows_no_effect_before_its_sequence_begins():
    """R172: what holds at every look is shown, and nothing else."""
    spec = trial_spec(analysis={"mode": "sequential"}, primary={"metric": "revenue_usd"})

    early = _page(spec, analyze(drawn_units(1, units=60), spec))
    later = _page(spec, analyze(drawn_units(1, units=2_000), spec))

    assert _text(early.find(".//h1")) == "Not shown yet"
    assert "no estimate" in next(early.iter("svg")).get("aria-label")
    assert _text(later.find(".//h1")) == "Shown"
    assert "read at every look (sequential)" in _text(later.body)
