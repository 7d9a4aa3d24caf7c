/** What the node type does, its inputs and outputs. */
import { useEditor } from "../canvas/context";
import { portTitle } from "../canvas/derived";
import { Markdown } from "../data";
import type { Node, NodeTypeInfo, PortInfo } from "../model/types";

export function AboutPane({ node, info }: { readonly node: Node; readonly info: NodeTypeInfo | undefined }) {
  const editor = useEditor();
  if (info === undefined) return <p className="wf-empty-line">Nothing is known of {node.type} here.</p>;
  const ports = editor.ports(node);
  const list = (found: readonly PortInfo[]) => (found.length === 0 ? "none" : found.map(portTitle).join(", "));
  return (
    <div className="wf-about">
      <Markdown text={unwrapped(info.description)} />
      <dl>
        <dt>Inputs</dt><dd>{list(ports.inputs)}</dd>
        <dt>Outputs</dt><dd>{list(ports.outputs)}</dd>
        {info.credentials.length > 0 && <><dt>Credentials</dt><dd>{info.credentials.map((slot) => `${slot.slot} (${slot.types.join(", ")})`).join("; ")}</dd></>}
        <dt>Type</dt><dd><code>{info.type}</code>, version {info.version}</dd>
      </dl>
    </div>
  );
}

/** Descriptions are wrapped as source code is; only empty lines and lists are breaks that were meant. */
function unwrapped(text: string): string {
  return text.replace(/(\S)\n(?=[^\n\s\-*#>|`\d])/g, "$1 ");
}
