(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (role) =>
    getComputedStyle(document.documentElement).getPropertyValue("--" + role).trim();

  function dressed(plot) {
    const copy = structuredClone(plot);
    for (const trace of copy.data) {
      const role = colour(trace.meta === "interval" ? "agent" : trace.meta);
      if (trace.line) trace.line.color = role;
      if (trace.marker) {
        trace.marker.color = role;
        if (trace.marker.line) trace.marker.line.color = role;
      }
    }
    const layout = copy.layout;
    layout.font.color = colour("ink");
    layout.hoverlabel = { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } };
    for (const axis of [layout.xaxis, layout.yaxis]) {
      axis.gridcolor = axis.linecolor = colour("grid");
      axis.tickfont.color = colour("muted");
      if (axis.title && axis.title.font) axis.title.font.color = colour("muted");
    }
    for (const note of layout.annotations || []) {
      note.font.color = colour(note.name);
      note.bgcolor = colour("card");
    }
    for (const shape of layout.shapes || []) shape.line.color = colour("muted");
    return copy;
  }

  function draw() {
    for (const [id, plot] of Object.entries(plots)) {
      const element = document.getElementById(id);
      if (!element) continue;
      const { data, layout } = dressed(plot);
      Plotly.react(element, data, layout, { displayModeBar: false, responsive: true });
    }
  }

  function onPaper(isPaper) {
    document.documentElement.classList.toggle("paper", isPaper);
    for (const part of document.querySelectorAll("details")) {
      if (isPaper) {
        part.dataset.was = part.open ? "open" : "";
        part.open = true;
      } else {
        part.open = part.dataset.was === "open";
      }
    }
    draw();
  }

  draw();
  const fitted = new ResizeObserver((changes) => {
    for (const { target } of changes) Plotly.Plots.resize(target);
  });
  for (const id of Object.keys(plots)) {
    const element = document.getElementById(id);
    if (element) fitted.observe(element);
  }
  dark.addEventListener("change", draw);
  addEventListener("beforeprint", () => onPaper(true));
  addEventListener("afterprint", () => onPaper(false));
})();
