/** The value of an expression for the chosen item of the last run, asked for when typing pauses. */
import { useEffect, useRef, useState } from "react";
import type { Preview } from "../client/client";
import type { Path } from "../model/types";
import { useForm } from "./context";

const PAUSE = 250;

export type PreviewState = { readonly is: "nothing" } | { readonly is: "asking" } | { readonly is: "known"; readonly preview: Preview };

export function usePreview(path: Path, text: string): PreviewState {
  const { expressions } = useForm();
  const [state, setState] = useState<PreviewState>({ is: "nothing" });
  const isFirst = useRef(true);
  const key = path.join(".");
  const latest = useRef({ expressions, path });
  useEffect(() => {
    latest.current = { expressions, path };
  });

  const moment = expressions?.moment;
  useEffect(() => {
    const asked = latest.current;
    if (asked.expressions === null || text === "=" || moment === undefined) {
      setState({ is: "nothing" });
      return;
    }
    let isCurrent = true;
    const ask = async () => {
      // What is shown stays while the next one is asked for, so that nothing jumps.
      setState((before) => (before.is === "known" ? before : { is: "asking" }));
      const preview = await latest.current.expressions?.preview(latest.current.path, text).catch(failed);
      if (isCurrent && preview !== undefined) setState({ is: "known", preview });
    };
    const timer = setTimeout(() => void ask(), isFirst.current ? 0 : PAUSE);
    isFirst.current = false;
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [text, key, moment]);
  return state;
}

function failed(error: unknown): Preview {
  return { ok: false, message: error instanceof Error ? error.message : "The preview could not be made." };
}
