import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Your question, in one sentence

    Why it is asked, and what would be done differently for each answer.
    """)
    return


@app.cell
def _():
    path = "out/demo"
    return (path,)


@app.cell(hide_code=True)
def _():
    from pathlib import Path

    import duckdb
    import marimo as mo
    import polars as pl

    from experiments.figure_rows import rows_of
    from experiments.metric_figures import group_figure
    from experiments.metric_words import reading_text
    from experiments.metrics import read_metrics
    from experiments.rate_intervals import intervals_of
    from experiments.semantic_layer import load_semantic_layer

    return (
        Path,
        duckdb,
        group_figure,
        intervals_of,
        load_semantic_layer,
        mo,
        pl,
        read_metrics,
        reading_text,
        rows_of,
    )


@app.cell
def _(Path, load_semantic_layer, path):
    warehouse = Path(path) / "warehouse.duckdb"
    definitions = load_semantic_layer().definitions
    return definitions, warehouse


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **A metric, by its definition.** `parley metrics list` names them; split and filter as you like.
    """)
    return


@app.cell
def _():
    metric = "positive_intent_rate"
    split_by = "language"
    where = {}  # for instance {"channel": "email", "segment": ["icp-midmarket-data"]}
    since, until = None, None  # days, both inclusive
    return metric, since, split_by, until, where


@app.cell
def _(metric, read_metrics, since, split_by, until, warehouse, where):
    readings = read_metrics(
        [metric], warehouse=warehouse, by=(split_by,), where=where, since=since, until=until
    )
    return (readings,)


@app.cell
def _(definitions, group_figure, metric, readings, rows_of, split_by):
    figure = group_figure(
        rows_of(readings, definitions, by=split_by), unit=definitions[metric].unit
    )
    figure
    return (figure,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **Anything else, in SQL.** The marts of `dbt/models/marts`; Polars takes it from there.
    """)
    return


@app.cell
def _(duckdb, pl, warehouse):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        replies = connection.sql(
            """
            select cast(occurred_at as date) as day, count(*) as replies
            from fct_messages
            where is_reply
            group by all
            order by day
            """
        ).pl()
    by_week = replies.group_by_dynamic("day", every="1w").agg(pl.col("replies").sum())
    by_week
    return by_week, replies


@app.cell
def _(metric, read_metrics, since, until, warehouse, where):
    whole = read_metrics([metric], warehouse=warehouse, where=where, since=since, until=until)
    return (whole,)


@app.cell(hide_code=True)
def _(definitions, intervals_of, metric, mo, reading_text, whole):
    (_said,) = (
        reading_text(reading, interval, definitions)
        for reading, interval in zip(whole, intervals_of(whole, definitions), strict=True)
    )
    answer = f"{definitions[metric].label}, all together: {_said}."
    mo.md(f"""
    # Answer

    **{answer}**
    """)
    return (answer,)


if __name__ == "__main__":
    app.run()
