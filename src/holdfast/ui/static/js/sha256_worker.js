// Hashes files beside the page, which stays quick: a file of any size, a few megabytes at a time.
import { sha256 } from "../vendor/noble-hashes/sha256.min.js";

const STEP = 4 * 1024 * 1024;

onmessage = async ({ data: { id, file } }) => {
  try {
    const hash = sha256.create();
    for (let start = 0; start < file.size; start += STEP) {
      hash.update(new Uint8Array(await file.slice(start, start + STEP).arrayBuffer()));
      postMessage({ id, done: Math.min(start + STEP, file.size) });
    }
    postMessage({ id, oid: Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("") });
  } catch {
    postMessage({ id, error: `${file.name} can't be read. Was it changed or removed?` });
  }
};
