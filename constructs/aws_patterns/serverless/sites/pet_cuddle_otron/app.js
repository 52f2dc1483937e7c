// Wires the page: finds the service, sends the form, then follows the reminder.

import * as form from "./form.js";
import * as ticket from "./ticket.js";
import { follow } from "./follow.js";
import { findService, isExecutionId, newIdempotencyKey, requestReminder } from "./service.js";

const FOLLOWED = "followed-reminder";
const SUBMIT_LABEL = "Summon me";
const byId = (id) => document.getElementById(id);

let service = "";
let sending = false;
let attempt = { body: "", key: "" };
let stopFollowing = () => {};

async function start() {
  show(null);
  try {
    const found = await findService();
    service = found.url;
    form.offer(found.channels);
  } catch (error) {
    byId("unreachable-reason").textContent = error.message;
    show("unreachable");
    ticket.setMood("cross", "Who unplugged me?");
    announce(error.message);
    return;
  }
  const followed = recall();
  if (followed) showTicket(followed);
  else showForm();
}

async function send(event) {
  event.preventDefault();
  if (sending) return;
  form.sayAboveButton("");
  const wrong = form.checkAll();
  if (wrong > 0) {
    refuse(wrong);
    return;
  }
  sending = true;
  form.setSending(true, "Sending…");
  announce("Sending your reminder.");
  try {
    const body = form.requestBody();
    const reminder = await requestReminder(service, body, keyFor(body));
    attempt = { body: "", key: "" };
    remember(reminder.ExecutionId);
    showTicket(reminder.ExecutionId, reminder);
    byId("ticket-title").focus();
  } catch (error) {
    refuse(form.showRefusal(error));
  } finally {
    sending = false;
    form.setSending(false, SUBMIT_LABEL);
  }
}

// An attempt whose reply was lost may have worked: sent again unchanged, it carries the same key and counts once.
function keyFor(body) {
  if (body !== attempt.body) attempt = { body, key: newIdempotencyKey() };
  return attempt.key;
}

function refuse(wrong) {
  ticket.setMood("cross", "That will not do.");
  announce(wrong > 0 ? `${wrong} ${wrong === 1 ? "field needs" : "fields need"} your attention.` : "");
}

function showForm() {
  ticket.close();
  ticket.setMood("demanding");
  form.refreshHints();
  show("reminder");
}

function showTicket(executionId, reminder) {
  stopFollowing();
  ticket.open(reminder);
  show("ticket");
  if (reminder) announce(`Your reminder is booked. It arrives on ${byId("arrival").textContent}.`);
  stopFollowing = follow(service, executionId, {
    update: (reply) => announce(ticket.update(reply)),
    trouble: ticket.showTrouble,
    gone: () => {
      forget();
      ticket.showGone();
      announce(byId("outcome").textContent);
    },
  });
}

function bookAnother() {
  stopFollowing();
  forget();
  form.startOver();
  showForm();
  announce("");
  byId("amount").focus();
}

function show(shown) {
  for (const id of ["script-missing", "unreachable", "reminder", "ticket"]) byId(id).hidden = id !== shown;
}

function announce(text) {
  if (text) byId("status").textContent = text;
}

// Only the reminder's id is kept, for this tab alone. Some browsers forbid even that: the page then merely forgets.
function remember(executionId) {
  try {
    sessionStorage.setItem(FOLLOWED, executionId);
  } catch {}
}

function recall() {
  try {
    const executionId = sessionStorage.getItem(FOLLOWED);
    return isExecutionId(executionId) ? executionId : "";
  } catch {
    return "";
  }
}

function forget() {
  try {
    sessionStorage.removeItem(FOLLOWED);
  } catch {}
}

form.listen();
byId("reminder").addEventListener("submit", send);
byId("reminder").addEventListener("input", () => ticket.setMood("demanding"));
byId("another").addEventListener("click", bookAnother);
byId("reconnect").addEventListener("click", start);
start();
