"""What a run leaves behind: `artifacts/<data set>/<experiment>/`, written whole or not at all. Reading needs no torch."""

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emofast import paths
from emofast.errors import EmofastError

FILES = ("history.csv", "valid.npz", "test.npz", "confusion.png", "source.py", "result.json")
QUICK = "-quick"


@dataclass(frozen=True)
class Result:
    """One recorded experiment. `valid`, `test`: arrays `ids`, `probabilities` float32 [n, 9] (flip TTA, mean over seeds)
    and `per_seed` float32 [seeds, n, 9] (no TTA), of several seeds `per_seed_tta` too; `valid` also `labels` int64 [n]."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def summary(self) -> dict:
        """Contents of `result.json`."""
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    @property
    def is_ensemble(self) -> bool:
        """Whether it is a mixture of other results, and so no member for another one."""
        return "members" in self.summary

    @property
    def experiment(self) -> str:
        """Its script's name: the part before the first + of a variant's."""
        return self.name.split("+")[0]

    @property
    def weights(self) -> str:
        """Where the network started: `none`, `imagenet`, `dlib` or a file."""
        return self.summary["seeds"][-1].get("weights", "none")

    @property
    def epochs(self) -> int:
        """Over all fits."""
        return len(self.history) // max(len(self.summary["seeds"]), 1)

    @property
    def learner(self) -> Path | None:
        """The trained network of the last seed; None where there is none on this machine. Raises `EmofastError` where another run,
        stopped before its end or of other seeds, has left one in its place."""
        path, written = self.folder / "checkpoints" / "learner.pkl", self.summary["seeds"][-1].get("learner_sha256")
        if not path.is_file():
            return None
        if written and paths.sha256(path) != written:
            raise EmofastError(f"{path} is not the network that {self.folder / 'result.json'} describes; run {self.name} again to its end.")
        return path

    @property
    def history(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "history.csv")

    @property
    def valid(self) -> dict[str, np.ndarray]:
        return dict(np.load(self.folder / "valid.npz"))

    @property
    def test(self) -> dict[str, np.ndarray]:
        return dict(np.load(self.folder / "test.npz"))


def results_folder(data: str, quick: bool = False) -> Path:
    """Where the results of a data set lie. Quick looks at real data have a folder of their own, `<data set>-quick`, so that
    none ever stands beside, or replaces, a full result; on the drawn sample every result is only a test of the machinery."""
    return paths.artifacts() / (f"{data}{QUICK}" if quick and data != "sample" else data)


def read_results(folder: Path) -> list[Result]:
    """Every finished experiment below `artifacts/<data set>`, by name."""
    return [Result(p.parent) for p in sorted(folder.glob("*/result.json"))]


def write_result(folder: Path, summary: dict, history: pd.DataFrame, valid: dict, test: dict, figure, source: bytes) -> None:
    """Write all files of a result into `folder`, `result.json` last: where it is, the others are there and belong to it.

    `figure`: matplotlib figure of the confusion matrix; `source`: the script as it ran. Files beside them (checkpoints) stay.
    """
    with paths.partial_beside(folder / "result.json", folder=True) as staging:
        history.to_csv(staging / "history.csv", index=False)
        np.savez_compressed(staging / "valid.npz", **valid)
        np.savez_compressed(staging / "test.npz", **test)
        figure.savefig(staging / "confusion.png", dpi=110, metadata={"Software": None})
        (staging / "source.py").write_bytes(source)
        (staging / "result.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "result.json").unlink(missing_ok=True)
        for name in FILES:
            (staging / name).replace(folder / name)


def variant_name(experiment: str, own: dict, given: dict) -> str:
    """`12_small_grey`, or `12_small_grey+lr=0.001` where an argument that was given is not the script's own."""
    changed = {k: v for k, v in given.items() if v != own.get(k)}
    return experiment + "".join(f"+{k}={Path(v).name if isinstance(v, str) else v}" for k, v in sorted(changed.items()))


def named_results(folder: Path, names: Sequence[str]) -> dict[str, Result]:
    """Those of the named results that are recorded in `folder`. What a machine without a network's pretrained weights records in the place
    of NAME, NAME+weights=none, stands in where NAME is not there."""
    found = {r.name: r for r in read_results(folder)}
    either = {name: found.get(name) or found.get(f"{name}+weights=none") for name in names}
    return {name: r for name, r in either.items() if r}


def used_results(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Those of the named results that are recorded in `folder`, by the hash of their predictions."""
    return {r.name: paths.sha256(r.folder / "valid.npz")[:16] for r in named_results(folder, names).values()}


def code_hash(source: Path) -> str:
    """Hash of what a script does: comments, docstrings and blank lines do not count, so the tool may write into the docstring.

    Made from the text, never from a parsed tree: the same file has the same hash on every version of Python.
    """
    return hashlib.sha256(_code(source)).hexdigest()[:16]


def package_hash() -> str:
    """Hash of the code below the experiments that can change a number: faces, data, networks and training."""
    package = paths.PROJECT / "emofast"
    rooms = [p for room in ("data", "nets", "training") for p in sorted(package.glob(f"{room}/*.py"))]
    code = b"".join(map(_code, [package / "emotions.py", package / "faces.py", *rooms]))
    return hashlib.sha256(code).hexdigest()[:16]


def _code(source: Path) -> bytes:
    text = source.read_text(encoding="utf-8")
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            doc = node.body[0]
            lines[doc.lineno - 1 : doc.end_lineno] = [""] * (doc.end_lineno - doc.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip()).encode()
