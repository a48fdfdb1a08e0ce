// A figure in the colours of the page, light or dark; `meta` of a trace says which role it plays.
const colour = (role) =>
  getComputedStyle(document.documentElement).getPropertyValue("--" + role).trim();

function dressed(plot) {
  const copy = structuredClone(plot);
  for (const trace of copy.data) {
    const role = trace.meta.role || trace.meta;
    const ink = colour(role === "interval" ? "agent" : role);
    if (trace.line) trace.line.color = ink;
    if (trace.fill) trace.fillcolor = ink + "24";
    if (trace.textfont) trace.textfont.color = ink;
    if (trace.marker) {
      trace.marker.color = ink;
      if (trace.marker.line) trace.marker.line.color = ink;
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
