/** A list loaded from the host while something is open. */
import { useCallback, useEffect, useState } from "react";
import { reasonOf } from "../../model/runner";

export interface Loaded<T> {
  readonly value: T | null;
  readonly failure: string;
  readonly reload: () => void;
}

export function useLoad<T>(load: () => Promise<T>): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState("");
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isWanted = true;
    load().then(
      (loaded) => {
        if (!isWanted) return;
        setValue(loaded);
        setFailure("");
      },
      (error: unknown) => {
        if (isWanted) setFailure(reasonOf(error).text);
      },
    );
    return () => { isWanted = false; };
  }, [load, turn]);
  const reload = useCallback(() => { setTurn((now) => now + 1); }, []);
  return { value, failure, reload };
}
