// Charts of training metrics that answer: the figures at the step under the mouse or the arrow keys, and a closer look;
// while training goes on and pushes, they grow. Without this the charts are pictures, as far as training had come when
// the page was opened, with their last, lowest and highest figures in a table.
const WIDTH = 240;
const HEIGHT = 64;
const MOST_POINTS = 480;
const LOOK_EVERY = 10_000;
const LOOKS_WHILE_STILL = 30;
const LOOK_SELDOM = 60_000;
let page = document.querySelector("[data-metrics]");
let asked = null;
let commit = null;
let still = 0;

startAll();
watch();

function startAll() {
  for (const chart of page.querySelectorAll("[data-tag]")) start(chart);
}

// Looks for a new commit now and then; seldom, once none came for five minutes.
async function watch() {
  if (!document.hidden) {
    try {
      still = (await freshen()) ? 0 : still + 1;
    } catch {
      still += 1; // the server is away; it is asked again
    }
  }
  setTimeout(watch, still < LOOKS_WHILE_STILL ? LOOK_EVERY : LOOK_SELDOM);
}

// Takes the charts of a new commit, unless somebody is reading one by the keyboard; says whether it did.
async function freshen() {
  const answer = await fetch(`${page.dataset.repo}?expand=sha`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return false;
  const newest = (await answer.json()).sha;
  commit ??= newest;
  if (newest === commit || page.contains(document.activeElement)) return false;
  const again = await fetch(location.href);
  if (!again.ok) return false;
  const fresh = new DOMParser().parseFromString(await again.text(), "text/html").querySelector("[data-metrics]");
  if (!fresh) return false;
  commit = newest;
  asked = null;
  for (const opened of page.querySelectorAll("details[open][data-opens]")) {
    fresh.querySelector(`details[data-opens="${CSS.escape(opened.dataset.opens)}"]`)?.setAttribute("open", "");
  }
  page.replaceWith(fresh);
  page = fresh;
  startAll();
  page.querySelector("[data-live]").textContent = `New figures came at ${new Date().toLocaleTimeString("en-GB")}.`;
  return true;
}

// All figures of the page, once somebody wants to see one.
function figures() {
  asked ??= fetch(page.dataset.metrics, { headers: { Accept: "application/json" } }).then(async (answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    return new Map((await answer.json()).runs.map((run) => [run.run, run.scalars]));
  });
  return asked;
}

function start(chart) {
  const svg = chart.querySelector("svg");
  const said = chart.querySelector("[data-said]");
  const lines = [...svg.querySelectorAll("[data-run]")];
  const [edgeLow, edgeHigh] = [chart.querySelector(".metric-low"), chart.querySelector(".metric-high")];
  const [edgeFirst, edgeLast] = chart.querySelectorAll(".metric-steps span");
  const hair = document.createElementNS(svg.namespaceURI, "line");
  hair.setAttribute("class", "metric-hair");
  hair.setAttribute("y1", "0");
  hair.setAttribute("y2", String(HEIGHT));
  let series = null;
  let steps = [];
  let shown = [0, 1];
  let at = -1;

  svg.tabIndex = 0;
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")}. Arrow keys go from step to step.`);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    ready(() => tell(nearest(shown[0] + part * (shown[1] - shown[0]))));
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    ready(() => tell(within((at < 0 && step < 0 ? steps.length : at) + step)));
  });
  for (const button of chart.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => ready(() => zoom(button.dataset.zoom)));
  }

  async function ready(then) {
    try {
      if (!series) load(await figures());
    } catch {
      asked = null;
      said.textContent = "The figures could not be had; try again.";
      return;
    }
    then();
  }

  function load(runs) {
    series = lines.map((line) => ({ line, name: line.dataset.run || "(root)", points: runs.get(line.dataset.run)?.[chart.dataset.tag] ?? [] }));
    steps = [...new Set(series.flatMap((one) => one.points.map(([step]) => step)))].sort((one, other) => one - other);
    shown = [0, steps.at(-1) || 1];
  }

  function within(place) {
    const first = steps.findIndex((step) => step >= shown[0]);
    const last = steps.findLastIndex((step) => step <= shown[1]);
    return Math.min(Math.max(place, first), last);
  }

  function nearest(step) {
    let best = 0;
    for (let place = 1; place < steps.length; place += 1) {
      if (Math.abs(steps[place] - step) < Math.abs(steps[best] - step)) best = place;
    }
    return within(best);
  }

  function tell(place) {
    if (place < 0) return;
    at = place;
    const step = steps[place];
    const x = String(((step - shown[0]) / (shown[1] - shown[0] || 1)) * WIDTH);
    hair.setAttribute("x1", x);
    hair.setAttribute("x2", x);
    svg.append(hair);
    const parts = series.map((one) => [one.name, one.points.find((point) => point[0] === step)?.[1]]).filter(([, value]) => value !== undefined);
    said.textContent = `Step ${step.toLocaleString("en")}: ${parts.map(([name, value]) => (series.length > 1 ? `${name} ${inWords(value)}` : inWords(value))).join(", ")}`;
  }

  function zoom(how) {
    const last = steps.at(-1) || 1;
    const middle = at < 0 ? (shown[0] + shown[1]) / 2 : steps[at];
    const half = how === "whole" ? last : ((shown[1] - shown[0]) / 2) * (how === "in" ? 0.5 : 2);
    const least = Math.min(last, 2) / 2;
    const wide = Math.max(half, least);
    shown = wide * 2 >= last ? [0, last] : [Math.max(0, middle - wide), Math.min(last, middle + wide)];
    draw();
  }

  function draw() {
    const cut = series.map((one) => thinned(one.points.filter(([step]) => step >= shown[0] && step <= shown[1])));
    const values = cut.flat().map(([, value]) => value);
    if (!values.length) return;
    const low = values.reduce((one, other) => Math.min(one, other));
    const high = values.reduce((one, other) => Math.max(one, other));
    series.forEach((one, place) => {
      const spots = cut[place].map(([step, value]) => {
        const x = ((step - shown[0]) / (shown[1] - shown[0] || 1)) * WIDTH;
        const y = HEIGHT - ((value - low) / (high - low || 1)) * (HEIGHT - 2);
        return `${x.toFixed(1)} ${y.toFixed(1)}`;
      });
      one.line.setAttribute("d", spots.length ? `M${spots.join("L")}` : "");
    });
    [edgeLow.textContent, edgeHigh.textContent] = [inWords(low), inWords(high)];
    [edgeFirst.textContent, edgeLast.textContent] = [Math.round(shown[0]).toLocaleString("en"), `step ${Math.round(shown[1]).toLocaleString("en")}`];
    hair.remove();
    said.textContent = `Steps ${edgeFirst.textContent} to ${Math.round(shown[1]).toLocaleString("en")} are shown.`;
  }
}

function thinned(points) {
  const every = Math.ceil(points.length / MOST_POINTS);
  return every > 1 ? points.filter((_, place) => place % every === 0) : points;
}

function inWords(value) {
  return Math.abs(value) >= 10000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(4)));
}
