/** States of a node run in words. */
const WORDS: Readonly<Record<string, string>> = {
  idle: "Not run", queued: "Queued", running: "Running", succeeded: "Succeeded", failed: "Failed", retrying: "Trying again", waiting: "Waiting", skipped: "Skipped",
  cancelled: "Cancelled", suspended: "Waiting", timed_out: "Timed out",
};

export function stateWords(state: string): string {
  return WORDS[state] ?? state;
}
