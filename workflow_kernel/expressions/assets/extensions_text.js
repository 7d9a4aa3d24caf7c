// Extension functions of strings. Each takes the string and the call's arguments. Found by `extend.js`.

const fail = (message) => {
  throw new kernel.ExpressionExtensionError(message);
};

const CURRENCY = /\p{Sc}/gu;
const DOMAIN = String.raw`(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])`;
const ADDRESS = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const HOST_AT_START = new RegExp(`^(?:${ADDRESS}|${DOMAIN})(?=[:/?#]|$)`, "u");
const HOST_ANYWHERE = new RegExp(`(?:${DOMAIN}|${ADDRESS})`, "u");
const IS_DOMAIN = new RegExp(`^(?:${DOMAIN})(?::\\d{1,5})?$`, "u");
const MAIL_LOCAL = String.raw`[\p{L}\p{N}.!#$%&'*+/=?^_\x60{|}~-]+`;
const MAIL = new RegExp(`${MAIL_LOCAL}@(?:${DOMAIN})`, "u");
const IS_MAIL = new RegExp(
  String.raw`^(?:[^<>()[\]\\.,;:\s@"]+(?:\.[^<>()[\]\\.,;:\s@"]+)*|".+")@(?:\[${ADDRESS}\]|${DOMAIN})$`, "u");
const URL_START = String.raw`(?:https?|ftp|file)://`;
const URL_IN_TEXT = new RegExp(
  String.raw`${URL_START}(?:[\w.%~!$&'()*+,;=-]+(?::[^\s/?#@]*)?@)?[\p{L}\p{N}_.~%-]+(?::\d+)?(?:[/?#][^\s<>"]*)?`, "u");

// The parts of an absolute address, or null. V8 alone has no URL.
kernel.parseUrl = (text) => {
  const match = /^([a-zA-Z][a-zA-Z\d+.-]*):(.*)$/su.exec(text.trim());
  if (match === null) return null;
  const protocol = `${match[1].toLowerCase()}:`;
  const isSpecial = ["http:", "https:", "ftp:", "ws:", "wss:", "file:"].includes(protocol);
  const rest = isSpecial ? match[2].replace(/^[/\\]*/, "//") : match[2];
  const [, start, query = "", hash = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/su.exec(rest);
  if (!start.startsWith("//")) {
    return { protocol, username: "", password: "", hostname: "", port: "", pathname: start, search: query, hash };
  }
  const slash = start.indexOf("/", 2);
  const authority = slash < 0 ? start.slice(2) : start.slice(2, slash);
  const at = authority.lastIndexOf("@");
  const [username = "", password = ""] = at < 0 ? [] : authority.slice(0, at).split(":");
  const host = /^(\[[\da-fA-F:.]+\]|[^:\s<>^|%"\\]*)(?::(\d*))?$/u.exec(authority.slice(at + 1));
  if (host === null || (isSpecial && protocol !== "file:" && host[1] === "") || /[\s]/u.test(host[1])) return null;
  const usual = { "http:": "80", "https:": "443", "ftp:": "21", "ws:": "80", "wss:": "443" }[protocol];
  const port = host[2] === undefined || host[2] === usual ? "" : host[2];
  if (port !== "" && Number(port) > 65535) return null;
  const path = slash < 0 ? (isSpecial ? "/" : "") : start.slice(slash);
  const pathname = path.replace(/[ "<>`{}]|[^\x21-\x7e]+/gu, encodeURIComponent);
  return { protocol, username, password, hostname: host[1].toLowerCase(), port, pathname,
    search: query === "?" ? "" : query.replace(/ /g, "%20"), hash: hash === "#" ? "" : hash.replace(/ /g, "%20") };
};

const hash = (text, [algorithm = "md5"]) => {
  const name = String(algorithm).toLowerCase();
  if (!kernel.native.hasOwn(kernel.hashes, name)) {
    const known = Object.keys(kernel.hashes).map((key) => key[0].toUpperCase() + key.slice(1)).join(", ");
    fail(`Unknown algorithm ${algorithm}. Available algorithms are: ${known}.`);
  }
  return kernel.hashes[name](text);
};

const removeMarkdown = (text) => {
  const steps = [
    [/^(?:-\s*?|\*\s*?|_\s*?){3,}\s*$/gmu, ""],
    [/^([\s\t]*)(?:[*\-+]|\d+\.)\s+/gmu, "$1"],
    [/\n={2,}/gu, "\n"],
    [/~{3}.*\n/gu, ""],
    [/~~/gu, ""],
    [/`{3}.*\n/gu, ""],
    [/<[^>]*>/gu, ""],
    [/^[=-]{2,}\s*$/gmu, ""],
    [/\[\^.+?\](: .*?$)?/gmu, ""],
    [/\s{0,2}\[.*?\]: .*?$/gmu, ""],
    [/!\[(.*?)\][[(].*?[\])]/gu, ""],
    [/\[(.*?)\][[(].*?[\])]/gu, "$1"],
    [/^\s{0,3}>\s?/gmu, ""],
    [/^\s{1,2}\[(.*?)\]: (\S+)( ".*?")?\s*$/gmu, ""],
    [/^(\n)?\s{0,}#{1,6}\s+| {0,}(\n)?\s{0,}#{0,} {0,}(\n)?\s{0,}$/gmu, "$1$2$3"],
    [/([*_]{1,3})(\S.*?\S{0,1})\1/gu, "$2"],
    [/([*_]{1,3})(\S.*?\S{0,1})\1/gu, "$2"],
    [/(`{3,})(.*?)\1/gmu, "$2"],
    [/`(.+?)`/gu, "$1"],
    [/\n{2,}/gu, "\n\n"],
  ];
  return steps.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
};

const extractDomain = (text) => {
  const mail = MAIL.exec(text);
  if (mail !== null) return mail[0].slice(mail[0].indexOf("@") + 1);
  const url = new RegExp(String.raw`[a-z][a-z\d+.-]*://(?:[^\s/?#@]*@)?([^\s/?#:]+)`, "iu").exec(text);
  if (url !== null) return url[1].replace(/[^\p{L}\p{N}]+$/u, "") || undefined;
  const start = HOST_AT_START.exec(text);
  if (start !== null) return start[0];
  if (/^[a-z][a-z\d+.-]*:/iu.test(text)) return undefined;
  return HOST_ANYWHERE.exec(text)?.[0];
};

const isUrl = (text) => {
  const url = kernel.parseUrl(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:");
};

const toDate = (text) => {
  const date = new kernel.native.Date(text);
  if (Number.isNaN(date.getTime())) fail("cannot convert to date");
  if (!/:/u.test(text)) date.setHours(0, 0, 0);
  return date;
};

// A Luxon DateTime from text in any of the usual notations; a zone in the text is kept.
kernel.parseDateTime = (text) => {
  const { DateTime } = kernel.luxon();
  const readers = [
    () => DateTime.fromISO(text, { setZone: true }), () => DateTime.fromHTTP(text, { setZone: true }),
    () => DateTime.fromRFC2822(text, { setZone: true }), () => DateTime.fromSQL(text, { setZone: true }),
    () => (/^\d+$/u.test(text) ? DateTime.fromMillis(Number(text)) : DateTime.invalid("unreadable")),
    () => DateTime.fromJSDate(new kernel.native.Date(text)),
  ];
  for (const read of readers) {
    const result = read();
    if (result.isValid) return result;
  }
  return undefined;
};

const toDateTime = (text, [format]) => {
  if (typeof format === "string" && format !== "") {
    if (["ms", "s", "us", "excel"].includes(format)) return kernel.numberToDateTime(Number(text), format);
    const result = kernel.luxon().DateTime.fromFormat(text, format);
    return result.isValid ? result : fail("cannot convert to Luxon DateTime");
  }
  return kernel.parseDateTime(text) ?? fail("cannot convert to Luxon DateTime");
};

const toInt = (text, [radix]) => {
  const number = Number.parseInt(text.replace(CURRENCY, ""), radix);
  return Number.isNaN(number) ? fail("cannot convert to integer") : number;
};

const toFloat = (text) => {
  if (text.includes(",")) fail("cannot convert to float, expected . as decimal separator");
  const number = Number.parseFloat(text.replace(CURRENCY, ""));
  return Number.isNaN(number) ? fail("cannot convert to float") : number;
};

const toNumber = (text) => {
  const number = Number(text.replace(CURRENCY, ""));
  return Number.isNaN(number) ? fail("cannot convert to number") : number;
};

const parseJson = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return fail(text.includes("'") ? "Parsing failed. Check you're using double quotes" : "Parsing failed");
  }
};

const toSentenceCase = (text) => {
  const lower = text.toLowerCase();
  return lower.replace(/(^\P{L}*|[.!?]\P{L}*)(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase());
};

const toSnakeCase = (text) =>
  text.toLowerCase().replace(/[ -]/gu, "_").replace(/[!"#$%&'()*+,./:;<=>?@[\]^`{|}~\\]/gu, "");

const quote = (text, [mark = '"']) => {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll(mark, () => `\\${mark}`);
  return mark + escaped + mark;
};

kernel.extensions.string = {
  base64Decode: (text) => kernel.bytes.decodeText(kernel.bytes.fromBase64(text)),
  base64Encode: (text) => kernel.hashes.base64(text),
  extractDomain,
  extractEmail: (text) => MAIL.exec(text)?.[0],
  extractUrl: (text) => URL_IN_TEXT.exec(text)?.[0].replace(/[.,;:!?)'\]]+$/u, ""),
  extractUrlPath: (text) => kernel.parseUrl(text)?.pathname,
  hash,
  isDomain: (text) => IS_DOMAIN.test(text),
  isEmail: (text) => IS_MAIL.test(text),
  isEmpty: (text) => text === "",
  isNotEmpty: (text) => text !== "",
  isNumeric: (text) => !text.includes(" ") && !Number.isNaN(Number(text)) && !Number.isNaN(Number.parseFloat(text)),
  isUrl,
  length: (text) => text.length,
  parseJson,
  quote,
  removeMarkdown,
  removeTags: (text) => text.replace(/<[^>]*>?/gu, ""),
  replaceSpecialChars: (text) => kernel.library("transliteration").transliterate(text, { unknown: "?" }),
  toBoolean: (text) => !["", "false", "0", "no"].includes(text.trim().toLowerCase()),
  toDate,
  toDateTime,
  toDecimalNumber: toFloat,
  toFloat,
  toInt,
  toJsonString: (text) => JSON.stringify(text),
  toNumber,
  toSentenceCase,
  toSnakeCase,
  toTitleCase: (text) => kernel.library("title-case").titleCase(text),
  toWholeNumber: toInt,
  urlDecode: (text, [isWhole = false]) => (isWhole ? decodeURI(text) : decodeURIComponent(text)),
  urlEncode: (text, [isWhole = false]) => (isWhole ? encodeURI(text) : encodeURIComponent(text)),
};
