// What forms that change something have with JavaScript: no second click while the first is under way.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    // Later: a button that is disabled at once would not be sent along.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true")));
  });
}
// Coming back with the browser's button finds the page as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  }
});
