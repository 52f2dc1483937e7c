// What may be uploaded. The service checks the same; here it is told before anything is sent.

/** What the workers read, by the endings that files of the kind have. */
export const TYPES = {
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/png": ["png"],
  "image/webp": ["webp"],
  "image/avif": ["avif"],
  "image/gif": ["gif"],
  "image/tiff": ["tif", "tiff"],
  "image/bmp": ["bmp"],
};
export const KINDS = "JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP";

const FROM_PHONES = ["heic", "heif"];

/** The content type of a file; "" where it is none that is taken. Some systems don't tell browsers of newer kinds. */
export function typeOf(file) {
  if (Object.hasOwn(TYPES, file.type)) return file.type;
  const ending = endingOf(file);
  const found = Object.entries(TYPES).find(([, endings]) => endings.includes(ending));
  return file.type === "" || file.type === "image/x-ms-bmp" ? (found?.[0] ?? "") : "";
}

/** What is wrong with a file, in words to act on, or "". */
export function problemOf(file, maximumBytes) {
  if (FROM_PHONES.includes(endingOf(file)) || /^image\/hei[cf]/.test(file.type)) {
    return "HEIC pictures can’t be printed here. Export it as JPEG, then choose it again.";
  }
  if (typeOf(file) === "") return `This is no picture that can be printed here. Choose ${KINDS}.`;
  if (file.size === 0) return "This file is empty. Is it still being copied?";
  if (file.size > maximumBytes) {
    return `It has ${sayBytes(file.size)}; ${sayBytes(maximumBytes)} is the most. Export it smaller.`;
  }
  return "";
}

/** For instance "4.2 MB". */
export function sayBytes(bytes) {
  const [size, unit] = bytes < 1_000 ? [bytes, "B"] : bytes < 1_000_000 ? [bytes / 1_000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${size < 10 && unit !== "B" ? size.toFixed(1).replace(/\.0$/, "") : Math.round(size)} ${unit}`;
}

function endingOf(file) {
  return /\.([^.]+)$/.exec(file.name)?.[1].toLowerCase() ?? "";
}
