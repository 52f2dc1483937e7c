// Follows one reminder until it is done: seldom while it only waits, often when it is about to be sent.

import { readReminder } from "./service.js";

const FIRST_LOOK_MS = 500;
const LONGEST_PAUSE_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 60_000;
const UNKNOWN_BEFORE_GIVING_UP = 4; // a reminder that was just booked may take a moment to be found

/**
 * Asks for the state of a reminder until it is sent, failed or unknown.
 *
 * `on.update(reply)` gets each answer, `on.trouble(pauseMs)` each failure, `on.gone()` ends a following of
 * something that does not exist. Returns a function that stops it.
 */
export function follow(service, executionId, on) {
  let timer;
  let stopped = false;
  let asking = false;
  let failures = 0;
  let unknown = 0;

  const plan = (pauseMs) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(ask, pauseMs);
  };

  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", askWhenSeen);
    window.removeEventListener("online", askWhenSeen);
  };

  async function ask() {
    if (asking || stopped) return;
    asking = true;
    try {
      const reply = await readReminder(service, executionId);
      if (stopped) return;
      failures = unknown = 0;
      on.update(reply);
      if (reply.State === "sent" || reply.State === "failed") stop();
      else plan(pauseFor(reply));
    } catch (error) {
      if (stopped) return;
      failures += 1;
      unknown = error.status === 404 ? unknown + 1 : 0;
      if (unknown >= UNKNOWN_BEFORE_GIVING_UP) {
        stop();
        on.gone();
        return;
      }
      const pause = retryPause(failures, error.retryAfterSeconds ?? 0);
      if (error.status !== 404) on.trouble(pause);
      plan(pause);
    } finally {
      asking = false;
    }
  }

  // Timers sleep in hidden tabs and in closed laptops: whoever comes back sees the truth at once.
  function askWhenSeen() {
    if (document.visibilityState === "visible") plan(FIRST_LOOK_MS);
  }

  document.addEventListener("visibilitychange", askWhenSeen);
  window.addEventListener("online", askWhenSeen);
  plan(FIRST_LOOK_MS);
  return stop;
}

function pauseFor(reply) {
  const left = Date.parse(reply.SendAt) - Date.now();
  if (reply.State === "sending" || Number.isNaN(left)) return 1_000;
  if (left <= 0) return clamp(-left / 4, 1_000, 30_000);
  // Half of what is left: the looks get closer together as the moment comes nearer.
  return left < 3_000 ? left + 300 : clamp(left / 2, 1_500, LONGEST_PAUSE_MS);
}

function retryPause(failures, retryAfterSeconds) {
  const backoff = Math.min(1_000 * 2 ** (failures - 1), LONGEST_RETRY_MS);
  // The jitter keeps the many pages that one outage stopped from coming back in the same second.
  const jittered = backoff * (0.75 + Math.random() / 2);
  return Math.max(jittered, Math.min(retryAfterSeconds * 1_000, LONGEST_PAUSE_MS));
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
