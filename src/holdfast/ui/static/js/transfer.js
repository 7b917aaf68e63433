// Sends files to a repo: small ones inside the commit, large ones before it, in parts that are sent only once.
// The server's side: preupload, the git-lfs batch with the transfer "resumable", commit.

const PREUPLOAD_FILES = 500;
const PARTS_AT_ONCE = 3;
const RETRY_SECONDS = [1, 2, 4, 8, 15, 30, 30, 30, 30, 30];

export class Refused extends Error {}

class Lost extends Error {}

/**
 * Upload files and commit them.
 * @param {{api: string, lfs: string, revision: string, asPullRequest: boolean}} repo addresses on this server
 * @param {{path: string, file: File}[]} files
 * @param {{summary: string, description: string}} message
 * @param {{hash: (file: File, onDone: (bytes: number) => void) => Promise<string>,
 *          tell: (path: string, word: string, part: number) => void, total: (part: number) => void,
 *          waiting: (isWaiting: boolean) => void}} page
 * @param {AbortSignal} signal
 * @returns {Promise<{commitUrl: string, pullRequestUrl?: string}>}
 */
export async function sendFiles(repo, files, message, page, signal) {
  const decided = await preupload(repo, files, signal);
  const taken = decided.filter((item) => !item.isIgnored);
  for (const item of decided.filter((other) => other.isIgnored)) page.tell(item.path, "Left out by .gitignore", 1);
  if (!taken.length) throw new Refused("The repo's .gitignore leaves out all of these files.");
  const meter = new Meter(taken, page);
  const lines = [JSON.stringify({ key: "header", value: message })];
  for (const item of taken) {
    if (!item.isLarge) continue;
    const oid = await page.hash(item.file, (bytes) => meter.hashed(item, bytes));
    signal.throwIfAborted();
    await sendLarge(repo, item, oid, meter, page, signal);
    lines.push(JSON.stringify({ key: "lfsFile", value: { path: item.path, algo: "sha256", oid, size: item.file.size } }));
  }
  const parts = [`${lines.join("\n")}\n`];
  for (const item of taken) {
    if (item.isLarge) continue;
    parts.push(`{"key":"file","value":{"path":${JSON.stringify(item.path)},"encoding":"base64","content":"`);
    parts.push(await base64(item.file), '"}}\n');
  }
  return commit(repo, taken, new Blob(parts), meter, signal);
}

class Meter {
  constructor(items, page) {
    this.page = page;
    this.parts = new Map(items.map((item) => [item, 0]));
    // A large file is read twice: for its hash, and to be sent.
    this.work = items.reduce((sum, item) => sum + item.file.size * (item.isLarge ? 2 : 1) + 1, 0);
  }
  hashed(item, bytes) { this.note(item, bytes, "Checking", bytes / (item.file.size || 1)); }
  sent(item, bytes) { this.note(item, item.file.size + bytes, "Sending", bytes / (item.file.size || 1)); }
  stored(item) { this.note(item, item.file.size * 2, "Stored", 1); }
  committing(item, part) { this.note(item, item.isLarge ? item.file.size * 2 : item.file.size * part, "Sending", part); }
  note(item, work, word, part) {
    this.parts.set(item, work);
    this.page.tell(item.path, word, part);
    this.page.total([...this.parts.values()].reduce((sum, one) => sum + one, 0) / this.work);
  }
}

async function preupload(repo, files, signal) {
  const decided = [];
  for (let start = 0; start < files.length; start += PREUPLOAD_FILES) {
    const some = files.slice(start, start + PREUPLOAD_FILES);
    const asked = await Promise.all(some.map(async ({ path, file }) => (
      { path, size: file.size, sample: await base64(file.slice(0, 512)) }
    )));
    const address = `${repo.api}/preupload/${encodeURIComponent(repo.revision)}${repo.asPullRequest ? "?create_pr=1" : ""}`;
    const answer = await ask(address, { method: "POST", body: JSON.stringify({ files: asked }), signal });
    const found = new Map((await answer.json()).files.map((one) => [one.path, one]));
    for (const { path, file } of some) {
      const one = found.get(path);
      decided.push({ path, file, isLarge: one.uploadMode === "lfs", isIgnored: one.shouldIgnore });
    }
  }
  return decided;
}

async function sendLarge(repo, item, oid, meter, page, signal) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await sendMissing(repo, item, oid, meter, signal);
      page.waiting(false);
      return meter.stored(item);
    } catch (error) {
      if (!(error instanceof Lost) || attempt === RETRY_SECONDS.length) throw error;
      page.waiting(true);
      await pause(RETRY_SECONDS[attempt], signal);
    }
  }
}

async function sendMissing(repo, item, oid, meter, signal) {
  const batch = { operation: "upload", transfers: ["resumable"], objects: [{ oid, size: item.file.size }], hash_algo: "sha256" };
  const answer = await ask(repo.lfs, { method: "POST", body: JSON.stringify(batch), signal });
  const [object] = (await answer.json()).objects;
  if (object.error) throw new Refused(object.error.message);
  if (!object.actions) return;
  const href = new URL(object.actions.upload.href).pathname;
  const size = Number(object.actions.upload.header.chunk_size);
  const count = Math.ceil(item.file.size / size);
  const here = new Set((await (await ask(href, { signal })).json()).parts);
  const bytesOf = (number) => Math.min(size, item.file.size - (number - 1) * size);
  const done = new Map([...here].map((number) => [number, bytesOf(number)]));
  const tell = () => meter.sent(item, [...done.values()].reduce((sum, bytes) => sum + bytes, 0));
  tell();
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !here.has(number));
  const send = async () => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      const start = (number - 1) * size;
      await put(`${href}/${number}`, item.file.slice(start, start + bytesOf(number)), (bytes) => {
        done.set(number, bytes);
        tell();
      }, signal);
    }
  };
  // When one part is lost, the others still arrive: the next attempt has less to send.
  const ends = await Promise.allSettled(Array.from({ length: PARTS_AT_ONCE }, send));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  const parts = Array.from({ length: count }, (_, index) => ({ partNumber: index + 1 }));
  await ask(href, { method: "POST", body: JSON.stringify({ oid, parts }), signal });
}

function commit(repo, items, body, meter, signal) {
  const address = `${repo.api}/commit/${encodeURIComponent(repo.revision)}${repo.asPullRequest ? "?create_pr=1" : ""}`;
  return send("POST", address, body, (bytes) => {
    for (const item of items) meter.committing(item, bytes / body.size);
  }, signal);
}

function put(address, body, onBytes, signal) {
  return send("PUT", address, body, onBytes, signal);
}

// XMLHttpRequest, because fetch tells nothing of what was sent so far.
function send(method, address, body, onBytes, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open(method, address);
    request.setRequestHeader("Content-Type", method === "PUT" ? "application/octet-stream" : "application/x-ndjson");
    request.upload.onprogress = (event) => onBytes(Math.min(event.loaded, body.size));
    request.onload = () => {
      if (request.status < 300) {
        onBytes(body.size);
        resolve(request.responseText ? JSON.parse(request.responseText) : null);
      } else {
        reject(problem(request.status, request.responseText, request.getResponseHeader("X-Error-Message")));
      }
    };
    request.onerror = () => reject(new Lost("The connection broke."));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop);
    if (signal.aborted) return reject(signal.reason);
    request.send(body);
  });
}

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, { ...options, headers: { "Content-Type": "application/json", Accept: "application/json" } });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Lost("The connection broke.");
  }
  if (answer.ok) return answer;
  throw problem(answer.status, await answer.text(), answer.headers.get("X-Error-Message"));
}

function problem(status, text, header) {
  // Too busy, restarting behind a proxy, or a ticket that ran out: asking again helps.
  if ([403, 429, 502, 503, 504].includes(status) && !header?.includes("rights")) return new Lost(header || "The server is busy.");
  let told = header;
  try {
    const body = JSON.parse(text);
    told = body.error || body.message || header;
  } catch { /* no JSON: the header says it */ }
  return new Refused(told || `The server answered ${status}.`);
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Refused(`${blob.name || "A file"} can't be read. Was it changed or removed?`));
    reader.readAsDataURL(blob);
  });
}
