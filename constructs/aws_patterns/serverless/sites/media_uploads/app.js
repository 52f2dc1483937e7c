// Wires the page: takes pictures, sends a few at a time, then follows them until their prints are made.

import { Follower } from "./follow.js";
import { Frame } from "./frame.js";
import { findService, isId, requestUpload, send } from "./service.js";
import { KINDS, TYPES, problemOf, sayBytes, typeOf } from "./rules.js";

const FOLLOWED = "followed-uploads";
const AT_ONCE = 3;
const byId = (id) => document.getElementById(id);

let service;
let follower;
let sending = 0;
const waiting = [];
const frames = new Map(); // a frame -> the id of its upload, once there is one

async function start() {
  show(null);
  try {
    service = await findService();
  } catch (error) {
    byId("unreachable-reason").textContent = error.message;
    show("unreachable");
    announce(error.message);
    return;
  }
  follower = new Follower(service.url);
  byId("files").accept = [...Object.keys(TYPES), ...Object.values(TYPES).flat().map((each) => `.${each}`)].join();
  byId("limits").textContent = `${KINDS}, up to ${sayBytes(service.maximumBytes)} each.`;
  show("tray");
  for (const { id, name, bytes } of recall()) follow(new Frame(byId("roll"), name, bytes), id);
  count();
}

function take(files) {
  if (!service) return;
  for (const file of files) {
    const frame = new Frame(byId("roll"), file.name, file.size);
    frames.set(frame, "");
    const problem = problemOf(file, service.maximumBytes);
    if (problem) frame.failed(problem);
    else waiting.push({ frame, file });
  }
  count();
  if (files.length > 0) announce(files.length === 1 ? `${files[0].name} added.` : `${files.length} pictures added.`);
  sendNext();
}

function sendNext() {
  while (sending < AT_ONCE && waiting.length > 0) {
    sending += 1;
    sendOne(waiting.shift()).finally(() => {
      sending -= 1;
      count();
      sendNext();
    });
  }
}

async function sendOne({ frame, file }) {
  try {
    frame.sending(0);
    const { id, form } = await requestUpload(service.url, { name: file.name, type: typeOf(file), bytes: file.size });
    await send(form, file, (sent) => frame.sending(sent));
    follow(frame, id);
    remember();
  } catch (error) {
    announce(`${frame.name}: ${error.message}`);
    frame.failed(error.message, () => {
      frame.queued();
      waiting.push({ frame, file });
      byId("sheet-title").focus();
      sendNext();
    });
  }
}

function follow(frame, id) {
  frames.set(frame, id);
  frame.working();
  follower.follow(id, { update: (reply) => update(frame, reply), trouble: () => frame.unsure() });
}

function update(frame, { state, renditions, reason }) {
  const before = frame.state;
  if (state === "done") frame.done(renditions);
  else if (state === "refused") frame.refused(reason);
  else if (before === "working") frame.working();
  if (frame.state === before) return;
  announce(frame.state === "done" ? `${frame.name}: its prints are made.` : `${frame.name}: it could not be printed.`);
  count();
}

function count() {
  const all = [...frames.keys()];
  const made = all.filter((frame) => frame.state === "done").length;
  byId("tally").textContent = all.length === 0 ? "" : `${made} of ${all.length} printed`;
  byId("empty").hidden = all.length > 0;
  byId("clear").hidden = !all.some(isFinished);
}

function clear() {
  for (const [frame, id] of frames) {
    if (!isFinished(frame)) continue;
    follower.forget(id);
    frames.delete(frame);
    frame.remove();
  }
  remember();
  count();
  byId("sheet-title").focus();
}

function isFinished(frame) {
  return ["done", "refused", "failed"].includes(frame.state);
}

function show(shown) {
  for (const id of ["script-missing", "unreachable", "tray"]) byId(id).hidden = id !== shown;
}

function announce(text) {
  byId("status").textContent = text;
}

// What has been uploaded, for this tab alone. Some browsers forbid even that: the page then merely forgets.
function remember() {
  const uploads = [...frames].filter(([, id]) => id).map(([{ name, bytes }, id]) => ({ id, name, bytes }));
  try {
    sessionStorage.setItem(FOLLOWED, JSON.stringify(uploads));
  } catch {}
}

function recall() {
  try {
    const uploads = JSON.parse(sessionStorage.getItem(FOLLOWED) ?? "[]");
    return uploads.filter(({ id, name, bytes }) => isId(id) && typeof name === "string" && Number.isFinite(bytes));
  } catch {
    return [];
  }
}

// Anywhere on the page: a file dropped beside the tray would otherwise replace the page.
function listenForDrops() {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (over) => byId("tray").classList.toggle("over", over);
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(false);
    take([...event.dataTransfer.files]);
  });
}

byId("files").addEventListener("change", (event) => {
  take([...event.target.files]);
  // The same file may be chosen again.
  event.target.value = "";
});
byId("clear").addEventListener("click", clear);
byId("reconnect").addEventListener("click", start);
window.addEventListener("beforeunload", (event) => {
  if (sending + waiting.length > 0) event.preventDefault();
});
listenForDrops();
start();
