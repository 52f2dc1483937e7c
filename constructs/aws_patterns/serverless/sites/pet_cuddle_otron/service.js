// Talks to the reminder service. Nothing here knows the page.

const TIME_LIMIT_MS = 35_000; // the API's own limit is 29 s: past this, the network has lost the reply

/** The service refused, failed or could not be reached. `status` is 0 where no reply came. */
export class ServiceError extends Error {
  constructor(message, { status = 0, problems = [], retryAfterSeconds = 0 } = {}) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
    this.problems = problems;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Reads from the site's own configuration file where the service is, and what it offers: all, where not said. */
export async function findService() {
  let address;
  let channels;
  try {
    const response = await timed("./config.json", { cache: "no-cache" }, (reply) => reply.json());
    address = new URL(response.body.apiUrl, document.baseURI);
    if (!response.ok || typeof response.body.apiUrl !== "string" || !/^https?:$/.test(address.protocol)) {
      throw new TypeError("no usable apiUrl");
    }
    channels = String(response.body.channels ?? "email,sms").split(",");
  } catch {
    throw new ServiceError("The page’s configuration file, config.json, could not be read or names no service.");
  }
  return { url: address.href.replace(/\/+$/, ""), channels };
}

/** Asks for a reminder. The same key and body twice start one reminder. */
export async function requestReminder(service, body, idempotencyKey) {
  const reply = await exchange(service, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
    body,
  });
  if (!isExecutionId(reply.ExecutionId) || Number.isNaN(Date.parse(reply.SendAt))) {
    throw new ServiceError("The service gave an answer that this page does not understand.", { status: 200 });
  }
  return reply;
}

/** How a reminder is doing. */
export async function readReminder(service, executionId) {
  const reply = await exchange(`${service}/${encodeURIComponent(executionId)}`, { cache: "no-store" });
  if (!["waiting", "sending", "sent", "failed"].includes(reply.State)) {
    throw new ServiceError("The service gave an answer that this page does not understand.", { status: 200 });
  }
  return reply;
}

export function isExecutionId(value) {
  return typeof value === "string" && /^[\w-]{1,80}$/.test(value);
}

/** A fresh name for one filled form. `crypto.randomUUID` is missing on plain http outside localhost. */
export function newIdempotencyKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function exchange(url, options) {
  let response;
  try {
    response = await timed(url, options, (reply) => reply.json().catch(() => null));
  } catch {
    throw new ServiceError("The service could not be reached. Check your connection, then try again.");
  }
  const { ok, status, body } = response;
  if (ok && body?.Status === "Success") return body;
  throw new ServiceError(reasonFor(status, body), {
    status,
    problems: Array.isArray(body?.Problems) ? body.Problems : [],
    retryAfterSeconds: response.retryAfterSeconds,
  });
}

function reasonFor(status, body) {
  if (status === 429) return "Whiskers is very popular just now. Wait a moment, then try again.";
  if (status >= 500) return "The service has trouble just now. Try again in a moment.";
  return typeof body?.Reason === "string" && body.Reason ? body.Reason : `The service refused the request (${status}).`;
}

// The body is read under the same time limit: a connection can die between headers and body.
async function timed(url, options, read) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIME_LIMIT_MS);
  try {
    const reply = await fetch(url, { ...options, signal: controller.signal });
    return {
      ok: reply.ok,
      status: reply.status,
      retryAfterSeconds: Number(reply.headers.get("Retry-After")) || 0,
      body: await read(reply),
    };
  } finally {
    clearTimeout(timer);
  }
}
