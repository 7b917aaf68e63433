// The upload page with JavaScript: files are gathered by dropping and choosing, and sent with progress.
import { chosenFiles, droppedFiles } from "./dropped.js";
import { Refused, sendFiles } from "./transfer.js";

const MAX_SHOWN = 200;
const form = document.getElementById("upload");
const zone = document.getElementById("drop");
const list = document.getElementById("files");
const chosen = new Map();  // path → File
const rows = new Map();    // path → what shows it
let running = null;        // the AbortController of the upload under way

const byId = (id) => document.getElementById(id);
const units = ["bytes", "kB", "MB", "GB", "TB"];
function size(bytes) {
  const step = bytes ? Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1) : 0;
  return `${(bytes / 1000 ** step).toFixed(step ? 1 : 0)} ${units[step]}`;
}

for (const input of form.querySelectorAll("input[type=file]")) {
  input.classList.add("visually-hidden");
  input.addEventListener("change", () => {
    add(chosenFiles(input.files));
    input.value = "";
  });
}
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("is-over"); });
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("is-over");
  if (running) return;
  try {
    add(await droppedFiles(event.dataTransfer));
  } catch {
    fail("Some of what was dropped can't be read.");
  }
});
byId("clear").addEventListener("click", () => { chosen.clear(); show(); byId("field-files").focus(); });
byId("cancel").addEventListener("click", () => running?.abort(new Refused("Canceled. Nothing was committed; choose Upload to go on where it stopped.")));
addEventListener("beforeunload", (event) => { if (running) event.preventDefault(); });

function add(files) {
  for (const { path, file } of files) chosen.set(path, file);
  byId("failure").hidden = true;
  show();
}

function show() {
  rows.clear();
  list.replaceChildren(...[...chosen].slice(0, MAX_SHOWN).map(([path, file]) => row(path, file)));
  if (chosen.size > MAX_SHOWN) {
    const more = document.createElement("p");
    more.className = "upload-file muted";
    more.textContent = `and ${chosen.size - MAX_SHOWN} more`;
    list.append(more);
  }
  const bytes = [...chosen.values()].reduce((sum, file) => sum + file.size, 0);
  byId("chosen-heading").textContent = `${chosen.size} ${chosen.size === 1 ? "file" : "files"}, ${size(bytes)}`;
  byId("chosen").hidden = !chosen.size;
}

function row(path, file) {
  const line = document.createElement("div");
  line.className = "upload-file";
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = path;
  const word = document.createElement("span");
  word.className = "muted";
  word.textContent = size(file.size);
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "button button-plain button-small";
  remove.textContent = "Remove";
  remove.setAttribute("aria-label", `Remove ${path}`);
  remove.addEventListener("click", () => { chosen.delete(path); show(); byId("chosen-heading").focus(); });
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.max = 1;
  bar.value = 0;
  bar.hidden = true;
  bar.setAttribute("aria-label", `Progress of ${path}`);
  line.append(name, word, remove, bar);
  rows.set(path, { word, bar, remove, size: file.size });
  return line;
}

const worker = { busy: null };
function hash(file, onDone) {
  worker.busy ??= new Worker(form.dataset.worker, { type: "module" });
  return new Promise((resolve, reject) => {
    const stop = () => { worker.busy?.terminate(); worker.busy = null; reject(running.signal.reason); };
    running.signal.addEventListener("abort", stop, { once: true });
    worker.busy.onerror = () => reject(new Refused("The browser can't check files here."));
    worker.busy.onmessage = ({ data }) => {
      if (data.done !== undefined) return onDone(data.done);
      running.signal.removeEventListener("abort", stop);
      return data.oid ? resolve(data.oid) : reject(new Refused(data.error));
    };
    worker.busy.postMessage({ id: file.name, file });
  });
}

const page = {
  hash,
  tell(path, word, part) {
    const found = rows.get(inList.get(path));
    if (!found) return;
    found.bar.hidden = false;
    found.bar.value = part;
    found.word.textContent = part >= 1 ? word.replace("Sending", "Sent") : `${word} ${Math.floor(part * 100)} % of ${size(found.size)}`;
  },
  total(part) {
    byId("total-progress").value = part;
    if (!page.isWaiting) byId("total-words").textContent = `Uploading: ${Math.floor(part * 100)} %`;
  },
  waiting(isWaiting) {
    page.isWaiting = isWaiting;
    if (isWaiting) byId("total-words").textContent = "The connection broke. Trying again…";
  },
};
const inList = new Map();  // path in the repo → path in the list

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  if (!chosen.size) return fail("Choose at least one file.");
  const fields = new FormData(form);
  const folder = fields.get("folder").trim().replace(/^\/+|\/+$/g, "");
  const files = [...chosen].map(([path, file]) => {
    const inRepo = folder ? `${folder}/${path}` : path;
    inList.set(inRepo, path);
    return { path: inRepo, file };
  });
  const repo = { ...form.dataset, asPullRequest: fields.get("target") === "pull" };
  const summary = fields.get("summary").trim() || (files.length === 1 ? `Upload ${files[0].path}` : `Upload ${files.length} files`);
  begin();
  try {
    const done = await sendFiles(repo, files, { summary, description: fields.get("description").trim() }, page, running.signal);
    running = null;
    const number = done.pullRequestUrl?.match(/\d+$/)[0];
    const tree = `tree/${encodeURIComponent(repo.revision)}${folder ? `/${folder.split("/").map(encodeURIComponent).join("/")}` : ""}`;
    location.assign(`${repo.repo}/${number ? `discussions/${number}` : tree}`);
  } catch (error) {
    end();
    fail(error.message);
  }
});

function begin() {
  running = new AbortController();
  byId("failure").hidden = true;
  byId("total").hidden = false;
  page.total(0);
  for (const { remove } of rows.values()) remove.hidden = true;
  byId("clear").hidden = true;
  for (const button of form.querySelectorAll(".commit-box button")) button.disabled = true;
  form.querySelector(".commit-box a").hidden = true;
}

function end() {
  running = null;
  byId("total").hidden = true;
  for (const { remove } of rows.values()) remove.hidden = false;
  byId("clear").hidden = false;
  for (const button of form.querySelectorAll(".commit-box button")) button.disabled = false;
  form.querySelector(".commit-box a").hidden = false;
}

function fail(message) {
  const notice = byId("failure");
  notice.textContent = message;
  notice.hidden = false;
  notice.scrollIntoView({ block: "nearest" });
}
