/** Keeps a fault in one part from taking the editor with it. The workflow is outside of what is drawn, so nothing is lost. */
import { Component } from "react";
import type { ReactNode } from "react";

interface Props {
  readonly what: string;
  /** What is shown: another one is tried even after a fault. */
  readonly about?: string;
  readonly children: ReactNode;
  /** Called when the person wants the part drawn again; closes it where it can be closed. */
  readonly onReset?: () => void;
}

interface State {
  readonly message: string | null;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { message: null };

  static getDerivedStateFromError(error: unknown): State {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override componentDidUpdate(before: Props): void {
    if (before.about !== this.props.about && this.state.message !== null) this.setState({ message: null });
  }

  override render(): ReactNode {
    const { message } = this.state;
    if (message === null) return this.props.children;
    return (
      <div className="wf-fault" role="alert">
        <h2>{this.props.what} cannot be shown</h2>
        <p className="wf-muted">Your workflow is kept. The reason: {message}</p>
        <button
          type="button" className="wf-button" data-kind="primary"
          onClick={() => {
            this.props.onReset?.();
            this.setState({ message: null });
          }}
        >
          Try again
        </button>
      </div>
    );
  }
}
