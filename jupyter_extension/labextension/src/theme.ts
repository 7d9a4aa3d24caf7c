/** Light or dark, as JupyterLab is. */
import type { IThemeManager } from "@jupyterlab/apputils";

export type Theme = "light" | "dark";

export function themeOf(manager: IThemeManager | null): Theme {
  const name = manager?.theme ?? null;
  if (manager === null || name === null) return document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
  return manager.isLight(name) ? "light" : "dark";
}
