/** Few calls at a time: a form with many expressions would otherwise ask for all their results at once. */

export type Turns = <T>(call: () => Promise<T>) => Promise<T>;

export function makeTurns(most: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  const next = () => {
    running -= 1;
    waiting.shift()?.();
  };
  return async (call) => {
    if (running >= most) await new Promise<void>((resolve) => { waiting.push(resolve); });
    running += 1;
    try {
      return await call();
    } finally {
      next();
    }
  };
}
