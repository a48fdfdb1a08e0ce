"""The numbers that a dashboard holds, as its HTML holds them."""

import json
import re

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def embedded(workspace, name):
    """Returns what a built page gives to its script."""
    page = (workspace.root / "dashboards" / f"{name}.html").read_text(encoding="utf-8")
    return json.loads(DATA.search(page)[1])


def cell(page, metric, period="run", part="", **chosen):
    """Returns the cell of a metric for a choice of filters; the one for nothing where it has none.

    The first of its values is the metric's value.
    """
    places = (
        str([v["value"] for v in known["values"]].index(chosen[known["name"]]))
        if known["name"] in chosen
        else ""
        for known in page["filters"]
    )
    empty = page["metrics"].get(metric, {}).get("empty")
    return page["slices"][metric].get("|".join((period, *places, part)), empty)
