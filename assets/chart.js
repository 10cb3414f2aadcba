/**
 * Charts with axes, a crosshair that the keyboard moves too, the period before, and zoom: drawn by uPlot in place of the server's SVG,
 * which stays for those without script, and its table of numbers for all.
 */

for (const figure of document.querySelectorAll("[data-plot]")) {
  const { unit, at, names, kinds, previous, running } = JSON.parse(figure.dataset.plot);
  const svg = figure.querySelector("svg.bars");
  const step = unit === "day" ? 86_400_000 : 3_600_000;
  const total = (index) => kinds.reduce((sum, { counts }) => sum + counts[index], 0);
  const number = (value) => value.toLocaleString("en-US");
  const short = new Intl.NumberFormat("en-US", { notation: "compact" });

  const holder = document.createElement("div");
  const readout = document.createElement("p");
  const reset = document.createElement("button");
  holder.className = "plot";
  readout.className = "hint readout";
  reset.type = "button";
  reset.className = "quiet small";
  reset.textContent = "Reset zoom";
  reset.hidden = true;
  svg.before(holder, readout);
  readout.before(reset);
  svg.setAttribute("hidden", "");
  for (const element of figure.querySelectorAll(".ends, .most")) element.hidden = true;

  // https://www.w3.org/WAI/ARIA/apg/patterns/slider/: one value of many, which arrows choose.
  holder.tabIndex = 0;
  holder.setAttribute("role", "slider");
  holder.setAttribute("aria-label", svg.getAttribute("aria-label"));
  holder.setAttribute("aria-valuemin", 0);
  holder.setAttribute("aria-valuemax", at.length - 1);
  let chosen = at.length - 1;

  const wordsOf = (index) => {
    const parts = kinds.map(({ name, counts }) => `${number(counts[index])} ${name}`);
    const before = previous ? `; ${number(previous[index])} in the ${unit} of the period before` : "";
    return `${names[index]}: ${number(total(index))} requests, ${parts.join(", ")}${before}`;
  };
  const read = (index) => {
    chosen = index;
    readout.textContent = wordsOf(index);
    holder.setAttribute("aria-valuenow", index);
    holder.setAttribute("aria-valuetext", readout.textContent);
  };
  read(chosen);

  const colorOf = (kind, property) => getComputedStyle(figure.querySelector(`.legend .${kind}`))[property];
  const dayOf = (time) =>
    new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const labelOf = (time) => {
    const isMidnight = time % 86_400_000 === 0;
    return unit === "day" || isMidnight ? dayOf(time) : new Date(time).toISOString().slice(11, 16);
  };

  // Each bar is drawn from zero, the highest first, so that what shows of it is its own part.
  const heights = kinds.map((_, first) =>
    at.map((_, index) => kinds.slice(0, first + 1).reduce((sum, { counts }) => sum + counts[index], 0)),
  );

  let plot;
  const draw = () => {
    plot?.destroy();
    const faint = getComputedStyle(readout).color;
    const line = getComputedStyle(svg).borderBottomColor;
    const axis = {
      stroke: faint,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1, size: 5 },
      font: "12px system-ui",
    };
    const sheet = getComputedStyle(figure.closest(".sheet")).backgroundColor;
    const stacked = kinds.map(({ kind }, index) => {
      const color = colorOf(kind, "fill");
      // What is not over yet is as pale as in the SVG. The colours are opaque, since lower bars are drawn over higher ones.
      const pale = `color-mix(in srgb, ${color} 60%, ${sheet})`;
      const colors = at.map((_, place) => (place === running ? pale : color));
      return {
        fill: color,
        width: 0,
        paths: uPlot.paths.bars({ size: [0.85, 64], disp: { fill: { unit: 3, values: () => colors } } }),
        points: { show: false },
        data: heights[index],
      };
    });
    const before = previous && {
      stroke: colorOf("previous", "stroke"),
      width: 2,
      dash: [4, 4],
      points: { show: false },
      data: previous,
    };
    const series = [...stacked.reverse(), ...(before ? [before] : [])];
    const options = {
      width: holder.clientWidth,
      height: 220,
      ms: 1,
      tzDate: (time) => uPlot.tzDate(new Date(time), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
      scales: {
        x: { range: (_, min, max) => [min - step / 2, max + step / 2] },
        y: { range: (_, __, max) => [0, Math.max(4, max * 1.05)] },
      },
      axes: [
        {
          ...axis,
          incrs: [1, 2, 3, 6, 12, 24, 48, 168, 336].map((hours) => hours * 3_600_000).filter((size) => size >= step),
          space: 64,
          values: (_, times) => times.map(labelOf),
        },
        {
          ...axis,
          size: 48,
          incrs: [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8,
            1e9,
          ],
          values: (_, values) => values.map((value) => short.format(value)),
        },
      ],
      series: [{}, ...series.map(({ data, ...rest }) => rest)],
      hooks: {
        setCursor: [({ cursor: { idx } }) => idx !== null && idx !== undefined && read(idx)],
        setScale: [
          ({ scales: { x } }, name) => {
            if (name === "x") reset.hidden = x.min <= at[0] && x.max >= at.at(-1);
          },
        ],
      },
    };
    plot = new uPlot(options, [at, ...series.map(({ data }) => data)], holder);
  };
  draw();

  const zoomTo = (first, last) =>
    plot.setScale("x", { min: at[Math.max(0, first)], max: at[Math.min(at.length - 1, last)] });
  const show = (index) => plot.setCursor({ left: plot.valToPos(at[index], "x"), top: 0 });
  const keys = {
    ArrowLeft: () => show(Math.max(0, chosen - 1)),
    ArrowRight: () => show(Math.min(at.length - 1, chosen + 1)),
    Home: () => show(0),
    End: () => show(at.length - 1),
    "+": () => zoomTo(chosen - 3, chosen + 3),
    "-": () => zoomTo(0, at.length - 1),
  };
  holder.addEventListener("keydown", (event) => {
    const act = !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  reset.addEventListener("click", () => {
    zoomTo(0, at.length - 1);
    holder.focus();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => holder.clientWidth > 0 && plot.setSize({ width: holder.clientWidth, height: 220 })).observe(
    holder,
  );
}
