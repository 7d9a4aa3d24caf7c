// Message digests in plain JavaScript, as V8 alone has none: md5, sha1, sha2, sha3; and base64 of UTF-8 text.

const encodeText = (text) => {
  const bytes = [];
  for (const character of text) {
    let code = character.codePointAt(0);
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return bytes;
};

const decodeText = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i++];
    const extra = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
    let code = extra === 0 ? first : extra === 3 ? first & 7 : extra === 2 ? first & 15 : first & 31;
    let isValid = extra >= 0;
    for (let k = 0; k < extra && isValid; k++) {
      if (i < bytes.length && (bytes[i] & 0xc0) === 0x80) code = (code << 6) | (bytes[i++] & 63);
      else isValid = false;
    }
    text += isValid && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  }
  return text;
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const toBase64 = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63];
    text += i + 1 < bytes.length ? ALPHABET[(word >> 6) & 63] : "=";
    text += i + 2 < bytes.length ? ALPHABET[word & 63] : "=";
  }
  return text;
};

const fromBase64 = (text) => {
  const bytes = [];
  let bits = 0;
  let word = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character === "-" ? "+" : character === "_" ? "/" : character);
    if (value < 0) continue;
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((word >> bits) & 255);
    }
  }
  return bytes;
};

kernel.bytes = { encodeText, decodeText, toBase64, fromBase64 };

const hex = (bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
const rotateLeft = (x, n) => (x << n) | (x >>> (32 - n));
const rotateRight = (x, n) => (x >>> n) | (x << (32 - n));

// Message bytes padded with 1, zeros and the length in bits, as md5 and the sha1/sha2 families want it.
const pad = (bytes, block, isLittle) => {
  const lengthBytes = block / 8;
  const padded = [...bytes, 0x80];
  while (padded.length % block !== block - lengthBytes) padded.push(0);
  const length = [];
  for (let i = 0, rest = bytes.length * 8; i < lengthBytes; i++, rest = Math.floor(rest / 256)) length.push(rest % 256);
  return padded.concat(isLittle ? length : length.reverse());
};

const words32 = (bytes, start, isLittle) => {
  const words = [];
  for (let i = start; i < start + 64; i += 4) {
    const [a, b, c, d] = isLittle
      ? [bytes[i + 3], bytes[i + 2], bytes[i + 1], bytes[i]]
      : [bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]];
    words.push((a << 24) | (b << 16) | (c << 8) | d);
  }
  return words;
};

const bytes32 = (words, isLittle) =>
  words.flatMap((word) => {
    const bytes = [(word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
    return isLittle ? bytes.reverse() : bytes;
  });

const MD5_SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const MD5_TABLE = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

const md5 = (message) => {
  const bytes = pad(message, 64, true);
  let state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let start = 0; start < bytes.length; start += 64) {
    const words = words32(bytes, start, true);
    let [a, b, c, d] = state;
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const f = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
      const index = [i, (5 * i + 1) % 16, (3 * i + 5) % 16, (7 * i) % 16][round];
      const sum = (a + f + MD5_TABLE[i] + words[index]) | 0;
      [a, d, c, b] = [d, c, b, (b + rotateLeft(sum, MD5_SHIFTS[round * 4 + (i % 4)])) | 0];
    }
    state = [state[0] + a, state[1] + b, state[2] + c, state[3] + d].map((x) => x | 0);
  }
  return bytes32(state, true);
};

const sha1 = (message) => {
  const bytes = pad(message, 64, false);
  let state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
  for (let start = 0; start < bytes.length; start += 64) {
    const words = words32(bytes, start, false);
    for (let i = 16; i < 80; i++) {
      words.push(rotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1));
    }
    let [a, b, c, d, e] = state;
    for (let i = 0; i < 80; i++) {
      const round = Math.floor(i / 20);
      const f = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][round];
      const constant = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][round];
      const next = (rotateLeft(a, 5) + f + e + constant + words[i]) | 0;
      [e, d, c, b, a] = [d, c, rotateLeft(b, 30), a, next];
    }
    state = [state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e].map((x) => x | 0);
  }
  return bytes32(state, false);
};

// The first bits of the fractional part of a root of each of the first primes: the constants of sha2.
const rootConstants = (count, root, bits) => {
  const constants = [];
  for (let candidate = 2n; constants.length < count; candidate++) {
    let isPrime = true;
    for (let k = 2n; k * k <= candidate && isPrime; k++) isPrime = candidate % k !== 0n;
    if (!isPrime) continue;
    const target = candidate << BigInt(bits * root);
    let low = 0n;
    let high = 1n << BigInt(bits + 10);
    while (low + 1n < high) {
      const middle = (low + high) >> 1n;
      if (middle ** BigInt(root) <= target) low = middle;
      else high = middle;
    }
    constants.push(low & ((1n << BigInt(bits)) - 1n));
  }
  return constants;
};

const lazy = (make) => {
  let value;
  return () => (value ??= make());
};

const SHA256_TABLE = lazy(() => rootConstants(64, 3, 32).map((x) => Number(x) | 0));
const SHA256_START = lazy(() => rootConstants(8, 2, 32).map((x) => Number(x) | 0));
const SHA224_START = lazy(() => rootConstants(16, 2, 64).slice(8).map((x) => Number(x & 0xffffffffn) | 0));
const SHA512_TABLE = lazy(() => rootConstants(80, 3, 64));
const SHA512_START = lazy(() => rootConstants(8, 2, 64));
const SHA384_START = lazy(() => rootConstants(16, 2, 64).slice(8));

const sha256 = (message, start, length) => {
  const table = SHA256_TABLE();
  const bytes = pad(message, 64, false);
  let state = start;
  for (let offset = 0; offset < bytes.length; offset += 64) {
    const words = words32(bytes, offset, false);
    for (let i = 16; i < 64; i++) {
      const [x, y] = [words[i - 15], words[i - 2]];
      const low = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >>> 3);
      const high = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >>> 10);
      words.push((words[i - 16] + low + words[i - 7] + high) | 0);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const high = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25);
      const first = (h + high + ((e & f) ^ (~e & g)) + table[i] + words[i]) | 0;
      const low = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22);
      const second = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    state = [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]) | 0);
  }
  return bytes32(state, false).slice(0, length);
};

const MASK = (1n << 64n) - 1n;
const rotate64 = (x, n) => ((x >> n) | (x << (64n - n))) & MASK;

const sha512 = (message, start, length) => {
  const table = SHA512_TABLE();
  const bytes = pad(message, 128, false);
  let state = start;
  for (let offset = 0; offset < bytes.length; offset += 128) {
    const words = [];
    for (let i = 0; i < 128; i += 8) {
      words.push(bytes.slice(offset + i, offset + i + 8).reduce((word, byte) => (word << 8n) | BigInt(byte), 0n));
    }
    for (let i = 16; i < 80; i++) {
      const [x, y] = [words[i - 15], words[i - 2]];
      const low = rotate64(x, 1n) ^ rotate64(x, 8n) ^ (x >> 7n);
      const high = rotate64(y, 19n) ^ rotate64(y, 61n) ^ (y >> 6n);
      words.push((words[i - 16] + low + words[i - 7] + high) & MASK);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const high = rotate64(e, 14n) ^ rotate64(e, 18n) ^ rotate64(e, 41n);
      const first = h + high + ((e & f) ^ (~e & MASK & g)) + table[i] + words[i];
      const low = rotate64(a, 28n) ^ rotate64(a, 34n) ^ rotate64(a, 39n);
      const second = low + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) & MASK, c, b, a, (first + second) & MASK];
    }
    state = [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]) & MASK);
  }
  return state.flatMap((word) => Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(56 - 8 * i)) & 255n)))
    .slice(0, length);
};

// The round constants of Keccak, from its shift register.
const keccakConstants = lazy(() => {
  const constants = [];
  let register = 1;
  for (let round = 0; round < 24; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = (register << 1) ^ (register >> 7 ? 0x171 : 0);
    }
    constants.push(constant);
  }
  return constants;
});

const keccakRound = (lanes, constant) => {
  const parity = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
  const mixed = lanes.map((lane, i) => lane ^ parity[(i + 4) % 5] ^ rotate64(parity[(i + 1) % 5], 63n));
  const moved = mixed.slice();
  let [x, y, current] = [1, 0, mixed[1]];
  for (let t = 0; t < 24; t++) {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    const shift = BigInt((((t + 1) * (t + 2)) / 2) % 64);
    [current, moved[x + 5 * y]] = [mixed[x + 5 * y], shift === 0n ? current : rotate64(current, 64n - shift)];
  }
  const result = moved.map((lane, i) => {
    const row = i - (i % 5);
    return lane ^ (~moved[row + ((i + 1) % 5)] & MASK & moved[row + ((i + 2) % 5)]);
  });
  result[0] ^= constant;
  return result;
};

const sha3 = (message) => {
  const rate = 72;
  const bytes = [...message, 0x06];
  while (bytes.length % rate !== 0) bytes.push(0);
  bytes[bytes.length - 1] |= 0x80;
  let lanes = Array.from({ length: 25 }, () => 0n);
  for (let start = 0; start < bytes.length; start += rate) {
    for (let i = 0; i < rate; i++) lanes[i >> 3] ^= BigInt(bytes[start + i]) << BigInt(8 * (i % 8));
    for (const constant of keccakConstants()) lanes = keccakRound(lanes, constant);
  }
  return Array.from({ length: 64 }, (_, i) => Number((lanes[i >> 3] >> BigInt(8 * (i % 8))) & 255n));
};

kernel.hashes = {
  base64: (text) => toBase64(encodeText(text)),
  md5: (text) => hex(md5(encodeText(text))),
  sha1: (text) => hex(sha1(encodeText(text))),
  sha224: (text) => hex(sha256(encodeText(text), SHA224_START(), 28)),
  sha256: (text) => hex(sha256(encodeText(text), SHA256_START(), 32)),
  sha384: (text) => hex(sha512(encodeText(text), SHA384_START(), 48)),
  sha512: (text) => hex(sha512(encodeText(text), SHA512_START(), 64)),
  sha3: (text) => hex(sha3(encodeText(text))),
};
