/** The property inspector: what is set for the selected node. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IThemeManager } from "@jupyterlab/apputils";
import { IPropertyInspectorProvider } from "@jupyterlab/property-inspector";
import { Widget } from "@lumino/widgets";
import type { FlowDocument } from "./document";
import { loadEditor } from "./editor";
import { IFlowTracker } from "./plugin";
import { themeOf } from "./theme";

export const inspector: JupyterFrontEndPlugin<void> = {
  id: "@workflow/jupyterlab:inspector",
  description: "Shows the selected node in the property inspector.",
  autoStart: true,
  requires: [IFlowTracker, IPropertyInspectorProvider],
  optional: [IThemeManager],
  activate: (_app: JupyterFrontEnd, tracker: IFlowTracker, provider: IPropertyInspectorProvider, themes: IThemeManager | null): void => {
    tracker.widgetAdded.connect((_sender, widget) => { void inspect(widget, provider, themes); });
  },
};

async function inspect(widget: FlowDocument, provider: IPropertyInspectorProvider, themes: IThemeManager | null): Promise<void> {
  const [{ mountInspector }, { editor }] = await Promise.all([loadEditor(), widget.content.shown.promise]);
  if (widget.isDisposed) return;
  const registered = provider.register(widget);
  const content = new Widget();
  content.addClass("jp-WorkflowInspector");
  const shown = mountInspector(content.node, editor, themeOf(themes));
  const onTheme = (): void => { shown.setTheme(themeOf(themes)); };
  themes?.themeChanged.connect(onTheme);
  registered.render(content);
  widget.disposed.connect(() => {
    themes?.themeChanged.disconnect(onTheme);
    registered.dispose();
    shown.destroy();
    content.dispose();
  });
}
