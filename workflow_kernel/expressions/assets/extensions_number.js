// Extension functions of numbers and booleans. Found by `extend.js`.

const fail = (message) => {
  throw new kernel.ExpressionExtensionError(message);
};

const DAY = 86_400_000;
const EXCEL_EPOCH_DAYS = 25_569;

kernel.numberToDateTime = (number, format = "ms") => {
  const { DateTime } = kernel.luxon();
  switch (format) {
    case "ms": return DateTime.fromMillis(number);
    case "s": return DateTime.fromSeconds(number);
    case "us": return DateTime.fromMillis(Math.floor(number / 1000));
    case "excel": return DateTime.fromMillis(Math.round((number - EXCEL_EPOCH_DAYS) * DAY));
    default:
      return fail(`Unsupported format '${format}'. toDateTime() supports 'ms', 's', 'us' and 'excel'.`);
  }
};

const parity = (name, remainder) => (number) => {
  if (!Number.isInteger(number)) fail(`${name}() is only callable on integers`);
  return Math.abs(number % 2) === remainder;
};

kernel.extensions.number = {
  abs: (number) => Math.abs(number),
  ceil: (number) => Math.ceil(number),
  floor: (number) => Math.floor(number),
  format: (number, [locales = "en-US", options = {}]) => new Intl.NumberFormat(locales, options).format(number),
  isEmpty: () => false,
  isEven: parity("isEven", 0),
  isInteger: (number) => Number.isInteger(number),
  isNotEmpty: () => true,
  isOdd: parity("isOdd", 1),
  round: (number, [places = 0]) => +number.toFixed(places),
  toBoolean: (number) => number !== 0,
  toDateTime: (number, [format]) => kernel.numberToDateTime(number, format),
  toFloat: (number) => number,
  toInt: (number) => Math.trunc(number),
  toJsonString: (number) => JSON.stringify(number),
  toNumber: (number) => number,
};

const toNumber = (flag) => (flag ? 1 : 0);

kernel.extensions.boolean = {
  isEmpty: () => false,
  isNotEmpty: () => true,
  toBoolean: (flag) => flag,
  toDateTime: () => undefined,
  toFloat: toNumber,
  toInt: toNumber,
  toJsonString: (flag) => JSON.stringify(flag),
  toNumber,
  toString: (flag) => String(flag),
};
