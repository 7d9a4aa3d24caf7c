import { expect, it } from "vitest";
import { makeTurns } from "../../src/panel/turns";

it("makes a few calls at a time, in order, and goes on after one that fails", async () => {
  const turns = makeTurns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const calls = [0, 1, 2, 3].map((index) => turns(async () => {
    begun.push(index);
    await new Promise<void>((resolve) => { ends.push(resolve); });
    if (index === 0) throw new Error("no");
    return index;
  }));
  const settled = Promise.allSettled(calls);
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  for (let index = 0; index < 4; index++) {
    ends[index]?.();
    await new Promise((resolve) => { setTimeout(resolve, 0); });
  }
  expect(begun).toEqual([0, 1, 2, 3]);
  expect((await settled).map((each) => each.status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
});
