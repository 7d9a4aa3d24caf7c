/** Every key there is, by group. */
import { COMMANDS } from "../commands";
import { shownKeys } from "../commands/command";
import { useCanvas } from "../useCanvas";
import { Overlay, OverlayHeader } from "./Overlay";

interface Line {
  readonly title: string;
  readonly keys: readonly string[];
}

/** What the pointer does, and keys that are no commands. */
const OTHERS: Readonly<Record<string, readonly Line[]>> = {
  Edit: [
    { title: "Copy, cut, paste", keys: [shownKeys("Mod+C"), shownKeys("Mod+X"), shownKeys("Mod+V")] },
    { title: "Let go of the selection", keys: ["Esc"] },
  ],
  "Move around": [
    { title: "Move the canvas", keys: ["Space + drag", "scroll"] },
    { title: "Zoom", keys: [`${shownKeys("Mod")} + scroll`] },
    { title: "Add to the selection", keys: ["Shift + click"] },
    { title: "Drag without snapping", keys: ["Alt + drag"] },
  ],
};

export function Shortcuts() {
  const { state } = useCanvas();
  const close = () => { state.dialog.set(null); };
  const groups = [...new Set(COMMANDS.map((command) => command.group))];
  return (
    <Overlay label="Keyboard shortcuts" onClose={close} className="wf-shortcuts">
      <OverlayHeader title="Keyboard shortcuts" onClose={close} />
      <div className="wf-shortcut-groups wf-scroll" tabIndex={0}>
        {groups.map((group) => {
          const own = COMMANDS.filter((command) => command.group === group && command.keys !== undefined);
          const lines: Line[] = [...own.map((command) => ({ title: command.title, keys: (command.keys ?? []).map(shownKeys) })), ...(OTHERS[group] ?? [])];
          return lines.length === 0 ? null : (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {lines.map((line) => (
                  <div key={line.title}>
                    <dt>{line.title}</dt>
                    <dd>{line.keys.map((keys) => <kbd key={keys} className="wf-kbd">{keys}</kbd>)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Overlay>
  );
}
