"""The start notebook runs from its first cell to its last."""

import json
import os
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from processes import PROJECT


@pytest.mark.timeout(300)
def test_the_start_notebook_runs(drawn, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOFAST_NOTEBOOK_DATA", str(drawn))
    monkeypatch.setenv("EMOFAST_NOTEBOOK_EPOCHS", "1")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "p", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", os.fspath(tmp_path))
    notebook = nbformat.read(PROJECT / "experiments" / "start.ipynb", 4)
    assert not any(cell.get("outputs") for cell in notebook.cells), (
        "the committed notebook has no outputs: they would hold pictures"
    )
    code = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    for long, short in (("lr_find()", "lr_find(num_it=20)"), ("size=48, bs=64", "size=24, bs=32")):
        (cell,) = [c for c in code.values() if long in c.source]
        cell.source = cell.source.replace(long, short)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) >= 5
