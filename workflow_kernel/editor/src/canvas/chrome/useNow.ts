/** The time, each second. */
import { useEffect, useState } from "react";

const now = (): number => Date.now() / 1000;

export function useNow(isRunning: boolean): number {
  const [time, setTime] = useState(now);
  useEffect(() => {
    if (!isRunning) return;
    setTime(now());
    const timer = setInterval(() => { setTime(now()); }, 1000);
    return () => { clearInterval(timer); };
  }, [isRunning]);
  return time;
}
