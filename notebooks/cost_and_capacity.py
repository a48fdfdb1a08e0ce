import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # What would ten times the volume cost, and what breaks first?

    The ledger says what a conversation costs today; the price list says what more of them would
    cost; the run says how much of people, mailboxes and machines each of them takes.
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

    from experiments.capacity import Capacity, first_to_break, resources_of_run, utilisation
    from experiments.figure_rows import Row
    from experiments.metric_figures import split_figure
    from experiments.metric_words import reading_text, value_text
    from experiments.metrics import read_metric
    from experiments.number_figures import multiples_figure
    from experiments.semantic_layer import load_semantic_layer

    return (
        Capacity,
        Path,
        Row,
        duckdb,
        first_to_break,
        load_semantic_layer,
        mo,
        multiples_figure,
        pl,
        read_metric,
        reading_text,
        resources_of_run,
        split_figure,
        utilisation,
        value_text,
    )


@app.cell
def _(Capacity):
    capacity = Capacity(reviewers=2, reviewer_hours_a_day=2, mailboxes=3, mails_a_day=50, workers=1)
    return (capacity,)


@app.cell
def _(Path, path, pl):
    warehouse = Path(path) / "warehouse.duckdb"
    month = pl.read_parquet(Path(path) / "lake/metrics/cost_at_volume.parquet")
    return month, warehouse


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **Today.** What the ledger has for each thing, in US dollars.
    """)
    return


@app.cell
def _(duckdb, warehouse):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ledger = connection.sql(
            """
            select item, actor, sum(quantity) as quantity, sum(amount_usd) as amount_usd
            from fct_costs
            where is_program
            group by all
            order by amount_usd desc nulls last
            """
        ).pl()
    return (ledger,)


@app.cell
def _(Row, ledger, split_figure, value_text):
    spent = split_figure(
        [
            Row(
                at=f"{row['item']} {row['actor']}",
                label=f"{row['item']} ({row['actor']})",
                value=row["amount_usd"],
                low=None,
                high=None,
                said=value_text(row["amount_usd"], "USD"),
            )
            for row in ledger.iter_rows(named=True)
        ]
    )
    spent
    return (spent,)


@app.cell
def _(load_semantic_layer, mo, read_metric, reading_text, warehouse):
    (marginal,) = read_metric("marginal_cost_per_conversation_usd", warehouse=warehouse)
    _said = reading_text(marginal, None, load_semantic_layer().definitions)
    mo.md(f"""
    **One more conversation** adds this to the program's cost, standing costs apart: {_said}.

    **On the price list**, a month of 1, 2, 5 and 10 times this run:
    """)
    return (marginal,)


@app.cell
def _(mo, month):
    mo.ui.table(month, selection=None)
    return


@app.cell
def _(month, multiples_figure):
    figure = multiples_figure(
        month["multiple"].to_list(), month["marginal_usd"].to_list(), unit="USD a conversation more"
    )
    figure
    return (figure,)


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    **What there is.** Change `capacity` above to what you have; 1 is all of it.
    """)
    return


@app.cell
def _(capacity, mo, month, resources_of_run, utilisation, warehouse):
    resources = resources_of_run(warehouse, month, capacity)
    used = utilisation(resources)
    mo.ui.table(used, selection=None)
    return resources, used


@app.cell(hide_code=True)
def _(first_to_break, mo, month, resources, value_text):
    _last = month.sort("multiple").tail(1).to_dicts()
    _price = (
        f"At {_last[0]['multiple']} times the volume a conversation more costs "
        f"{value_text(_last[0]['marginal_usd'], 'USD')}, and all of them "
        f"{value_text(_last[0]['cost_usd'], 'USD')} a month. "
        if _last
        else "Nobody has answered yet, so no price of a conversation can be told. "
    )
    answer = _price + first_to_break(resources)
    mo.md(f"""
    # Answer

    **{answer}**
    """)
    return (answer,)


if __name__ == "__main__":
    app.run()
