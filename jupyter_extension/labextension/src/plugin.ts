/** The plugin of documents: file type, factory, tracker. Others ask it for the document at hand. */
import { ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IThemeManager, WidgetTracker } from "@jupyterlab/apputils";
import type { IWidgetTracker } from "@jupyterlab/apputils";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { Token } from "@lumino/coreutils";
import { FACTORY, FlowFactory, FlowModelFactory, MODEL } from "./document";
import type { FlowDocument } from "./document";
import { ServiceDrive, SUFFIX } from "./drive";
import { flowIcon } from "./icons";

export const FILE_TYPE = "flow";
export { SUFFIX };

export type IFlowTracker = IWidgetTracker<FlowDocument>;
export const IFlowTracker = new Token<IFlowTracker>("@workflow/jupyterlab:IFlowTracker", "The workflows that are open.");

export const documents: JupyterFrontEndPlugin<IFlowTracker> = {
  id: "@workflow/jupyterlab:documents",
  description: "Opens .flow files in the workflow editor.",
  autoStart: true,
  provides: IFlowTracker,
  optional: [ILayoutRestorer, IThemeManager],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null, themes: IThemeManager | null): IFlowTracker => {
    const { docRegistry } = app;
    docRegistry.addFileType({
      name: FILE_TYPE, displayName: "Workflow", extensions: [SUFFIX], icon: flowIcon, contentType: "file", fileFormat: "text",
      mimeTypes: ["application/vnd.workflow+json"],
    } satisfies Partial<DocumentRegistry.IFileType>);
    const drive = new ServiceDrive();
    app.serviceManager.contents.addDrive(drive);
    docRegistry.addModelFactory(new FlowModelFactory());
    const factory = new FlowFactory({ name: FACTORY, modelName: MODEL, fileTypes: [FILE_TYPE], defaultFor: [FILE_TYPE], canStartKernel: false, preferKernel: false }, themes, drive);
    docRegistry.addWidgetFactory(factory);
    const tracker = new WidgetTracker<FlowDocument>({ namespace: "workflow" });
    if (restorer !== null) {
      void restorer.restore(tracker, {
        command: "docmanager:open",
        args: (widget) => ({ path: widget.context.path, factory: FACTORY }),
        name: (widget) => widget.context.path,
      });
    }
    factory.widgetCreated.connect((_sender, widget) => {
      widget.context.pathChanged.connect(() => { void tracker.save(widget); });
      void tracker.add(widget);
    });
    return tracker;
  },
};
