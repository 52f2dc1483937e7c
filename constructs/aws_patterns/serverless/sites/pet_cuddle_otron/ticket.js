// The booked reminder: when it arrives, how it is doing, how it ended.

import { sayMoment, sayTimeLeft } from "./moments.js";

const byId = (id) => document.getElementById(id);
const CHANNEL_NAMES = { email: "Email", sms: "Text message" };
const STATE_WORDS = { waiting: "waiting", sending: "on its way", sent: "sent", failed: "not delivered" };
const STEPS = { waiting: 0, sending: 1, sent: 2, failed: 2 };
const MOODS = { waiting: "asleep", sending: "demanding", sent: "happy", failed: "cross" };
const BUBBLES = {
  demanding: "You may book an appointment.",
  asleep: "Wake me when it is time.",
  happy: "You have been summoned.",
  cross: "This is unacceptable.",
  sending: "My courier is on the way.",
};

let clock;
let sendAt = Number.NaN;
let state = "";

/** Whiskers shows how things stand. */
export function setMood(mood, words = BUBBLES[mood]) {
  document.documentElement.dataset.mood = mood;
  byId("bubble").textContent = words;
}

/** Begins with what is known so far: all of it after booking, nothing but its existence after a reload. */
export function open(reminder) {
  close();
  if (reminder) {
    update({ State: "waiting", SendAt: reminder.SendAt, Channels: waitingChannels(reminder.Channels) });
    return;
  }
  byId("arrival-lead").textContent = "Looking up your reminder…";
  setMood("asleep");
}

/** Shows a state of the reminder; answers the sentence to announce, empty when nothing changed. */
export function update(reply) {
  const changed = reply.State !== state;
  state = reply.State;
  sendAt = Date.parse(reply.SendAt);
  byId("trouble").textContent = "";
  byId("arrival-lead").textContent = ended() ? "It was due on" : "Your reminder arrives on";
  byId("arrival").dateTime = reply.SendAt;
  byId("arrival").textContent = sayMoment(new Date(sendAt));
  byId("last-step").textContent = lastStep(reply.Channels ?? {});
  showSteps();
  showChannels(reply.Channels ?? {});
  byId("outcome").textContent = outcome(reply.Channels ?? {});
  setMood(MOODS[state], state === "sending" ? BUBBLES.sending : undefined);
  tick();
  return changed ? byId("outcome").textContent || `Your reminder is ${STATE_WORDS[state]}.` : "";
}

/** The service can't be asked just now; what is known stays on the page. */
export function showTrouble(pauseMs) {
  const seconds = Math.ceil(pauseMs / 1_000);
  byId("trouble").textContent =
    `Its state can’t be read just now; looking again in ${seconds} second${seconds === 1 ? "" : "s"}. ` +
    "The reminder itself is safe.";
}

/** The service does not know this reminder. */
export function showGone() {
  close();
  byId("outcome").textContent = "The service no longer knows this reminder, so it can’t be followed.";
  setMood("cross");
}

export function close() {
  clearTimeout(clock);
  sendAt = Number.NaN;
  state = "";
  for (const id of ["arrival-lead", "arrival", "countdown", "outcome", "trouble"]) byId(id).textContent = "";
  byId("channels").replaceChildren();
  showSteps();
}

function ended() {
  return state === "sent" || state === "failed";
}

function tick() {
  clearTimeout(clock);
  const left = sendAt - Date.now();
  byId("countdown").textContent = ended() ? "" : sayTimeLeft(left);
  // Aimed at the next full second of what is left: the number then never skips one.
  if (!ended()) clock = setTimeout(tick, left > 0 ? left % 1_000 || 1_000 : 1_000);
}

function showSteps() {
  const current = STEPS[state] ?? -1;
  byId("steps").hidden = current < 0;
  byId("steps").classList.toggle("failed", state === "failed");
  [...byId("steps").children].forEach((step, index) => {
    step.classList.toggle("reached", index <= current);
    if (index === current) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  });
}

function showChannels(channels) {
  const rows = Object.entries(channels).map(([channel, channelState]) => {
    const row = document.createElement("li");
    row.dataset.state = channelState;
    row.textContent = `${CHANNEL_NAMES[channel] ?? channel}: ${STATE_WORDS[channelState] ?? channelState}`;
    return row;
  });
  byId("channels").replaceChildren(...rows);
}

function lastStep(channels) {
  if (state !== "failed") return "Sent";
  return Object.values(channels).includes("sent") ? "Partly sent" : "Not delivered";
}

function outcome(channels) {
  if (state === "sent") return "It has been sent. Your cuddles are expected.";
  if (state !== "failed") return "";
  const [sent, failed] = ["sent", "failed"].map((wanted) =>
    Object.keys(channels)
      .filter((channel) => channels[channel] === wanted)
      .map((channel) => (CHANNEL_NAMES[channel] ?? channel).toLowerCase()),
  );
  if (sent.length > 0 && failed.length > 0) {
    return `The ${sent.join(" and ")} was sent, but the ${failed.join(" and ")} could not be delivered.`;
  }
  return "It could not be delivered. Check the address, and book it again if the cuddle still matters.";
}

function waitingChannels(channels) {
  return Object.fromEntries((Array.isArray(channels) ? channels : []).map((channel) => [channel, "waiting"]));
}
