// Puts CodeMirror in front of the textarea, which stays the form's field, and shows Markdown as it will look.
import {
  EditorState, EditorView, HighlightStyle, bracketMatching, defaultKeymap, drawSelection, highlightActiveLine,
  highlightActiveLineGutter, highlightSelectionMatches, highlightSpecialChars, history, historyKeymap, indentOnInput,
  json, keymap, lineNumbers, markdown, python, search, searchKeymap, syntaxHighlighting, tags, yaml, yamlFrontmatter,
} from "../vendor/codemirror/codemirror.min.js";

const textarea = document.querySelector("textarea[data-editor]");
const pathField = document.getElementById("field-path");
const writeTab = document.getElementById("tab-write");
const previewTab = document.getElementById("tab-preview");

function language(path) {
  const ending = path.toLowerCase().split(".").pop();
  if (ending === "md" || ending === "mdx" || ending === "markdown") return yamlFrontmatter({ content: markdown() });
  if (ending === "py") return python();
  if (ending === "json" || ending === "ipynb") return json();
  if (ending === "yaml" || ending === "yml") return yaml();
  return [];
}

const colours = HighlightStyle.define([
  { tag: [tags.heading, tags.strong], fontWeight: "650" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--space)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--dataset)" },
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.function(tags.variableName)], color: "var(--accent)" },
  { tag: [tags.link, tags.url], color: "var(--accent)", textDecoration: "underline" },
  { tag: [tags.comment, tags.meta, tags.processingInstruction], color: "var(--muted)" },
]);

const looks = EditorView.theme({
  "&": { minHeight: "26rem", maxHeight: "75vh", fontSize: "0.85rem", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto", minHeight: "26rem" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.75rem 0" },
  ".cm-content, .cm-gutter": { minHeight: "26rem" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 55%, transparent)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
    { backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)" },
  ".cm-textfield": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--border-strong)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--raised)", color: "var(--text)" },
});

// In a shadow root the editor's styles are adopted sheets, which the page's strict content policy allows.
const host = document.createElement("div");
host.className = "editor-host";
textarea.after(host);
const root = host.attachShadow({ mode: "open" });
const view = new EditorView({
  root,
  parent: root,
  state: EditorState.create({
    doc: textarea.value,
    extensions: [
      lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(),
      bracketMatching(), highlightActiveLine(), highlightSelectionMatches(), search({ top: true }),
      EditorState.tabSize.of(4), EditorView.lineWrapping, syntaxHighlighting(colours), looks, language(pathField.value),
      // Tab moves on, as everywhere: whoever uses only the keyboard must get out of the editor.
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "Text of the file" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) textarea.value = update.state.doc.toString();
      }),
    ],
  }),
});
textarea.hidden = true;
document.querySelector("label[for=field-text]").hidden = true;

// Leaving with changes asks first; committing does not.
const form = textarea.form;
const original = textarea.value;
let isSent = false;
form.addEventListener("submit", () => { isSent = true; });
addEventListener("beforeunload", (event) => {
  if (!isSent && textarea.value !== original) event.preventDefault();
});

function show(isPreview) {
  document.getElementById("write").hidden = isPreview;
  document.getElementById("preview").hidden = !isPreview;
  for (const [tab, isChosen] of [[writeTab, !isPreview], [previewTab, isPreview]]) {
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
  }
}

writeTab.addEventListener("click", () => { show(false); view.focus(); });
previewTab.addEventListener("click", async () => {
  const area = document.getElementById("preview");
  show(true);
  area.setAttribute("aria-busy", "true");
  const body = new URLSearchParams({ path: pathField.value, text: textarea.value });
  try {
    const answer = await fetch(previewTab.dataset.preview, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.headers.get("X-Error-Message") || "The server gave no preview.");
    area.innerHTML = await answer.text();  // made harmless by the server, which is where pages come from too
  } catch (error) {
    area.textContent = error.message;
  }
  area.removeAttribute("aria-busy");
});
for (const [tab, other] of [[writeTab, previewTab], [previewTab, writeTab]]) {
  tab.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") { other.focus(); other.click(); }
  });
}
pathField.addEventListener("change", () => {
  document.querySelector(".editor-tabs").hidden = !/\.(md|mdx|markdown)$/i.test(pathField.value);
});
