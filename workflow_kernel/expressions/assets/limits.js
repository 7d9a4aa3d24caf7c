// Keeps code from asking V8 for more than can be had: some built-in loops cannot be interrupted, and memory of array
// buffers is not part of the heap whose limit V8 watches.

const { native } = kernel;
const LONGEST_ARRAY = 2 ** 25;
const BUFFER_BYTES = 256 * 1024 * 1024;
const BUILT_IN_LOOPS = [
  "copyWithin", "fill", "includes", "indexOf", "join", "lastIndexOf", "reverse", "shift", "sort", "splice", "toReversed",
  "toSorted", "toSpliced", "unshift", "with",
];
const BUFFERS = [
  "ArrayBuffer", "SharedArrayBuffer", "Uint8Array", "Uint8ClampedArray", "Int8Array", "Uint16Array", "Int16Array",
  "Uint32Array", "Int32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
];

let spent = 0;

kernel.resetLimits = () => {
  spent = 0;
};

const checkLength = (length) => {
  if (length > LONGEST_ARRAY) throw new RangeError("Invalid array length");
};

for (const name of BUILT_IN_LOOPS) {
  const original = Array.prototype[name];
  native.defineProperty(Array.prototype, name, {
    value(...args) {
      checkLength(this.length);
      return original.apply(this, args);
    },
  });
}

// Long texts: V8 ends the process when a list of their parts grows too large.
const TEXT_LOOPS = ["match", "replace", "replaceAll", "split"];
const LONGEST_TEXT = 2 ** 26;

for (const name of [...TEXT_LOOPS, "padEnd", "padStart", "repeat"]) {
  const original = String.prototype[name];
  const isGrowing = !TEXT_LOOPS.includes(name);
  native.defineProperty(String.prototype, name, {
    value(...args) {
      const grown = name === "repeat" ? this.length * args[0] : isGrowing ? args[0] : 0;
      if (this.length > LONGEST_TEXT || grown > LONGEST_TEXT) throw new RangeError("Invalid string length");
      return original.apply(this, args);
    },
  });
}

const { from } = Array;
native.defineProperty(Array, "from", {
  value(source, ...rest) {
    if (source !== null && typeof source === "object" && source[Symbol.iterator] === undefined) checkLength(source.length);
    return from.call(typeof this === "function" ? this : Array, source, ...rest);
  },
});

const limited = (Original) => {
  const width = Original.BYTES_PER_ELEMENT ?? 1;
  return new Proxy(Original, {
    construct(target, args, newTarget) {
      const [first, options] = args;
      const isView = first instanceof ArrayBuffer || first instanceof SharedArrayBuffer;
      const count = typeof first === "number" ? Math.max(first, options?.maxByteLength ?? 0) : first?.length ?? 0;
      if (!isView) spent += count * width;
      if (spent > BUFFER_BYTES) throw new RangeError("Array buffer allocation failed");
      return Reflect.construct(target, args, newTarget);
    },
  });
};

kernel.buffers = native.Object.fromEntries(BUFFERS.map((name) => [name, limited(globalThis[name])]));
for (const name of BUFFERS) {
  const { prototype } = globalThis[name];
  native.defineProperty(prototype, "constructor", { value: kernel.buffers[name] });
}
native.Object.assign(globalThis, kernel.buffers);
