// Trying a model without leaving the page: the form's own request, its answer put below it; chats word by word.
const form = document.getElementById("try-form");
const outcome = document.getElementById("try-outcome");
const state = document.getElementById("try-state");
const progress = document.getElementById("try-progress");
const stop = document.getElementById("try-stop");
const spoken = document.getElementById("try-spoken");
const button = form.querySelector("button.button-primary");
const LOADING = "Loading the model… The first answer takes longest.";
const WORKING = "The model is at work…";
let running = null;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  busy(true);
  try {
    await (form.dataset.chat ? talk(running.signal) : ask(running.signal));
  } catch (error) {
    if (error.name === "AbortError") say("Stopped.");
    else complain(error instanceof TypeError ? "The server can't be reached. Please try again." : error.message);
  } finally {
    running = null;
    busy(false);
  }
});
stop.addEventListener("click", () => running?.abort());
document.addEventListener("keydown", (event) => event.key === "Escape" && running?.abort());

// Enter sends a message and Shift with Enter begins a line; in longer texts, Enter with Control or Command computes.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "TEXTAREA" || event.isComposing) return;
  if (!(event.ctrlKey || event.metaKey || (form.dataset.chat && !event.shiftKey))) return;
  event.preventDefault();
  form.requestSubmit();
});

// Pictures are seen and sounds are heard before they are asked about.
form.querySelectorAll("input[type=file]").forEach((field) => field.addEventListener("change", () => preview(field)));

function preview(field) {
  const shown = field.parentElement.querySelector(".try-chosen");
  if (shown) URL.revokeObjectURL(shown.src);
  shown?.remove();
  const [file] = field.files;
  if (!file) return;
  const element = document.createElement(file.type.startsWith("audio/") ? "audio" : "img");
  element.className = "try-chosen";
  if (element instanceof HTMLImageElement) {
    element.alt = "The picture that you chose";
    element.addEventListener("error", () => element.remove()); // a kind that browsers can't show, and models perhaps can
  } else {
    element.controls = true;
    element.setAttribute("aria-label", "The sound that you chose");
  }
  element.src = URL.createObjectURL(file);
  field.after(element);
}

document.querySelectorAll(".try-examples a").forEach((link) =>
  link.addEventListener("click", (event) => {
    event.preventDefault();
    for (const [name, text] of Object.entries(JSON.parse(link.dataset.values)))
      if (form.elements[name]?.type !== "file") form.elements[name].value = text;
    form.querySelector("input:not([type=hidden]), textarea").focus();
  }),
);

// A question that finds the model asleep is answered at once, so that people are told; the next one waits.
async function ask(signal) {
  const isMultipart = form.enctype === "multipart/form-data";
  for (let wait = "0"; ; wait = "1") {
    const data = new FormData(form);
    const body = isMultipart ? data : new URLSearchParams(data);
    say(wait === "0" ? WORKING : LOADING);
    const headers = { "HX-Request": "true", "X-Wait-For-Model": wait };
    const answer = await fetch(form.action, { method: "POST", body, headers, signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.querySelector("[data-loading]") && wait === "0") continue;
    if (page.querySelector("h1")) throw new Error(page.querySelector("main p")?.textContent || "That did not work.");
    show(...page.body.childNodes);
    say(outcome.querySelector("[role=alert], [role=status]") ? "" : "Done. The answer is below.");
    return;
  }
}

function show(...nodes) {
  outcome.replaceChildren(...nodes);
  const player = outcome.querySelector("[data-sound]");
  if (player) fetchSound(player);
}

function fetchSound(player) {
  const [head, content] = player.parentElement.querySelector("a[download]").href.split(",");
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  player.src = URL.createObjectURL(new Blob([bytes], { type: head.slice(5).split(";")[0] }));
}

// Conversations: what was said before is in the hidden field that the server's own answers have, too.
async function talk(signal) {
  const said = form.elements.message.value.trim();
  if (!said) return;
  const before = JSON.parse(form.elements.conversation?.value || "[]");
  const messages = [...before, { role: "user", content: said }];
  const answering = begin(messages);
  for (let wait = "0"; ; wait = "1") {
    say(wait === "0" ? WORKING : LOADING);
    const answer = await fetch(form.dataset.chat, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Wait-For-Model": wait },
      body: JSON.stringify({ messages, stream: true }),
      signal,
    });
    if (answer.status === 503 && answer.headers.get("x-error-code") === "ModelLoading" && wait === "0") continue;
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    say("");
    try {
      await read(answer.body, answering);
      tell(`The model: ${answering.textContent}`);
    } finally {
      remember([...messages, { role: "assistant", content: answering.textContent }]);
    }
    form.elements.message.value = "";
    return;
  }
}

function begin(messages) {
  outcome.querySelectorAll(".notice").forEach((notice) => notice.remove());
  let list = outcome.querySelector(".try-turns");
  if (!list) {
    list = document.createElement("ol");
    list.className = "try-turns";
    list.setAttribute("aria-label", "Conversation");
    outcome.append(list);
  }
  list.querySelectorAll(".try-lost").forEach((turn) => turn.remove());
  turn(list, "user", messages.at(-1).content).classList.add("try-lost");
  const answer = turn(list, "assistant", "");
  answer.classList.add("try-lost");
  return answer.querySelector("p");
}

function turn(list, role, text) {
  const item = document.createElement("li");
  item.className = `try-turn try-${role}`;
  const name = document.createElement("b");
  name.textContent = role === "user" ? "You" : "Model";
  const words = document.createElement("p");
  words.textContent = text;
  item.append(name, words);
  list.append(item);
  return item;
}

function remember(messages) {
  outcome.querySelectorAll(".try-lost").forEach((item) => item.classList.remove("try-lost"));
  let field = form.elements.conversation;
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = "conversation";
    form.append(field);
  }
  field.value = JSON.stringify(messages);
}

// Server-sent events: lines of `data: …`, the last one `[DONE]`.
async function read(stream, answering) {
  let rest = "";
  for await (const text of chunks(stream)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ") && line !== "data: [DONE]") add(JSON.parse(line.slice(6)), answering);
  }
}

async function* chunks(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

function add(event, answering) {
  if (event.error) throw new Error(event.error.message || event.error);
  answering.textContent += event.choices?.[0]?.delta?.content || "";
  answering.closest(".try-turns").scrollTop = answering.closest(".try-turns").scrollHeight;
}

function busy(is) {
  progress.hidden = !is;
  stop.hidden = !is;
  button.setAttribute("aria-disabled", String(is));
  outcome.setAttribute("aria-busy", String(is));
}

function say(text) {
  state.textContent = text;
  if (text) tell("");
}

// What a screen reader reads aloud and nobody else needs: a conversation's newest answer, once it is whole.
function tell(text) {
  spoken.textContent = text;
}

function complain(text) {
  say("");
  outcome.querySelectorAll(".try-lost, .notice").forEach((item) => item.remove());
  const notice = document.createElement("div");
  notice.className = "notice notice-error";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  if (form.dataset.chat) outcome.append(notice);
  else outcome.replaceChildren(notice);
}

if (outcome.querySelector("[data-sound]")) fetchSound(outcome.querySelector("[data-sound]"));
