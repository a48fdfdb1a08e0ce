import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # From which confidence on may the agent answer without a person?

    A confidence is worth something if what is said with 90% turns out right nine times of ten. Here
    it is held against what reviewers found. The safe band begins at the lowest threshold that is
    shown to keep errors below what you can bear.
    """)
    return


@app.cell
def _():
    path = "out/demo"
    return (path,)


@app.cell
def _():
    most_errors = 0.05
    return (most_errors,)


@app.cell(hide_code=True)
def _():
    from pathlib import Path

    import marimo as mo

    from experiments import calibration, safe_band
    from experiments.band_figures import risk_figure
    from experiments.number_figures import reliability_figure

    return Path, calibration, mo, reliability_figure, risk_figure, safe_band


@app.cell
def _(Path, calibration, path):
    reviewed = calibration.judged_answers(Path(path) / "warehouse.duckdb")
    is_simulated = reviewed.is_empty()
    judged = calibration.simulated_answers() if is_simulated else reviewed
    return is_simulated, judged, reviewed


@app.cell(hide_code=True)
def _(is_simulated, judged, mo):
    source = (
        "**These answers are made up.** Nobody has judged an answer of this run yet, so the method "
        "is shown on a simulated agent that is a little too sure. Score some with `parley review` "
        "and run this again."
        if is_simulated
        else f"**{judged.height:,} answers that reviewers judged.** Right is what all of them gave "
        "at least 4 of 5 points for accuracy and nobody took back. Answers that nobody judged are "
        "not in it; if reviewers pick the odd ones, the agent looks worse than it is."
    )
    mo.md(source)
    return (source,)


@app.cell
def _(calibration, judged, reliability_figure):
    bands = calibration.reliability(judged)
    figure = reliability_figure(bands)
    figure
    return bands, figure


@app.cell
def _(bands, mo):
    mo.ui.table(bands, selection=None)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **At each threshold.** What would be sent without a person, and how much of it would be wrong.
    """)
    return


@app.cell
def _(calibration, judged, mo):
    thresholds = calibration.at_thresholds(judged)
    mo.ui.table(thresholds, selection=None)
    return (thresholds,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **The same, proven at every look.** The band that the agent keeps is stricter: it opens where
    bets against it show half of what you can bear, and closes by itself when what is judged later
    says otherwise. `parley autonomy band calibrate` does this per category, from the drafts that
    people read.
    """)
    return


@app.cell
def _(judged, most_errors, risk_figure, safe_band):
    opens_at = most_errors * safe_band.RESERVE
    proven = safe_band.threshold_of(safe_band.of_answers(judged), bound=opens_at)
    risk = risk_figure(
        safe_band.curve(safe_band.of_answers(judged)),
        bound=most_errors,
        opens_at=opens_at,
        threshold=proven,
    )
    risk
    return opens_at, proven, risk


@app.cell(hide_code=True)
def _(calibration, is_simulated, mo, most_errors, thresholds):
    answer = calibration.answer(thresholds, most_errors=most_errors)
    answer = f"On made-up answers: {answer}" if is_simulated else answer
    mo.md(f"""
    # Answer

    **{answer}**
    """)
    return (answer,)


if __name__ == "__main__":
    app.run()
