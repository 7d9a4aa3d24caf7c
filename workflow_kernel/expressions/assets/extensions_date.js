// Extension functions of dates: JavaScript's Date and Luxon's DateTime. Found by `extend.js`.
// What is given back is of the kind that was given: a Date for a Date, a DateTime for a DateTime.

const fail = (message) => {
  throw new kernel.ExpressionExtensionError(message);
};

const UNITS = [
  "year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "weekday", "ordinal",
];
const ALIASES = {
  day: ["d"], hour: ["h", "hr", "hrs"], minute: ["m", "min", "mins"], second: ["s", "sec", "secs"],
  millisecond: ["ms"], month: ["mo", "mos"], week: ["w", "wk", "wks"], year: ["y", "yr", "yrs"], quarter: ["q"],
};
const SINGULAR = new Map();
for (const unit of UNITS) {
  for (const name of [unit, `${unit}s`, ...(ALIASES[unit] ?? [])]) SINGULAR.set(name, unit);
}
const DIFFERENCE_UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];

const singular = (unit) => SINGULAR.get(String(unit)) ?? SINGULAR.get(String(unit).toLowerCase()) ?? unit;

// Any of Date, DateTime, text or milliseconds as a DateTime; undefined when it is none of them.
const asDateTime = (value) => {
  const { DateTime } = kernel.luxon();
  if (DateTime.isDateTime(value)) return value;
  if (value instanceof kernel.native.Date) return DateTime.fromJSDate(value);
  if (typeof value === "number") return DateTime.fromMillis(value);
  return typeof value === "string" ? kernel.parseDateTime(value) : undefined;
};

const like = (original, result) => (original instanceof kernel.native.Date ? result.toJSDate() : result);

const duration = (amount, unit = "milliseconds") => {
  if (typeof amount === "object" && amount !== null) return amount;
  return { [`${singular(unit)}s`]: Number(amount) };
};

const beginningOf = (date, [unit = "week"]) => like(date, asDateTime(date).startOf(singular(unit)));

const extract = (date, [part = "week"]) => {
  const dateTime = asDateTime(date);
  if (part === "yearDayNumber") return dateTime.ordinal;
  const unit = singular(part);
  return unit === "week" ? dateTime.weekNumber : dateTime.get(unit);
};

const isBetween = (date, bounds) => {
  if (bounds.length !== 2) fail("isBetween(): expected exactly two args");
  const [first, second] = bounds.map(asDateTime);
  if (!first?.isValid || !second?.isValid) return undefined;
  const moment = asDateTime(date).toMillis();
  return Math.min(+first, +second) < moment && moment < Math.max(+first, +second);
};

const isInLast = (date, [amount = 0, unit = "minutes"]) => {
  const { DateTime } = kernel.luxon();
  const moment = asDateTime(date).toMillis();
  return DateTime.now().minus(duration(amount, unit)).toMillis() <= moment && moment <= kernel.clock();
};

const diffTo = (date, [other, units = "days"]) => {
  const names = (Array.isArray(units) ? units : [units]).map((unit) => {
    const name = singular(unit);
    if (!DIFFERENCE_UNITS.includes(name)) {
      const known = DIFFERENCE_UNITS.map((known) => `'${known}s'`).join(", ");
      fail(`Unsupported unit '${String(unit)}'. Supported: ${known}`);
    }
    return `${name}s`;
  });
  const end = other === undefined ? kernel.luxon().DateTime.now() : asDateTime(other);
  if (!end?.isValid) fail("cannot convert to Luxon DateTime");
  const difference = asDateTime(date).diff(end, names);
  return names.length > 1 ? difference.toObject() : difference.as(names[0]);
};

const inBetween = (date, [other, ...units]) => asDateTime(date).diff(asDateTime(other), units.length > 0 ? units : "days");

kernel.extensions.date = {
  beginningOf,
  diffTo,
  diffToNow: (date, [units]) => diffTo(kernel.luxon().DateTime.now(), [date, units]),
  endOfMonth: (date) => like(date, asDateTime(date).endOf("month")),
  extract,
  format: (date, [format = "yyyy-MM-dd"]) => asDateTime(date).toFormat(format),
  inBetween,
  isBetween,
  isDst: (date) => asDateTime(date).isInDST,
  isEmpty: () => false,
  isInLast,
  isNotEmpty: () => true,
  isWeekend: (date) => asDateTime(date).weekday > 5,
  minus: (date, [amount, unit]) => like(date, asDateTime(date).minus(duration(amount, unit))),
  plus: (date, [amount, unit]) => like(date, asDateTime(date).plus(duration(amount, unit))),
  toBoolean: () => undefined,
  toDate: (date) => asDateTime(date).toJSDate(),
  toDateTime: (date) => asDateTime(date),
  toFloat: (date) => asDateTime(date).toMillis(),
  toInt: (date) => asDateTime(date).toMillis(),
  toNumber: (date) => asDateTime(date).toMillis(),
};
