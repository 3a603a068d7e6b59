// Draws every element of class chart: its data-option is a whole ECharts option as JSON, in which functions can't be.
//
// Colours come from the page's sheet, so that charts follow light and dark. Words in place of functions:
//   "theme:NAME" (any string of an option)  the colour --NAME of the sheet, as "theme:up"
// Tooltips are drawn on the canvas ("richText"): the content security policy allows no styles in markup.

const drawn = new Map();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function registerTheme() {
  const ink = colour("ink"), quiet = colour("quiet"), line = colour("line"), panel = colour("panel");
  const axis = {
    axisLine: { lineStyle: { color: colour("line-strong") } },
    axisTick: { lineStyle: { color: colour("line-strong") } },
    axisLabel: { color: quiet },
    nameTextStyle: { color: quiet },
    splitLine: { lineStyle: { color: line } },
    splitArea: { areaStyle: { color: ["transparent"] } },
  };
  const up = colour("up"), down = colour("down");
  echarts.registerTheme("page", {
    color: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => colour(`series-${number}`)),
    backgroundColor: "transparent",
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
    title: { textStyle: { color: ink, fontSize: 13, fontWeight: 600 }, subtextStyle: { color: quiet } },
    legend: { textStyle: { color: quiet }, pageTextStyle: { color: quiet }, pageIconColor: quiet },
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: panel, borderColor: colour("line-strong"), borderWidth: 1,
      textStyle: { color: ink, fontSize: 12 }, axisPointer: { lineStyle: { color: quiet }, crossStyle: { color: quiet } },
    },
    categoryAxis: axis, valueAxis: axis, timeAxis: axis, logAxis: axis,
    dataZoom: { textStyle: { color: quiet }, borderColor: line },
    visualMap: { textStyle: { color: quiet } },
    candlestick: { itemStyle: { color: up, color0: down, borderColor: up, borderColor0: down } },
  });
}

function resolved(value) {
  if (typeof value === "string" && value.startsWith("theme:")) return colour(value.slice(6));
  if (Array.isArray(value)) return value.length && typeof value[0] === "number" ? value : value.map(resolved);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
  }
  return value;
}

function draw(element) {
  const option = resolved(JSON.parse(element.dataset.option));
  const tooltip = option.tooltip && !Array.isArray(option.tooltip) ? { ...option.tooltip, renderMode: "richText" } : option.tooltip;
  drawn.get(element)?.dispose();
  const chart = echarts.init(element, "page", { renderer: "canvas" });
  chart.setOption({ animation: false, ...option, ...(tooltip ? { tooltip } : {}) });
  drawn.set(element, chart);
  element.dataset.drawn = "true";
}

function drawAll() {
  registerTheme();
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "300px" });
  for (const element of document.querySelectorAll(".chart[data-option]")) seen.observe(element);
}

if (globalThis.echarts) {
  drawAll();
  document.addEventListener("theme", () => {
    registerTheme();
    for (const element of [...drawn.keys()]) draw(element);
  });
  new ResizeObserver(() => {
    for (const [element, chart] of drawn) if (element.isConnected) chart.resize();
  }).observe(document.body);
}
