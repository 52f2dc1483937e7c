// What a reminder may be. The service checks the same limits; here they are told before anything is sent.

export const LONGEST_WAIT_SECONDS = 364 * 86_400;
export const LONGEST_MESSAGE = 459;
const LONGEST_EMAIL = 254;

// The alphabet of GSM 03.38. A text message that leaves it holds less than half as much.
const GSM_BASIC = new Set(
  "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
    "abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM_EXTENDED = new Set("^{}\\[~]|€");

/** How a text message travels: `used` of `limit` units in `parts` parts. */
export function textMessageSize(message) {
  const characters = [...message];
  const gsm = characters.every((each) => GSM_BASIC.has(each) || GSM_EXTENDED.has(each));
  const used = gsm
    ? characters.reduce((sum, each) => sum + (GSM_EXTENDED.has(each) ? 2 : 1), 0)
    : message.length;
  const [single, several] = gsm ? [160, 153] : [70, 67];
  return { gsm, used, limit: several * 3, parts: used <= single ? 1 : Math.ceil(used / several) };
}

/** The message as it will be sent: no blanks around it, tabs as blanks. */
export function cleanMessage(text) {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", " ").trim();
}

/** The number as the telephone network writes it: without the marks that people put in to read it. */
export function cleanPhone(text) {
  return text.replace(/[\s().\/\-\u2010-\u2015]/gu, "");
}

/** Seconds to wait, or NaN where the text is no whole number. */
export function waitSeconds(amount, unitSeconds) {
  const text = amount.trim();
  return /^\d+$/.test(text) ? Number(text) * unitSeconds : Number.NaN;
}

// Each rule answers what is wrong, in words to act on, or "".

export function waitProblem(amount, unitSeconds) {
  const seconds = waitSeconds(amount, unitSeconds);
  if (amount.trim() === "") return "Enter how long to wait, for instance 5.";
  if (Number.isNaN(seconds)) return "Use a whole number, for instance 5.";
  if (seconds < 1) return "Whiskers needs at least one second. Enter 1 or more.";
  if (seconds > LONGEST_WAIT_SECONDS) return "That is too far ahead. The longest wait is 364 days.";
  return "";
}

export function messageProblem(text, asTextMessage) {
  const message = cleanMessage(text);
  if (message === "") return "Write what Whiskers should tell you.";
  if (/\p{Cs}|[^\P{Cc}\n]/u.test(message)) return "Remove the invisible control characters; line breaks are fine.";
  const length = [...message].length;
  if (length > LONGEST_MESSAGE) {
    return `Shorten it to ${LONGEST_MESSAGE} characters; it has ${length}.`;
  }
  const size = textMessageSize(message);
  if (!asTextMessage || size.used <= size.limit) return "";
  return size.gsm
    ? "Too long for three text messages. Shorten it; signs such as € or [ ] count twice."
    : `Too long for three text messages. Shorten it to ${size.limit} characters, or leave out emoji and special letters.`;
}

export function emailProblem(text) {
  const email = text.trim();
  if (email === "") return "Enter the address that the reminder should go to.";
  if (email.length > LONGEST_EMAIL) return `Enter an address of at most ${LONGEST_EMAIL} characters.`;
  if (/^[^@]*[^\x00-\x7f]/.test(email)) {
    return "Use an address without accents or other special letters before the @.";
  }
  if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/u.test(email)) {
    return "Enter a complete address, for instance me@example.org.";
  }
  return "";
}

export function phoneProblem(text) {
  const phone = cleanPhone(text);
  if (phone === "") return "Enter the number that the text should go to.";
  if (!phone.startsWith("+")) return "Begin with + and the country code, for instance +44 7700 900123.";
  if (!/^\+[1-9]\d{6,14}$/.test(phone)) {
    return "Enter + and 7 to 15 digits, the country code first, for instance +44 7700 900123.";
  }
  return "";
}
