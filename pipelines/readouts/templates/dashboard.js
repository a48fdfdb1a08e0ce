(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const [VALUE, LOW, HIGH, , , , TEXT, INTERVAL, BASIS, SAID] = Array(10).keys();
  const TICKS = 7;

  // What is chosen: filter to value; the period. It stands in the address, so that it can be sent.
  function chosen() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const state = { period: "run", filters: {} };
    for (const filter of page.filters) {
      const value = asked.get(filter.name);
      if (filter.values.some((known) => known.value === value)) state.filters[filter.name] = value;
    }
    const period = asked.get("period");
    if (page.periods.some((known) => known.key === period)) state.period = period;
    return state;
  }

  function choose(name, value) {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (value) asked.set(name, value);
    else asked.delete(name);
    history.replaceState(null, "", "#" + asked);
    draw();
  }

  // The cell of a metric. Nothing is computed here: a cell was read, or there was none to read.
  function keyOf(period, filters, part = "") {
    const places = page.filters.map((filter) =>
      filter.name in filters ? filter.values.findIndex((v) => v.value === filters[filter.name]) : "");
    return [period, ...places, part].join("|");
  }

  function cell(name, period, filters) {
    const metric = page.metrics[name];
    const unable = Object.keys(filters).filter((filter) => !metric.able.includes(filter));
    if (unable.length) {
      const why = "cannot be told by " + unable.join(" or ");
      return [null, null, null, null, null, 0, "–", "", why, why];
    }
    return page.slices[name][keyOf(period, filters)] || metric.empty;
  }

  const row = (at, label, c) =>
    ({ at, label, value: c[VALUE], low: c[LOW], high: c[HIGH], said: c[SAID], basis: c[BASIS] });
  const ranked = (rows) =>
    rows.sort((a, b) => (a.value === null) - (b.value === null) || b.value - a.value);

  function rowsOf(panel, { period, filters }) {
    const [name] = panel.metrics;
    if (panel.figure === "trend")
      return page.periods.filter((p) => p.key.startsWith("week"))
        .map((p) => row(p.key.slice(5), p.short, cell(name, p.key, filters)));
    if (panel.is_split) {
      if (Object.keys(filters).some((f) => !page.metrics[name].able.includes(f))) return [];
      const cells = page.slices[`${name}/${panel.by}`];
      return ranked(panel.parts
        .map((part) => row(part.value, part.label,
          cells[keyOf(period, filters, part.value)] || page.metrics[name].empty)));
    }
    if (panel.figure === "groups") {
      const filter = page.filters.find((f) => f.name === panel.by);
      if (!filter) return [row("all", "All", cell(name, period, filters))];
      const values = filter.values.filter((v) => (filters[panel.by] ?? v.value) === v.value);
      return ranked(values.map((v) =>
        row(v.value, v.label, cell(name, period, { ...filters, [panel.by]: v.value }))));
    }
    if (panel.figure === "spread")
      return panel.pairs.map((pair) => {
        const [median, tail] = [pair.median, pair.tail].map((m) => cell(m, period, filters));
        if (median[VALUE] === null || tail[VALUE] === null)
          return { at: pair.label, label: pair.label, value: null, low: null, high: null, said: median[SAID], basis: "" };
        return { at: pair.label, label: pair.label, value: median[VALUE], low: median[VALUE], high: tail[VALUE],
          said: `${median[TEXT]} · ${tail[TEXT]}`, basis: median[BASIS] };
      });
    return panel.metrics.map((m) => row(m, page.metrics[m].label, cell(m, period, filters)));
  }

  // Fills a figure from rows as experiments/figure_rows.py does.
  function taken([how, first, second], rows) {
    if (how === "same") return rows.map(() => first);
    if (how === "each") return rows.map((r) => r[first]);
    if (how === "span")
      return rows.filter((r) => r.low !== null).flatMap((r) => [r[first], r[second], null]);
    const runs = [[]];
    for (const r of rows) r.low === null ? runs.push([]) : runs.at(-1).push(r);
    return runs.filter((run) => run.length).flatMap((run) =>
      [...run.map((r) => r[first]), ...run.toReversed().map((r) => r[second]), null]);
  }

  function words(r, lift) {
    const said = r.value === null ? "no value" : r.said;
    return [[0, "left", r.label, "ink"], [1, "right", said, "muted"]].map(([x, xanchor, text, name]) =>
      ({ x, xref: "paper", xanchor, y: r.at, yshift: lift, text, name, showarrow: false, borderpad: 1, font: { size: 13 } }));
  }

  function filled(plot, rows) {
    const copy = structuredClone(plot);
    for (const trace of copy.data)
      for (const [name, source] of Object.entries(trace.meta.from)) trace[name] = taken(source, rows);
    const hints = copy.layout.meta || {};
    if (hints.row_height) {
      copy.layout.height = hints.base_height + hints.row_height * Math.max(rows.length, 1);
      copy.layout.yaxis.categoryarray = rows.map((r) => r.at);
      copy.layout.yaxis.range = [rows.length - 0.6, -0.8];
      copy.layout.annotations = rows.flatMap((r) => words(r, hints.lift));
    }
    if (hints.has_days) {
      const step = Math.ceil(rows.length / TICKS) || 1;
      copy.layout.xaxis.tickvals = rows.map((r) => r.at).filter((_, i) => i % step === 0);
    }
    return copy;
  }

  const CONFIG = { displayModeBar: false, responsive: true };
  const plotted = (element, plot) => {
    const { data, layout } = dressed(plot);
    return Plotly.react(element, data, layout, CONFIG);
  };

  function drawPanel(id, panel, state) {
    const figure = document.getElementById(id);
    const [plot, none, caveat] = [".plot", ".none", ".caveat"].map((s) => figure.querySelector(s));
    const rows = rowsOf(panel, state);
    const isEmpty = !rows.some((r) => r.value !== null && (r.value || panel.figure !== "bars"));
    plot.hidden = isEmpty;
    none.hidden = !isEmpty;
    if (isEmpty) {
      Plotly.purge(plot);
      const unable = panel.metrics.length ? cell(panel.metrics[0], state.period, state.filters) : null;
      const why = (rows.find((r) => r.value === null) || {}).said
        || (unable && unable[VALUE] === null ? unable[SAID] : "nothing to count");
      none.textContent = why[0].toUpperCase() + why.slice(1) + ".";
    } else {
      plot.setAttribute("aria-label", rows.map((r) => `${r.label}: ${r.said}`).join("; "));
      plotted(plot, filled(panel.plot, rows));
    }
    const said = panel.metrics.length === 1 ? page.metrics[panel.metrics[0]].caveat : "";
    const isBroken = said && (Object.keys(state.filters).length || (panel.figure === "groups"));
    caveat.hidden = !isBroken;
    caveat.textContent = isBroken ? said : "";
    numbers(figure.querySelector(".numbers"), rows);
  }

  function numbers(details, rows) {
    details.hidden = !rows.length;
    const table = document.createElement("table");
    const body = table.createTBody();
    for (const r of rows) {
      const line = body.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = r.label;
      line.append(head);
      for (const text of [r.said, r.said === r.basis ? "" : r.basis]) {
        const place = line.insertCell();
        place.className = "number";
        place.textContent = text;
      }
    }
    details.querySelector("div").replaceChildren(table);
  }

  function drawTile(tile, { period, filters }) {
    const name = tile.dataset.tile;
    const found = cell(name, period, filters);
    const put = (part, text) => {
      const element = tile.querySelector(part);
      element.textContent = text;
      element.hidden = !text;
    };
    tile.classList.toggle("none", found[VALUE] === null);
    put(".value", found[TEXT]);
    put(".interval", found[INTERVAL] && `${found[INTERVAL]}, 95% interval`);
    put(".basis", found[BASIS]);
    put(".caveat", Object.keys(filters).length && found[VALUE] !== null ? page.metrics[name].caveat : "");
    return found[VALUE];
  }

  function draw() {
    const state = chosen();
    for (const select of document.querySelectorAll(".filters select")) {
      const value = select.name === "period" ? state.period : state.filters[select.name] || "";
      select.value = value;
      select.classList.toggle("set", value !== "" && value !== "run");
    }
    const labels = page.filters.filter((f) => f.name in state.filters).map((f) =>
      `${f.label.toLowerCase()} ${f.values.find((v) => v.value === state.filters[f.name]).label}`);
    document.getElementById("chosen").textContent =
      [page.periods.find((p) => p.key === state.period).label, ...labels].join("; ");
    document.getElementById("clear").hidden = !labels.length && state.period === "run";
    for (const link of document.querySelectorAll("[data-keep]")) link.hash = location.hash;

    const values = [...document.querySelectorAll("[data-tile]")].map((tile) => drawTile(tile, state));
    document.getElementById("nothing").hidden = values.some((value) => value);
    for (const [id, panel] of Object.entries(page.panels)) drawPanel(id, panel, state);
    for (const [id, plot] of Object.entries(page.plots)) plotted(document.getElementById(id), plot);
  }

  function offer() {
    const form = document.getElementById("filters");
    const select = (name, label, options) => {
      const box = document.createElement("label");
      box.textContent = label;
      const list = document.createElement("select");
      list.name = name;
      for (const [value, text] of options) list.add(new Option(text, value));
      list.addEventListener("change", () => choose(name, list.value === "run" ? "" : list.value));
      box.append(list);
      form.append(box);
    };
    for (const filter of page.filters)
      select(filter.name, filter.label, [["", "All"], ...filter.values.map((v) => [v.value, v.label])]);
    select("period", "Period", page.periods.map((p) => [p.key, p.key === "run" ? p.short : p.label]));
    const clear = document.createElement("button");
    clear.type = "button";
    clear.id = "clear";
    clear.textContent = "Clear";
    clear.addEventListener("click", () => {
      history.replaceState(null, "", location.pathname + location.search);
      draw();
    });
    form.append(clear);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  function explain(name) {
    const metric = page.metrics[name];
    const dialog = document.getElementById("definition");
    dialog.querySelector("h2").textContent = metric.label;
    for (const field of dialog.querySelectorAll("[data-field]"))
      field.textContent = metric[field.dataset.field];
    const lines = {
      Unit: metric.unit, "Counted by": metric.grain, Owner: metric.owner, Requirement: metric.requirement,
      "Guard rails": metric.guard_rails, "Null when": metric.null_when, Name: name,
    };
    const list = dialog.querySelector("dl");
    list.replaceChildren();
    for (const [term, text] of Object.entries(lines)) {
      if (!text) continue;
      const [dt, dd] = ["dt", "dd"].map((tag) => document.createElement(tag));
      dt.textContent = term;
      dd.textContent = text;
      list.append(dt, dd);
    }
    dialog.showModal();
  }

  offer();
  draw();
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".about");
    if (button) explain(button.dataset.metric);
    if (event.target.id === "definition") event.target.close();
  });
  const fitted = new ResizeObserver((changes) => {
    for (const { target } of changes) if (target.data && !target.hidden) Plotly.Plots.resize(target);
  });
  for (const element of document.querySelectorAll(".plot")) fitted.observe(element);
  addEventListener("hashchange", draw);
  dark.addEventListener("change", draw);
  const onPaper = (is) => {
    document.documentElement.classList.toggle("paper", is);
    draw();
  };
  addEventListener("beforeprint", () => onPaper(true));
  addEventListener("afterprint", () => onPaper(false));
})();
