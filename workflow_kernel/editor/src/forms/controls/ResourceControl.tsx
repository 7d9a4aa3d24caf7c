/** One of the things a service has (a table, a channel): chosen from options the host loads, or written. */
import { useEffect, useRef, useState } from "react";
import type { Option } from "../../client/client";
import type { Json } from "../../model/types";
import { isEqual } from "../../model/json";
import { Control } from "../Control";
import type { ControlProps, ShapeOf } from "../Control";
import { useForm } from "../context";
import { Combobox } from "../parts/Combobox";
import { Segmented } from "../parts/Segmented";
import { brief } from "../words";

const WAYS = [{ value: "list", label: "From list" }, { value: "text", label: "Write it" }] as const;
const PAUSE = 250;

interface Loaded {
  readonly options: readonly Option[];
  readonly cursor: string | null;
  readonly message: string;
  readonly isBusy: boolean;
}

const NOTHING: Loaded = { options: [], cursor: null, message: "", isBusy: false };

export function ResourceControl({ shape, ...props }: ControlProps<ShapeOf<"resource">>) {
  const form = useForm();
  const canLoad = form.loadOptions !== undefined;
  // What is no id was written.
  const [way, setWay] = useState<"list" | "text">(isWritten(props.value) ? "text" : "list");
  if (!canLoad) return <Control {...props} shape={shape.base} />;
  return (
    <div className="wf-resource">
      <Segmented size="small" label={`How ${props.title} is chosen`} segments={WAYS} value={way} onChange={setWay} isDisabled={props.isDisabled} />
      {way === "text" ? <Control {...props} shape={shape.base} /> : <Options {...props} load={shape.load} />}
    </div>
  );
}

const isWritten = (value: Json | undefined): boolean => (typeof value === "object" && value !== null) || (typeof value === "string" && /[/\\{]/.test(value));

function Options({ load, value, edit, title, id, labelledBy, describedBy, isInvalid, isDisabled }: Omit<ControlProps, "shape"> & { readonly load: string }) {
  const { loadOptions } = useForm();
  const [loaded, setLoaded] = useState(NOTHING);
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const asked = useRef(0);
  useEffect(() => () => { clearTimeout(timer.current); }, []);
  const fetch = async (search: string, cursor?: string) => {
    if (loadOptions === undefined) return;
    const question = ++asked.current;
    setLoaded((before) => ({ ...before, isBusy: true, message: "" }));
    try {
      const page = await loadOptions(load, search === "" ? undefined : search, cursor);
      if (question !== asked.current) return;
      setLoaded((before) => ({ options: cursor === undefined ? page.options : [...before.options, ...page.options], cursor: page.cursor ?? null, message: "", isBusy: false }));
      setNames((before) => new Map([...before, ...page.options.map((option) => [JSON.stringify(option.value), option.title] as const)]));
    } catch (error) {
      if (question === asked.current) setLoaded({ ...NOTHING, message: error instanceof Error ? error.message : "The options could not be loaded." });
    }
  };
  // A value that was chosen earlier is shown by its name.
  const isNameless = useRef(value !== undefined && value !== null && value !== "");
  useEffect(() => {
    if (isNameless.current) void fetch("");
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);
  const searched = useRef("");
  const current = value === undefined || value === null || value === "" ? "" : JSON.stringify(value);
  const known = loaded.options.find((option) => isEqual(option.value, value ?? null));
  return (
    <Combobox
      id={id} labelledBy={labelledBy} label={labelledBy === undefined ? title : undefined} describedBy={describedBy} isInvalid={isInvalid} isDisabled={isDisabled}
      value={current} shown={names.get(current) ?? (current === "" ? "" : brief(value, 60))} isBusy={loaded.isBusy}
      options={loaded.options.map((option) => ({ value: JSON.stringify(option.value), label: option.title, description: option.description }))}
      onOpen={() => { searched.current = ""; void fetch(""); }} onChange={(chosen) => { edit(JSON.parse(chosen) as Json); }}
      onSearch={(text) => {
        searched.current = text;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => void fetch(text), PAUSE);
      }}
      footer={
        <>
          {loaded.message !== "" && <p className="wf-field-problem" data-severity="error">{loaded.message}</p>}
          {loaded.cursor !== null && <button type="button" className="wf-add" onClick={() => void fetch(searched.current, loaded.cursor ?? undefined)}>More</button>}
          {known?.url !== undefined && <a className="wf-link" href={known.url} target="_blank" rel="noreferrer">Open {known.title}</a>}
        </>
      }
    />
  );
}
