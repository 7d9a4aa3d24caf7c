// The editor's page: loads the workflow, mounts the editor, which then talks to the API by itself.
const { prefix, workflow, editor, project, me } = document.body.dataset;
const place = document.getElementById("editor");

const proof = () => decodeURIComponent(document.cookie.match(/(?:^|; )workflow_csrf=([^;]*)/)?.[1] ?? "");
const ask = async (path, options = {}) => {
  const answer = await fetch(`${prefix}/api${path}`, { ...options, headers: { "Content-Type": "application/json", "X-Csrf-Token": proof() } });
  const found = await answer.json();
  if (answer.status === 401) location.assign(`${prefix}/sign-in?next=${encodeURIComponent(location.pathname.slice(prefix.length) + location.search)}`);
  if (!answer.ok) throw new Error([found.detail ?? found.title, found.mend].filter(Boolean).join(" "));
  return found;
};

const open = async () => {
  if (!workflow) {
    const made = await ask("/workflows", { method: "POST", body: JSON.stringify(project ? { project } : {}) });
    location.replace(`${prefix}/editor/${(made.workflow ?? made).id}`);
    return;
  }
  const [code, draft] = await Promise.all([import(editor), ask(`/workflows/${workflow}/versions/draft`)]);
  const client = new code.RestClient({ url: prefix, proofs: code.PROOFS, workflow, keepsFrom: draft.number ?? draft.version?.number });
  place.replaceChildren();
  const handle = code.mount(place, client, { workflow: draft.document, theme: document.documentElement.dataset.theme });
  handle.editor.hostActions = ({ id }) => {
    const view = handle.editor.execution.get();
    return [{ title: "Download a notebook with its input", isDisabled: view?.nodes[id] === undefined, run: () => download(`/executions/${view.id}/nodes/${encodeURIComponent(id)}/notebook`) }];
  };
  const execution = new URLSearchParams(location.search).get("execution") ?? (await ownRun());
  if (execution) handle.editor.showExecution(await client.runs.load(execution));
  const node = new URLSearchParams(location.search).get("node");
  if (node) handle.editor.open(node);
  document.body.dataset.live = "yes";
};

// A run of one's own that still goes on: whoever left the page finds it as it is now.
const ownRun = async () => {
  const { items } = await ask(`/executions?workflow=${workflow}&state=queued&state=running&mode=manual&limit=1`);
  return items.find((run) => run.created_by === me)?.id;
};

const download = (path) => {
  const link = Object.assign(document.createElement("a"), { href: `${prefix}/api${path}`, download: "" });
  link.click();
};

open().catch((error) => {
  const box = document.createElement("div");
  box.className = "empty";
  box.setAttribute("role", "alert");
  box.append(Object.assign(document.createElement("h1"), { textContent: "The editor could not be opened" }), Object.assign(document.createElement("p"), { textContent: error.message }));
  place.replaceChildren(box);
});
