/** In the toolbar of a notebook of the Workflow kernel: what happens to cells that depend on one that ran. */
import { HTMLSelect, ReactWidget, UseSignal } from "@jupyterlab/ui-components";
import { MODES } from "./kernelLink";
import type { KernelLink, Mode } from "./kernelLink";

const TITLES: Readonly<Record<Mode, string>> = { lazy: "Dependents: lazy", automatic: "Dependents: automatic", off: "Dependents: off" };
const HELP = "What happens to cells that depend on one that ran. Lazy: they are marked as stale. Automatic: they run again. Off: nothing, as in an ordinary kernel.";

export class ModeSwitch extends ReactWidget {
  constructor(private readonly link: KernelLink) {
    super();
    this.addClass("jp-WorkflowMode");
  }

  protected render() {
    return <UseSignal signal={this.link.changed}>{() => <Switch link={this.link} />}</UseSignal>;
  }
}

function Switch({ link }: { readonly link: KernelLink }) {
  if (!link.isThere) return <></>;
  return (
    <HTMLSelect
      className="jp-Notebook-toolbarCellTypeDropdown" value={link.mode} aria-label="Cells that depend on others" title={HELP}
      onChange={(event) => {
        const mode = MODES.find((one) => one === event.currentTarget.value);
        if (mode !== undefined) link.mode = mode;
      }}
    >
      {MODES.map((mode) => <option key={mode} value={mode}>{TITLES[mode]}</option>)}
    </HTMLSelect>
  );
}
