/** A handful of node types and an editor over a host in memory, for tests of model and canvas. */
import { MemoryClient } from "../src/client/memory";
import { WorkflowEditor } from "../src/model/editor";
import { makeEdge, makeNode } from "../src/model/defaults";
import type { FlowDocument } from "../src/client/client";
import type { JsonSchema, NodeTypeInfo, PortInfo, PortKind } from "../src/model/types";

export const port = (name: string, kind: PortKind = "items", title = ""): PortInfo => ({ name, kind, title });

function type(name: string, title: string, more: Partial<NodeTypeInfo> & { readonly fields?: Record<string, JsonSchema> } = {}): NodeTypeInfo {
  const { fields, ...given } = more;
  return {
    type: name, version: 1, title, description: `${title} does its work.`, family: name.split(".")[0] ?? "", icon: "box", keywords: [],
    ports: { inputs: [port("main")], outputs: [port("main")], required: "any" }, has_own_ports: false, is_trigger: false, is_loop: false, is_pure: true,
    parameters: { type: "object", properties: fields ?? {} }, credentials: [], ...given,
  };
}

export const TYPES: readonly NodeTypeInfo[] = [
  type("flow.start", "Start", { is_trigger: true, ports: { inputs: [], outputs: [port("main")], required: "any" } }),
  type("flow.if", "If", { keywords: ["condition"], ports: { inputs: [port("main")], outputs: [port("true"), port("false")], required: "any" } }),
  type("flow.loop", "Loop over items", { is_loop: true, ports: { inputs: [port("main")], outputs: [port("done"), port("loop")], required: "any" } }),
  type("flow.merge", "Merge", { has_own_ports: true, ports: { inputs: [port("input1"), port("input2")], outputs: [port("main")], required: "all" } }),
  type("flow.switch", "Switch", { has_own_ports: true, ports: { inputs: [port("main")], outputs: [port("output1")], required: "any" } }),
  type("data.set", "Set fields", {
    keywords: ["edit"], fields: { mode: { type: "string", title: "Mode", default: "all" }, value: { type: "string", title: "Value" }, secret: { type: "string", ui: { secret: true } } },
  }),
  type("code.python", "Python", { fields: { code: { type: "string", title: "Code", ui: { expression: false, widget: "code" } } }, ports: { inputs: [port("main", "any")], outputs: [port("main", "any")], required: "any" } }),
  type("ai.model", "Model", { ports: { inputs: [], outputs: [port("model", "object")], required: "any" } }),
  type("ai.train", "Train", { ports: { inputs: [port("model", "object")], outputs: [port("main")], required: "any" } }),
  type("flow.placeholder", "Placeholder"),
  type("flow.webhook", "Webhook", { is_trigger: true, ports: { inputs: [], outputs: [port("main")], required: "any" } }),
];

/** Start > A > B, and C beside them. */
export const CHAIN: FlowDocument = {
  format: "workflow/1", name: "Chain",
  nodes: {
    s: { name: "Start", type: "flow.start", position: [0, 0] }, a: { name: "A", type: "data.set", position: [240, 0] },
    b: { name: "B", type: "data.set", position: [480, 0], parameters: { value: "={{ $('A').item.json.x }}" } }, c: { name: "C", type: "data.set", position: [240, 240] },
  },
  edges: [{ source: ["s", "main"], target: ["a", "main"] }, { source: ["a", "main"], target: ["b", "main"] }],
};

export async function makeEditor(workflow: FlowDocument = CHAIN, client = new MemoryClient({ nodeTypes: TYPES, pace: 1 })): Promise<WorkflowEditor> {
  const editor = new WorkflowEditor(client, { workflow });
  await until(() => editor.catalog.isLoaded.get());
  return editor;
}

/** Wait until something holds; fails after a while. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 3000;
  while (!holds()) {
    if (Date.now() > end) throw new Error("It never came true.");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export const info = (name: string): NodeTypeInfo => TYPES.find((one) => one.type === name)!;
export const edge = (from: string, to: string, out = "main", into = "main") => makeEdge({ node: from, port: out }, { node: to, port: into });
export { makeNode };
