/** Every command there is. */
import { EDIT } from "./edit";
import { NAVIGATE } from "./navigate";
import { VIEW } from "./view";
import type { Command } from "./command";
import type { CanvasParts } from "../useCanvas";

export const COMMANDS: readonly Command[] = [...EDIT, ...NAVIGATE, ...VIEW];

const BY_ID = new Map(COMMANDS.map((command) => [command.id, command]));

export function commandOf(id: string): Command {
  const found = BY_ID.get(id);
  if (found === undefined) throw new Error(`There is no command '${id}'.`);
  return found;
}

export function isEnabled(command: Command, parts: CanvasParts): boolean {
  return command.isEnabled?.(parts) ?? true;
}
