/** What the last run did to a node: a badge at the corner, and time and reasons below the card. */
import { Check, Hourglass, History, Minus, RotateCw, X } from "lucide";
import type { IconNode } from "lucide";
import { Icon } from "../../forms/parts/Icon";
import type { NodeRunView } from "../../model/store";
import type { Node } from "../../model/types";
import { waitWords } from "../../model/waiting";
import { useSelected } from "../context";
import { useCanvas } from "../useCanvas";
import { seconds } from "../words";

interface CardStatusProps {
  readonly node: Node;
  readonly run: NodeRunView;
  readonly isStale: boolean;
}

const ICONS: Partial<Record<NodeRunView["state"], IconNode>> = {
  succeeded: Check, failed: X, retrying: RotateCw, waiting: Hourglass, cancelled: Minus, skipped: Minus,
};

export function CardStatus({ node, run, isStale }: CardStatusProps) {
  const { derived } = useCanvas();
  const wait = useSelected(derived.waits, (waits) => waits.get(node.id) ?? "");
  if (run.state === "idle") return wait === "" ? null : <div className="wf-node-caption" data-kind="waiting" title={wait}>{wait}</div>;
  const words = describe(node, run, isStale);
  const icon = isStale && run.state === "succeeded" ? History : ICONS[run.state];
  return (
    <>
      <span className="wf-node-badge" data-state={isStale && run.state === "succeeded" ? "stale" : run.state} title={words}>
        {icon === undefined ? <span className="wf-spinner" /> : <Icon icon={icon} size={12} />}
        <span className="wf-hidden">{words}</span>
      </span>
      <Caption node={node} run={run} />
    </>
  );
}

function Caption({ node, run }: { readonly node: Node; readonly run: NodeRunView }) {
  const time = run.seconds === null ? "" : seconds(run.seconds);
  const times = run.runs > 1 ? `×${run.runs}` : "";
  const progress = run.progress === null ? "" : `${Math.round(run.progress * 100)} %`;
  const text = [progress, run.state === "failed" ? (run.error?.message ?? "") : run.state === "waiting" ? waitWords(node, run) : run.message, time, times].filter((part) => part !== "").join("  ");
  if (text === "") return null;
  return <div className="wf-node-caption" data-kind={run.state} title={text}>{text}</div>;
}

function describe(node: Node, run: NodeRunView, isStale: boolean): string {
  switch (run.state) {
    case "running":
      return run.attempt > 1 ? `Running, attempt ${run.attempt}` : "Running";
    case "succeeded":
      return isStale ? "Out of date: the workflow was edited since it ran" : "Succeeded";
    case "failed":
      return `Failed: ${run.error?.message ?? "no reason given"}`;
    case "retrying":
      return `Failed, tries again: ${run.error?.message ?? ""}`;
    case "waiting":
      return waitWords(node, run);
    case "skipped":
      return "Skipped: nothing came in";
    case "cancelled":
      return "Cancelled";
    case "queued":
      return "Queued";
    case "idle":
      return "";
  }
}
