/** Commands on workflows: new, run, stop, export. In the launcher, menus, the palette, and on files. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { IDefaultFileBrowser, IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { IMainMenu } from "@jupyterlab/mainmenu";
import type { Contents } from "@jupyterlab/services";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { fileIcon, runIcon, stopIcon } from "@jupyterlab/ui-components";
import { FACTORY } from "./document";
import type { FlowDocument } from "./document";
import { flowIcon } from "./icons";
import { freePath } from "./notebooks/files";
import { IFlowTracker, SUFFIX } from "./plugin";
import { exported } from "./service";
import type { FileKind } from "./service";

export const PLUGIN = "@workflow/jupyterlab:commands";
const CATEGORY = "Workflow";

export const Commands = {
  create: "workflow:create",
  run: "workflow:run",
  stop: "workflow:stop",
  undo: "workflow:undo",
  redo: "workflow:redo",
  runFile: "workflow:run-file",
  exportPython: "workflow:export-python",
  exportSvg: "workflow:export-svg",
  detach: "workflow:detach",
} as const;

const SUFFIXES: Readonly<Record<FileKind, string>> = { flow: ".flow", python: ".py", svg: ".svg" };

interface Parts {
  readonly app: JupyterFrontEnd;
  readonly tracker: IFlowTracker;
  readonly browser: IFileBrowserFactory | null;
  readonly folder: () => string;
}

export const commands: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "Commands, launcher card and menu entries of workflows.",
  autoStart: true,
  requires: [IFlowTracker],
  optional: [ICommandPalette, ILauncher, IMainMenu, IFileBrowserFactory, IDefaultFileBrowser, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd, tracker: IFlowTracker, palette: ICommandPalette | null, launcher: ILauncher | null, menu: IMainMenu | null,
    browser: IFileBrowserFactory | null, standard: IDefaultFileBrowser | null, settings: ISettingRegistry | null,
  ): void => {
    const folder = (): string => browser?.tracker.currentWidget?.model.path ?? standard?.model.path ?? "";
    const parts: Parts = { app, tracker, browser, folder };
    addCreate(parts);
    addRuns(parts);
    addExports(parts);
    addEdits(parts);
    for (const command of Object.values(Commands)) {
      if (command !== Commands.runFile) palette?.addItem({ command, category: CATEGORY });
    }
    launcher?.add({ command: Commands.create, category: "Other", rank: 0 });
    menu?.fileMenu.newMenu.addItem({ command: Commands.create, rank: 40 });
    app.contextMenu.addItem({ command: Commands.runFile, selector: ".jp-DirListing-item[data-file-type='flow']", rank: 2 });
    app.contextMenu.addItem({ command: Commands.exportPython, selector: ".jp-DirListing-item[data-file-type='flow']", rank: 2.1 });
    app.contextMenu.addItem({ command: Commands.exportSvg, selector: ".jp-DirListing-item[data-file-type='flow']", rank: 2.2 });
    menu?.editMenu.undoers.undo.add({ id: Commands.undo, isEnabled: (widget) => tracker.has(widget) });
    menu?.editMenu.undoers.redo.add({ id: Commands.redo, isEnabled: (widget) => tracker.has(widget) });
    void settings?.load(PLUGIN).catch(() => undefined);
  },
};

function addCreate({ app, folder }: Parts): void {
  app.commands.addCommand(Commands.create, {
    label: (args) => (args.isPalette === true ? "New Workflow" : "Workflow"),
    caption: "Make a new workflow file",
    icon: flowIcon,
    execute: async (args) => {
      const path = typeof args.cwd === "string" ? args.cwd : folder();
      const model = (await app.commands.execute("docmanager:new-untitled", { path, type: "file", ext: SUFFIX })) as Contents.IModel;
      return await app.commands.execute("docmanager:open", { path: model.path, factory: FACTORY }) as unknown;
    },
  });
}

function addRuns({ app, tracker, browser }: Parts): void {
  const editorAtHand = () => tracker.currentWidget?.content.editor?.editor ?? null;
  app.commands.addCommand(Commands.run, {
    label: "Run Workflow", caption: "Run the workflow that is open", icon: runIcon,
    isEnabled: () => editorAtHand() !== null,
    execute: async () => { await editorAtHand()?.run(); },
  });
  app.commands.addCommand(Commands.stop, {
    label: "Stop Workflow", caption: "Stop the execution that is shown", icon: stopIcon,
    isEnabled: () => editorAtHand()?.runner?.isBusy === true,
    execute: async () => { await editorAtHand()?.stop(); },
  });
  app.commands.addCommand(Commands.runFile, {
    label: "Run Workflow", caption: "Open the workflow and run it", icon: runIcon,
    execute: async () => {
      for (const item of browser?.tracker.currentWidget?.selectedItems() ?? []) {
        const opened = (await app.commands.execute("docmanager:open", { path: item.path, factory: FACTORY })) as FlowDocument;
        const { editor } = await opened.content.shown.promise;
        await editor.run();
      }
    },
  });
}

function addExports({ app, tracker, browser }: Parts): void {
  const add = (command: string, kind: FileKind, label: string): void => {
    app.commands.addCommand(command, {
      label, icon: fileIcon,
      execute: async () => {
        try {
          const source = await chosen(app, tracker, browser);
          if (source === null) return;
          const path = await freePath(app, source.path.slice(0, -SUFFIX.length), SUFFIXES[kind]);
          await app.serviceManager.contents.save(path, { type: "file", format: "text", content: await exported(source.document, kind) });
          await app.commands.execute("docmanager:open", { path });
        } catch (error) {
          Notification.error(error instanceof Error ? error.message : String(error));
        }
      },
    });
  };
  add(Commands.exportPython, "python", "Export Workflow as Python");
  add(Commands.exportSvg, "svg", "Export Workflow as SVG");
}

interface Source {
  readonly path: string;
  readonly document: unknown;
}

/** The file chosen in the browser, where the command came from there; else the document that is open. */
async function chosen(app: JupyterFrontEnd, tracker: IFlowTracker, browser: IFileBrowserFactory | null): Promise<Source | null> {
  const list = browser?.tracker.currentWidget ?? null;
  const item = list === null || tracker.currentWidget === app.shell.currentWidget ? undefined : [...list.selectedItems()].find((one) => one.path.endsWith(SUFFIX));
  const open = tracker.find((widget) => widget.context.path === item?.path) ?? (item === undefined ? tracker.currentWidget : undefined);
  if (open?.content.editor != null) return { path: open.context.path, document: open.content.editor.editor.toFlow() };
  if (item === undefined) return null;
  const { content } = await app.serviceManager.contents.get(item.path, { type: "file", format: "text", content: true });
  return { path: item.path, document: JSON.parse(String(content)) as unknown };
}

function addEdits({ app, tracker }: Parts): void {
  const editorAtHand = () => tracker.currentWidget?.content.editor ?? null;
  app.commands.addCommand(Commands.undo, { label: "Undo in Workflow", isEnabled: () => editorAtHand() !== null, execute: () => { editorAtHand()?.editor.undo(); } });
  app.commands.addCommand(Commands.redo, { label: "Redo in Workflow", isEnabled: () => editorAtHand() !== null, execute: () => { editorAtHand()?.editor.redo(); } });
  app.commands.addCommand(Commands.detach, {
    label: "Make Workflow Independent", caption: "Runs and versions of this file are those of a new workflow from now on",
    isEnabled: () => editorAtHand() !== null, execute: () => { editorAtHand()?.detach(); },
  });
}
