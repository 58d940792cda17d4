import { Component, type ReactNode } from "react";

/** Stands in for an editor that did not load (a new version was deployed, the line is down) or that broke. */
export class Failure extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) {
      return this.props.children;
    }
    return (
      <main className="failure" role="alert">
        <h1>The editor stopped</h1>
        <p>It did not load completely, or met an error of its own. You stay signed in.</p>
        <button type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </main>
    );
  }
}
