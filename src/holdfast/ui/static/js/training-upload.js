// The first step of the training wizard: a file may be dropped, and one sees how far its sending is.
// Without this the form is sent as forms are.
const form = document.querySelector("[data-training-upload]");
if (form) start(form);

function start(form) {
  const [zone, hint, problem] = ["[data-drop]", "[data-drop-hint]", "[data-file-problem]"].map((name) => form.querySelector(name));
  const input = form.querySelector("input[type=file]");
  const [progress, words, send, abort] = ["[data-progress]", "[data-progress-words]", "[data-send]", "[data-abort]"].map((name) => form.querySelector(name));
  const most = Number(form.dataset.mostBytes);
  let request = null;

  for (const name of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("is-over", name === "dragover");
    });
  }
  zone.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    look();
  });
  input.addEventListener("change", look);
  abort.addEventListener("click", () => request?.abort());
  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    if (look()) transmit();
  });

  function look() {
    const file = input.files[0];
    const isTooLarge = Boolean(file) && file.size > most;
    hint.textContent = file ? `${file.name}, ${inWords(file.size)}` : "or drop it here";
    say(isTooLarge ? `This file has ${inWords(file.size)}; at most ${inWords(most)} may be sent. Send larger ones with git or hf upload, and name the dataset below.` : "");
    return !isTooLarge;
  }

  function transmit() {
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      const part = Math.floor((100 * event.loaded) / event.total);
      progress.querySelector("progress").value = part;
      words.textContent = part < 100 ? `${part} % sent` : "Sent; it is being kept.";
    });
    request.addEventListener("load", arrived);
    request.addEventListener("error", () => stop("The connection was lost. Nothing was kept: try again."));
    request.addEventListener("abort", () => stop("Stopped. Nothing was kept."));
    request.send(new FormData(form));
    busy(true);
    words.textContent = "0 % sent";
  }

  function arrived() {
    if (request.status === 200) {
      words.textContent = "Looking at the data.";
      location.assign(JSON.parse(request.responseText).url);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    stop([...page.querySelectorAll("main .problem:not([hidden]), main .notice-error")].map((part) => part.textContent.trim()).filter(Boolean).join(" ") || `The file was not taken (${request.status}).`);
  }

  function stop(text) {
    busy(false);
    say(text);
  }

  function busy(isBusy) {
    progress.hidden = !isBusy;
    abort.hidden = !isBusy;
    send.disabled = isBusy;
    (isBusy ? abort : send).focus();
  }

  function say(text) {
    problem.hidden = !text;
    problem.textContent = text;
  }
}

function inWords(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  let size = bytes;
  while (size >= 1000 && at < units.length - 1) [size, at] = [size / 1000, at + 1];
  return `${at ? size.toFixed(size < 10 ? 1 : 0) : size} ${units[at]}`;
}
