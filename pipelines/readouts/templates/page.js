(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");

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
