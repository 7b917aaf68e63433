// A map of rows that answers: the row under the mouse, or the one that arrow keys lead to, is told beside the map.
// Without this the map is a picture, and the table below it has every value.
const NEAR = 28;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("holdfast:fresh", startAll); // a page that follows a run gets its map at the end
startAll();

function startAll() {
  for (const map of document.querySelectorAll("[data-row-map='']")) start(map);
}

function start(map) {
  map.dataset.rowMap = "started";
  const said = map.querySelector("[data-map-said]");
  const names = [...map.querySelectorAll("thead th")].map((cell) => cell.textContent);
  const rows = [...map.querySelectorAll("tbody tr")];
  for (const svg of map.querySelectorAll(".map-picture svg")) follow(map, svg, tell);
  for (const box of map.querySelectorAll("[data-map-group]")) {
    box.addEventListener("change", () => {
      for (const dot of map.querySelectorAll(`.map-picture [data-group="${box.dataset.mapGroup}"]`)) {
        dot.classList.toggle("is-hidden", !box.checked);
      }
    });
  }

  function tell(place) {
    const list = document.createElement("dl");
    [...rows[place].cells].forEach((cell, at) => {
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = names[at];
      value.textContent = cell.textContent;
      pair.append(term, value);
      list.append(pair);
    });
    said.replaceChildren(list);
  }
}

function follow(map, svg, tell) {
  const dots = [...svg.querySelectorAll(".dot")].map((dot) => ({ dot, x: Number(dot.dataset.x), y: Number(dot.dataset.y) }));
  const ring = document.createElementNS(svg.namespaceURI, "circle");
  ring.setAttribute("class", "ring");
  ring.setAttribute("r", "9");
  let chosen = -1;
  svg.tabIndex = 0;
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")} Arrow keys go from row to row.`);

  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    choose(nearest((event.clientX - box.left) * scale, (event.clientY - box.top) * scale));
  });
  svg.addEventListener("focus", () => choose(chosen < 0 ? visible().at(0)?.[1] ?? -1 : chosen));
  svg.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(chosen < 0 ? visible().at(0)?.[1] ?? -1 : neighbour(step));
  });

  function visible() {
    return dots.map((each, at) => [each, at]).filter(([each]) => !each.dot.classList.contains("is-hidden"));
  }

  function nearest(x, y) {
    let best = -1;
    let least = NEAR * NEAR;
    for (const [each, at] of visible()) {
      const distance = (each.x - x) ** 2 + (each.y - y) ** 2;
      if (distance < least) [best, least] = [at, distance];
    }
    return best;
  }

  // The nearest row in that direction: what lies aside counts twice as far.
  function neighbour([right, down]) {
    const from = dots[chosen];
    let best = chosen;
    let least = Infinity;
    for (const [each, at] of visible()) {
      const ahead = (each.x - from.x) * right + (each.y - from.y) * down;
      if (ahead <= 0.05 || at === chosen) continue;
      const aside = Math.abs((each.x - from.x) * down) + Math.abs((each.y - from.y) * right);
      const distance = ahead + 2 * aside;
      if (distance < least) [best, least] = [at, distance];
    }
    return best;
  }

  function choose(place) {
    if (place < 0 || place === chosen) return;
    chosen = place;
    ring.setAttribute("cx", dots[place].x);
    ring.setAttribute("cy", dots[place].y);
    svg.append(ring);
    tell(place);
  }
}
