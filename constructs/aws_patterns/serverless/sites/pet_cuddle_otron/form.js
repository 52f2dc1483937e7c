// The form: what was typed, what is wrong with it, and what the service says is wrong with it.

import * as rules from "./rules.js";
import { sayMoment } from "./moments.js";

const byId = (id) => document.getElementById(id);
const form = byId("reminder");
const amount = byId("amount");
const unit = byId("unit");
const message = byId("message");
const email = byId("email");
const phone = byId("phone");
const submit = byId("submit");

const preference = () => new FormData(form).get("preference");
const usesEmail = () => preference() !== "sms";
const usesPhone = () => preference() !== "email";

// In the order of the page: the first with a problem gets the focus. `name` is what the service calls it.
const FIELDS = [
  { name: "waitSeconds", id: "wait", input: amount, problem: () => rules.waitProblem(amount.value, Number(unit.value)) },
  { name: "message", id: "message", input: message, problem: () => rules.messageProblem(message.value, usesPhone()) },
  { name: "preference", id: "preference", input: byId("preference-email"), problem: () => "" },
  { name: "email", id: "email", input: email, problem: () => (usesEmail() ? rules.emailProblem(email.value) : "") },
  { name: "phone", id: "phone", input: phone, problem: () => (usesPhone() ? rules.phoneProblem(phone.value) : "") },
];

/** What the service gets. */
export function requestBody() {
  const body = {
    waitSeconds: rules.waitSeconds(amount.value, Number(unit.value)),
    message: rules.cleanMessage(message.value),
    preference: preference(),
  };
  if (usesEmail()) body.email = email.value.trim();
  if (usesPhone()) body.phone = rules.cleanPhone(phone.value);
  return JSON.stringify(body);
}

/** Shows every problem next to its field and answers how many there are; the first gets the focus. */
export function checkAll() {
  const wrong = FIELDS.filter((field) => show(field, field.problem()));
  wrong[0]?.input.focus();
  return wrong.length;
}

/** Puts the service's problems next to their fields; what belongs to no visible field is said above the button. */
export function showRefusal(error) {
  const homeless = [];
  const wrong = [];
  for (const { Field: name, Reason: reason } of error.problems) {
    const field = FIELDS.find((each) => each.name === name && !byId(`${each.id}-field`).hidden);
    if (field) wrong.push(field);
    if (!field) homeless.push(sentence(reason));
    else show(field, sentence(reason));
  }
  sayAboveButton(wrong.length + homeless.length > 0 ? homeless.join(" ") : error.message);
  FIELDS.find((field) => wrong.includes(field))?.input.focus();
  return wrong.length;
}

/** A problem of the whole request. Empty text takes it away. */
export function sayAboveButton(text) {
  byId("form-error").textContent = text;
}

/** While a request is under way the button stays where the focus is, and does nothing. */
export function setSending(sending, label) {
  submit.setAttribute("aria-disabled", String(sending));
  form.setAttribute("aria-busy", String(sending));
  submit.textContent = label;
}

/** Empties the form for the next reminder. Addresses stay: it is the same person. */
export function startOver() {
  amount.value = "";
  message.value = "";
  for (const field of FIELDS) show(field, "");
  sayAboveButton("");
  refreshHints();
}

/** Where there is one way to be reached, there is nothing to choose. */
export function offer(channels) {
  if (channels.length !== 1) return;
  byId(`preference-${channels[0]}`).checked = true;
  byId("preference-field").hidden = true;
  refreshHints();
}

export function listen() {
  for (const field of FIELDS) {
    field.input.addEventListener("blur", () => afterPointer(() => {
      // Whoever only passes through an empty field has done nothing wrong yet.
      if (field.input.value !== "" || isMarked(field)) show(field, field.problem());
    }));
    field.input.addEventListener("input", () => {
      if (isMarked(field)) show(field, field.problem());
    });
  }
  form.addEventListener("input", refreshHints);
  unit.addEventListener("change", () => amount.value !== "" && show(FIELDS[0], FIELDS[0].problem()));
  for (const choice of form.elements.preference) {
    choice.addEventListener("change", () => {
      const late = FIELDS.filter((field) => isMarked(field) || (field.input === message && message.value !== ""));
      refreshHints();
      for (const field of late) show(field, field.problem());
    });
  }
  refreshHints();
}

// A problem shown on blur moves what is below it. Under a pressed pointer that would be the very button or field
// that is being clicked, and the click would miss it: so wait until the pointer is up again.
let pointerIsDown = false;
document.addEventListener("pointerdown", () => (pointerIsDown = true), true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => (pointerIsDown = false), true);
}

function afterPointer(action) {
  if (!pointerIsDown) return action();
  const end = new AbortController();
  const run = () => {
    end.abort();
    setTimeout(action);
  };
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, run, { signal: end.signal });
}

export function refreshHints() {
  byId("email-field").hidden = !usesEmail();
  byId("phone-field").hidden = !usesPhone();
  const waits = rules.waitSeconds(amount.value, Number(unit.value));
  byId("wait-hint").textContent =
    waits >= 1 && waits <= rules.LONGEST_WAIT_SECONDS
      ? `That is ${sayMoment(new Date(Date.now() + waits * 1_000))}.`
      : "From 1 second up to 364 days.";
  const clean = rules.cleanMessage(message.value);
  const size = rules.textMessageSize(clean);
  const [used, limit] = usesPhone()
    ? [size.used, size.limit]
    : [[...clean].length, rules.LONGEST_MESSAGE];
  byId("message-count").textContent = `${used} / ${limit}`;
  byId("message-count").classList.toggle("over", used > limit);
  byId("message-hint").textContent = messageHint(clean, size);
}

function messageHint(clean, size) {
  if (!usesPhone()) return `Up to ${rules.LONGEST_MESSAGE} characters.`;
  if (clean === "") return "Up to 3 text messages in one.";
  const parts = size.parts === 1 ? "Fits 1 text message" : `Takes ${size.parts} text messages`;
  return size.gsm ? `${parts}.` : `${parts}: emoji and special letters take more room.`;
}

// The service's reasons continue the name of the field: "must be between ...".
function sentence(reason) {
  const text = String(reason);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function show(field, problem) {
  byId(`${field.id}-error`).textContent = problem;
  if (problem) field.input.setAttribute("aria-invalid", "true");
  else field.input.removeAttribute("aria-invalid");
  return problem !== "";
}

function isMarked(field) {
  return field.input.getAttribute("aria-invalid") === "true";
}
