// Follows all uploads until they are done: one question at a time, however many there are.

import { readUpload } from "./service.js";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_RETRY_MS = 60_000;
const GROWTH = 1.4;
const BETWEEN_MS = 250; // between two questions: the service answers so many a second for all visitors together
const REFRESH_MS = 10 * 60_000; // links to prints end after 15 minutes

/** Asks how uploads are doing, often at first and less and less often. */
export class Follower {
  #service;
  #followed = new Map();
  #timer;
  #asking = false;

  constructor(service) {
    this.#service = service;
    // Timers sleep in hidden tabs and in closed laptops: whoever comes back sees the truth at once.
    document.addEventListener("visibilitychange", () => this.#askWhenSeen());
    window.addEventListener("online", () => this.#askWhenSeen());
  }

  /** Calls `on.update(reply)` with each answer, and `on.trouble()` when there is none. */
  follow(id, on) {
    this.#followed.set(id, { on, pause: FIRST_PAUSE_MS, due: Date.now() + FIRST_PAUSE_MS, failures: 0 });
    this.#plan();
  }

  forget(id) {
    this.#followed.delete(id);
  }

  #plan() {
    clearTimeout(this.#timer);
    if (this.#asking || this.#followed.size === 0) return;
    const next = Math.min(...[...this.#followed.values()].map((each) => each.due));
    this.#timer = setTimeout(() => this.#ask(), Math.max(next - Date.now(), BETWEEN_MS));
  }

  async #ask() {
    const [id, each] = [...this.#followed].reduce((first, other) => (other[1].due < first[1].due ? other : first));
    this.#asking = true;
    try {
      const reply = await readUpload(this.#service, id);
      each.failures = 0;
      each.pause = isOver(reply.state) ? REFRESH_MS : Math.min(each.pause * GROWTH, LONGEST_PAUSE_MS);
      if (reply.state === "refused") this.forget(id);
      each.on.update(reply);
    } catch {
      each.failures += 1;
      each.on.trouble();
    } finally {
      // The jitter keeps the many pages that one outage stopped from coming back in the same second.
      const retry = Math.min(1_000 * 2 ** (each.failures - 1), LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
      each.due = Date.now() + (each.failures > 0 ? retry : each.pause);
      this.#asking = false;
      this.#plan();
    }
  }

  #askWhenSeen() {
    if (document.visibilityState !== "visible") return;
    for (const each of this.#followed.values()) each.due = Math.min(each.due, Date.now() + FIRST_PAUSE_MS);
    this.#plan();
  }
}

function isOver(state) {
  return state === "done" || state === "refused";
}
