// File pages with JavaScript: copying the text, and ranges of lines (#L10-L20; a click with Shift chooses one).
const lines = () => document.querySelectorAll(".lines .line");

function chosen() {
  const match = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
  if (!match) return null;
  const [first, last] = [Number(match[1]), Number(match[2] || match[1])].sort((a, b) => a - b);
  return { first, last };
}

function mark(scroll) {
  const range = chosen();
  lines().forEach((line, index) => line.classList.toggle("is-chosen", Boolean(range) && index + 1 >= range.first && index + 1 <= range.last));
  if (range && scroll) document.getElementById(`L${range.first}`)?.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const number = event.target.closest(".line-number");
  const range = chosen();
  if (!number || !event.shiftKey || !range) return;
  event.preventDefault();
  const clicked = Number(number.hash.slice(2));
  const [first, last] = [Math.min(range.first, clicked), Math.max(range.first, clicked)];
  history.replaceState(null, "", `#L${first}-L${last}`);
  mark(false);
});
addEventListener("hashchange", () => mark(location.hash.includes("-")));
mark(location.hash.includes("-"));

document.getElementById("copy-file")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  await navigator.clipboard.writeText([...lines()].map((line) => line.textContent).join(""));
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", "Copied");
  button.classList.add("badge-ok");
  setTimeout(() => {
    button.setAttribute("aria-label", label);
    button.classList.remove("badge-ok");
  }, 1500);
});
