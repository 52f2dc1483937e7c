// Talks to the upload service, and to the bucket that it signs forms for. Nothing here knows the page.

const TIME_LIMIT_MS = 35_000; // the API's own limit is 30 s: past this, the network has lost the reply
const STALLED_MS = 60_000; // an upload that moves no byte for that long goes nowhere
const STATES = ["waiting", "uploaded", "done", "refused"];

/** The service refused, failed or could not be reached. `status` is 0 where no reply came. */
export class ServiceError extends Error {
  constructor(message, { status = 0 } = {}) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
  }
}

/** Reads from the site's own configuration file where the service is, and how much it takes. */
export async function findService() {
  try {
    const { ok, body } = await timed("./config.json", { cache: "no-cache" });
    const address = new URL(body.apiUrl);
    const maximumBytes = Number(body.maximumBytes);
    if (!ok || !/^https?:$/.test(address.protocol) || !(maximumBytes > 0)) throw new TypeError("unusable");
    return { url: address.href.replace(/\/+$/, ""), maximumBytes };
  } catch {
    throw new ServiceError("The page’s configuration file, config.json, could not be read or names no service.");
  }
}

/** Asks for an upload: its id, and the form to send it with. */
export async function requestUpload(service, { name, type, bytes }) {
  // As plain text: for JSON the browser would have to ask first, and the service answers no such questions.
  const reply = await exchange(service, { method: "POST", body: JSON.stringify({ name, type, bytes }) });
  if (!isId(reply.id) || typeof reply.form?.url !== "string" || typeof reply.form.fields !== "object") throw unclear();
  return reply;
}

/** How an upload is doing. */
export async function readUpload(service, id) {
  const reply = await exchange(`${service}/${encodeURIComponent(id)}`, { cache: "no-store" });
  if (!STATES.includes(reply.state) || !Array.isArray(reply.renditions)) throw unclear();
  return reply;
}

/** Sends a file with a form. `onProgress(bytes)` gets how much of the file has gone. */
export function send({ url, fields }, file, onProgress) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    // Last: S3 looks at no field after it.
    form.append("file", file);
    const request = new XMLHttpRequest();
    let watch;
    const stillMoving = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), STALLED_MS);
    };
    request.upload.addEventListener("progress", (event) => {
      stillMoving();
      // What is sent is the form, a little more than the file.
      onProgress(Math.max(0, Math.min(file.size, event.loaded - (event.total - file.size))));
    });
    request.addEventListener("loadend", () => {
      clearTimeout(watch);
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new ServiceError(reasonOfBucket(request.status), { status: request.status }));
    });
    request.open("POST", url);
    request.send(form);
    stillMoving();
  });
}

export function isId(value) {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

async function exchange(url, options) {
  let reply;
  try {
    reply = await timed(url, options);
  } catch {
    throw new ServiceError("The lab is busy or can’t be reached. Check your connection, then try again.");
  }
  if (reply.ok && reply.body) return reply.body;
  throw new ServiceError(reasonOf(reply), { status: reply.status });
}

function reasonOf({ status, body }) {
  if (status === 429) return "The lab is very busy just now. Wait a moment, then try again.";
  if (status >= 500) return "The lab has trouble just now. Try again in a moment.";
  const problem = Array.isArray(body?.problems) ? body.problems[0] : undefined;
  if (problem) return `The lab does not take it: its ${problem.field} ${problem.reason}.`;
  return `The lab does not take it (${status}).`;
}

function reasonOfBucket(status) {
  if (status === 0) return "The upload broke off. Check your connection, then try again.";
  if (status >= 500) return "The store has trouble just now. Try again in a moment.";
  return "The store did not take it: the file may have changed, or it waited for too long. Try again.";
}

function unclear() {
  return new ServiceError("The lab gave an answer that this page does not understand.", { status: 200 });
}

// The body is read under the same time limit: a connection can die between headers and body.
async function timed(url, options) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIME_LIMIT_MS);
  try {
    const reply = await fetch(url, { ...options, signal: controller.signal });
    return { ok: reply.ok, status: reply.status, body: await reply.json().catch(() => null) };
  } finally {
    clearTimeout(timer);
  }
}
