// Files out of what was dropped: folders are walked through. Paths are relative to what was dropped.
const LEFT_OUT = new Set([".git", ".DS_Store", "Thumbs.db", "__pycache__"]);

export async function droppedFiles(transfer) {
  // Entries must be asked for at once: after the first pause the browser forgets what was dropped.
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ path: entry.name, file: entry });
    else if (entry) await walk(entry, found);
  }
  return found;
}

export function chosenFiles(files) {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !path.split("/").some((name) => LEFT_OUT.has(name)));
}

async function walk(entry, found) {
  if (LEFT_OUT.has(entry.name)) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const inner of some) await walk(inner, found);
  }
}
