// Says moments and spans of time in words, in the visitor's own time zone.

// The page is in English, so its dates are too, in the visitor's kind of English where there is one.
const ENGLISH = [...navigator.languages.filter((language) => /^en\b/i.test(language)), "en-GB"];
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** For instance "Saturday, 21 November 2026 at 14:05:10 CET". */
export function sayMoment(date) {
  return new Intl.DateTimeFormat(ENGLISH, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(date);
}

/** For instance "2 hours 5 minutes": the two largest units, which is as exact as anyone wants to know. */
export function sayTimeLeft(milliseconds) {
  let seconds = Math.ceil(milliseconds / 1_000);
  const largest = UNITS.findIndex(([, size]) => seconds >= size);
  if (largest < 0) return "any moment now";
  const words = [];
  for (const [name, size] of UNITS.slice(largest, largest + 2)) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) words.push(`${count} ${name}${count === 1 ? "" : "s"}`);
  }
  return `in ${words.join(" ")}`;
}
