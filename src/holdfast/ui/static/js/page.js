// What every page has with JavaScript: copy buttons, menus that close, and nothing that is needed.
document.documentElement.classList.add("has-script");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || button.parentElement.querySelector("code").textContent;
  await navigator.clipboard.writeText(text);
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", "Copied");
  button.classList.add("badge-ok");
  setTimeout(() => {
    button.setAttribute("aria-label", label);
    button.classList.remove("badge-ok");
  }, 1500);
});

// Menus are <details>: they open without this, and close on a click elsewhere or Escape with it.
const openMenus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Ids of what people wrote have a prefix; addresses that were shared elsewhere (#how-to-use) don't.
function showWritten() {
  const name = new URLSearchParams(`x=${location.hash.slice(1).replaceAll("+", "%2B").replaceAll("&", "%26")}`).get("x");
  if (name && !document.querySelector(":target")) document.getElementById(`user-content-${name}`)?.scrollIntoView();
}
addEventListener("hashchange", showWritten);
showWritten();
