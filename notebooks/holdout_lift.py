import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Does the agent bring meetings that would not have come without it?

    Every person was put into an arm before the first mail. Whoever is in the holdout never
    hears from the agent. So the difference between the arms, counted over everybody who was
    assigned, is what the agent was worth, and its interval is how well this run can tell.
    """)
    return


@app.cell
def _():
    path = "out/demo"
    return (path,)


@app.cell(hide_code=True)
def _():
    import json
    from pathlib import Path

    import marimo as mo
    import polars as pl

    from experiments import registry
    from experiments.analysis import analyze
    from experiments.figures import interval_figure
    from experiments.units import joined_units

    return Path, analyze, interval_figure, joined_units, json, mo, pl, registry


@app.cell
def _(Path, path, pl):
    workspace = Path(path)
    assignments = pl.read_parquet(workspace / "lake/assignments.parquet")
    metrics = pl.read_parquet(workspace / "lake/metrics/metric_by_unit.parquet")
    truth_file = workspace / "sandbox/truth.json"
    return assignments, metrics, truth_file, workspace


@app.cell
def _(assignments):
    experiment_id = assignments["experiment_id"][0]
    return (experiment_id,)


@app.cell
def _(experiment_id, registry, workspace):
    registration = registry.current(workspace / "registry.jsonl", experiment_id)
    spec = registration.to_spec()
    return registration, spec


@app.cell(hide_code=True)
def _(mo, registration, spec):
    mo.md(f"""
    **What was promised.** {spec.hypothesis}

    Registered by {registration.approver} at {registration.registered_at:%Y-%m-%d %H:%M} UTC as
    `{registration.spec_hash[:12]}`, before anybody was assigned.
    """)
    return


@app.cell
def _(analyze, assignments, joined_units, metrics, spec):
    units = joined_units(assignments, metrics, spec)
    readout = analyze(units, spec, source="metric_by_unit")
    return readout, units


@app.cell(hide_code=True)
def _(mo, readout, units):
    mo.md(f"""
    **Can it be trusted?** {units.height:,} units: {readout.srm.observed}, expected
    {readout.srm.expected}; sample ratio p = {readout.srm.p_value:.3g}.
    """)
    return


@app.cell
def _(mo, pl, readout):
    mo.ui.table(pl.DataFrame([row.model_dump() for row in readout.metrics]), selection=None)
    return


@app.cell
def _(json, truth_file):
    truth = json.loads(truth_file.read_text()) if truth_file.exists() else {}
    return (truth,)


@app.cell
def _(interval_figure, mo, readout, truth):
    figure = interval_figure(readout.primary, truth=truth.get("planted_effect"))
    mo.as_html(figure)
    return (figure,)


@app.cell(hide_code=True)
def _(mo, readout, truth):
    answer = readout.verdict
    planted = (
        f"The sandbox planted {truth['planted_effect']:+.2%} per person, "
        f"{truth['planted_total']:+,} meetings in all."
        if truth
        else "Nobody planted a truth here: this is not the sandbox."
    )
    mo.md(f"""
    # Answer

    **{answer}**

    {planted}
    """)
    return answer, planted


if __name__ == "__main__":
    app.run()
