// The page of one job: its log arrives line by line, and what is said of it is brought up to date.
// Without this the page shows the same, as far as it went when it was opened.
const MOST_LINES = 5000;
const LONGEST_LINE = 4000;
const ESCAPES = /\u001b(?:\[[0-?]*[ -\/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;

const log = document.querySelector("[data-log]");
const state = document.querySelector("[data-state]");
if (log?.dataset.log) followLog(log);
if (state?.dataset.state === "moving") watchState();

function followLog(box) {
  const lines = box.querySelector("code");
  const word = document.querySelector("[data-log-state]");
  const waiting = [];
  let isDue = false;
  box.scrollTop = box.scrollHeight;
  const source = new EventSource(box.dataset.log);
  source.onopen = () => say("Following: new lines appear by themselves.");
  source.onmessage = (event) => {
    waiting.push(shown(JSON.parse(event.data).data));
    if (!isDue) setTimeout(write, 100);
    isDue = true;
  };
  source.addEventListener("end", () => {
    source.close();
    write();
    say("The log is complete.");
    refreshState();
  });
  source.onerror = () => say("The connection is lost; trying again.");

  function write() {
    isDue = false;
    const wasAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    for (const line of waiting.splice(0)) {
      const row = document.createElement("span");
      row.textContent = `${line}\n`;
      lines.append(row);
    }
    while (lines.childElementCount > MOST_LINES) lines.firstElementChild.remove();
    if (lines.childElementCount) document.querySelector("[data-log-empty]")?.remove();
    if (wasAtEnd) box.scrollTop = box.scrollHeight;
  }

  function say(text) {
    if (word) word.textContent = text;
  }
}

// What a terminal would show: no colours, and of a line that was written over its last state.
function shown(line) {
  const text = line.slice(0, 2 * LONGEST_LINE).replace(ESCAPES, "").replace(/\r+$/, "").split("\r").pop();
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
}

function watchState() {
  const timer = setInterval(async () => {
    if (document.hidden) return;
    if ((await refreshState()) !== "moving") clearInterval(timer);
  }, 2000);
}

// The same page once more, of which the parts that change are taken.
async function refreshState() {
  const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return "moving";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(fresh);
  }
  if (page.title) document.title = page.title; // a tab in the background says that it is over
  document.dispatchEvent(new Event("holdfast:fresh"));
  return page.querySelector("[data-state]")?.dataset.state;
}
