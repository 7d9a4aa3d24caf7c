"""A JupyterLab with our extensions, in a process of its own, below a path as JupyterHub puts it, with a token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat

from tests.servers import free_port
from workflow_kernel.notebook import kernelspec

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-jupyter"
EXTENSIONS = {
    "jupyter_extension": True,
    # Slow to load, and not what is tested here.
    "panel.io.jupyter_server_extension": False,
}
QUIET = {"fetchNews": "false", "checkForUpdates": False}
OTHERS = {"disabledExtensions": {"@pyviz/jupyterlab_pyviz": True}}
"""Extensions of others for JupyterLab that miss their server extension, which is left out above."""


class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    url: with its base path, without a slash at the end. folder: of the files it shows.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def write(self, name: str, document: object) -> Path:
        """A file."""
        path = self.folder / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    def notebook(self, name: str, *cells: str, kernel: str = "python3") -> Path:
        """A notebook whose cells have the ids ``c0``, ``c1`` and so on; Markdown ones begin with ``# ``."""
        made = [
            nbformat.v4.new_markdown_cell(text) if text.startswith("# ") else nbformat.v4.new_code_cell(text)
            for text in cells
        ]
        for index, cell in enumerate(made):
            cell["id"] = f"c{index}"
        document = nbformat.v4.new_notebook(
            cells=made, metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
        )
        path = self.folder / name
        nbformat.write(document, path)
        return path

    def read(self, name: str) -> dict:
        """What a file holds."""
        return json.loads((self.folder / name).read_text())

    def page(self, name: str) -> str:
        """The address of a file in JupyterLab."""
        return f"{self.url}/lab/tree/{name}?token={TOKEN}&reset"


@contextmanager
def lab(module: str = "jupyterlab", **environment: str) -> Iterator[Lab]:
    """Start a JupyterLab, or another server, with folders of its own; it ends with the context."""
    with tempfile.TemporaryDirectory(prefix="workflow-lab-") as name:
        home = Path(name)
        home.chmod(0o755)
        files = home / "files"
        files.mkdir()
        settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
        kernel = home / "jupyter" / "kernels" / "workflow"
        kernel.mkdir(parents=True)
        (kernel / "kernel.json").write_text(json.dumps(kernelspec.spec()))
        (home / "config" / "labconfig").mkdir()
        (home / "config" / "labconfig" / "page_config.json").write_text(json.dumps(OTHERS))
        port = free_port()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("WORKFLOW_", "JUPYTERHUB_"))}
        chosen = {
            "WORKFLOW_DATA_FOLDER": str(home / "data"), "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "jupyter"), "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1",
        }  # fmt: skip
        arguments = [
            f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--ServerApp.base_url=/user/ann/",
            f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={files}",
            f"--ServerApp.jpserver_extensions={EXTENSIONS}", "--ServerApp.allow_unauthenticated_access=False",
            f"--LabApp.extra_labextensions_path={ROOT / 'jupyter_extension' / 'labextensions'}",
            "--LabApp.expose_app_in_browser=True",
        ]  # fmt: skip
        with (home / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], env={**kept, **chosen, **environment},
                stdout=log, stderr=log, cwd=files,
            )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/user/ann"
            _wait(process, url, home / "log")
            yield Lab(url, files)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/api", headers={"Authorization": f"token {TOKEN}"}, timeout=30).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
