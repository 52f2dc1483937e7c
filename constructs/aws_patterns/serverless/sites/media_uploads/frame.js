// One picture on the roll: what it is called, how it is doing, and what came of it.

import { sayBytes } from "./rules.js";

const REFUSALS = {
  "not-an-image": "It is called a picture, but it is none inside. Open it in a viewer: does it show?",
  "corrupt-image": "It is damaged: a part of it is missing or unreadable. Export it again, or send the original.",
  "too-many-pixels": "It has too many pixels to be printed here. Export it smaller.",
  "too-many-bytes": "It is too large a file to be printed here. Export it smaller.",
  "empty-object": "It arrived empty. Is the file still being copied?",
};
const UNKNOWN_REFUSAL = "It could not be printed.";

/** Shows one picture. `state` is queued, sending, working, done, refused or failed. */
export class Frame {
  #row;
  #prints = new Map();

  constructor(list, name, bytes) {
    const row = document.getElementById("frame").content.firstElementChild.cloneNode(true);
    this.#row = row;
    this.name = name;
    this.bytes = bytes;
    this.#part(".name").textContent = name;
    this.#part("progress").setAttribute("aria-label", `Upload of ${name}`);
    list.append(row);
    this.queued();
  }

  get state() {
    return this.#row.dataset.state;
  }

  queued() {
    this.#show("queued", "Waits its turn");
  }

  sending(sent) {
    this.#show("sending", `Uploading: ${sayBytes(sent)} of ${sayBytes(this.bytes)}`);
    const bar = this.#part("progress");
    bar.hidden = false;
    bar.value = this.bytes > 0 ? sent / this.bytes : 0;
  }

  working() {
    this.#show("working", "Uploaded. Its prints are being made; a lab that sleeps takes some minutes to wake.");
    const bar = this.#part("progress");
    bar.hidden = false;
    bar.removeAttribute("value");
    bar.setAttribute("aria-label", `Prints of ${this.name}`);
  }

  unsure() {
    if (this.state === "working") this.#part(".state").textContent = "Uploaded. How it is doing can’t be read just now.";
  }

  /** The prints, the smallest of which is shown; later answers only bring fresh links. */
  done(renditions) {
    if (this.state !== "done") {
      this.#show("done", renditions.length === 1 ? "1 print" : `${renditions.length} prints`);
      this.#showSmallest(renditions);
      this.#prints.clear();
      this.#part(".prints").replaceChildren(...renditions.map((each) => this.#print(each)));
      this.#part(".prints").hidden = false;
    }
    for (const each of renditions) this.#prints.get(each.name)?.setAttribute("href", each.url);
  }

  refused(reason) {
    this.#show("refused", Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason] : UNKNOWN_REFUSAL);
  }

  /** Not taken, or not sent. With `again` there is a button to try once more. */
  failed(words, again) {
    this.#show("failed", words);
    const button = this.#part(".again");
    button.hidden = !again;
    button.setAttribute("aria-label", `Try again: ${this.name}`);
    button.onclick = () => again?.();
  }

  remove() {
    this.#row.remove();
  }

  #show(state, words) {
    this.#row.dataset.state = state;
    this.#part(".state").textContent = words;
    for (const each of ["progress", ".again", ".prints"]) this.#part(each).hidden = true;
  }

  #showSmallest(renditions) {
    const smallest = renditions.reduce((least, each) => (least && least.bytes <= each.bytes ? least : each), null);
    if (!smallest) return;
    const image = this.#part("img");
    image.src = smallest.url;
    image.hidden = false;
  }

  #print({ name, width, height, bytes }) {
    const link = document.createElement("a");
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = name;
    link.setAttribute("aria-label", `${name} of ${this.name}, ${width} by ${height}, opens in a new tab`);
    this.#prints.set(name, link);
    const size = document.createElement("span");
    size.textContent = `${width} × ${height}\n${sayBytes(bytes)}`;
    const item = document.createElement("li");
    item.append(link, size);
    return item;
  }

  #part(selector) {
    return this.#row.querySelector(selector);
  }
}
