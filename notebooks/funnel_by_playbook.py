import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Where does each playbook lose people?

    From a thread that is opened to a meeting that is set. The step that loses most is the one to
    work on first, if it is surely the worst; where the intervals overlap, it may be another.
    """)
    return


@app.cell
def _():
    path = "out/demo"
    return (path,)


@app.cell(hide_code=True)
def _():
    from pathlib import Path

    import marimo as mo
    import polars as pl

    from experiments.figure_rows import rows_of
    from experiments.funnel import STEPS, losses_by_playbook, told
    from experiments.metric_figures import funnel_figure, group_figure
    from experiments.metrics import read_metrics
    from experiments.semantic_layer import load_semantic_layer

    return (
        Path,
        STEPS,
        funnel_figure,
        group_figure,
        load_semantic_layer,
        losses_by_playbook,
        mo,
        pl,
        read_metrics,
        rows_of,
        told,
    )


@app.cell
def _(Path, load_semantic_layer, path):
    warehouse = Path(path) / "warehouse.duckdb"
    definitions = load_semantic_layer().definitions
    return definitions, warehouse


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **All playbooks together.**
    """)
    return


@app.cell
def _(STEPS, definitions, funnel_figure, read_metrics, rows_of, warehouse):
    steps = [
        row
        for name in STEPS
        for row in rows_of(read_metrics([name], warehouse=warehouse), definitions)
    ]
    figure = funnel_figure(steps)
    figure
    return figure, steps


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **Each playbook, step by step.** Of those who came to the step before, how many went on.
    """)
    return


@app.cell
def _(losses_by_playbook, mo, pl, warehouse):
    losses = losses_by_playbook(warehouse)
    table = pl.DataFrame(
        [
            {
                "playbook": loss.playbook,
                "step": loss.step,
                "came": loss.came,
                "went on": loss.went_on,
                "share": loss.share,
                "low": loss.interval.low,
                "high": loss.interval.high,
            }
            for loss in losses
        ]
    )
    mo.ui.table(table, selection=None)
    return losses, table


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **Next steps by playbook.** Of the conversations in which the buyer said something.
    """)
    return


@app.cell
def _(definitions, group_figure, read_metrics, rows_of, warehouse):
    readings = read_metrics(["positive_intent_rate"], warehouse=warehouse, by=("playbook",))
    next_steps = group_figure(rows_of(readings, definitions, by="playbook"), unit="share")
    next_steps
    return next_steps, readings


@app.cell(hide_code=True)
def _(losses, mo, told):
    answer = told(losses)
    mo.md(f"""
    # Answer

    **{answer}**
    """)
    return (answer,)


if __name__ == "__main__":
    app.run()
