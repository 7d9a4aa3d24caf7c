/** One sentence of a schema's description, in which `code` may stand. */
export function Rich({ text }: { readonly text: string }) {
  const parts = text.split(/`{1,2}([^`]+)`{1,2}/);
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code key={index} className="wf-code">{part}</code> : part))}</>;
}
