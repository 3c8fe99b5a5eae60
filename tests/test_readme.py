"""The READMEs keep their word: links and paths exist, commands work, tables are the records', messages are those of the code."""

from __future__ import annotations

import ast
import importlib
import json
import re
import runpy
import shlex
import subprocess
import sys

import cv2
import pandas as pd
import pytest
from PIL import Image
from processes import PROJECT, run_python

READMES = ("README.md", "README.ru.md")
PAGES = (*READMES, "experiments/README.md", "artifacts/README.md", *sorted(f"docs/{p.name}" for p in (PROJECT / "docs").glob("*.md")))
MADE_BY_RUNS = ("experiments/90_mine.py", "artifacts/sample/", "source.py")
"""Named on the pages, and there only after a command on them has run."""

STANDS_FOR = {"DIR": "data/drawn", "NAME": "ferplus9", "EXPERIMENT": "12_small_grey", "WHAT": "live"}
"""What a reader puts in the place of these words."""


def read(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """GitHub's names of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def commands(text: str) -> list[str]:
    """Every command of the bash blocks, and every inline `python ...` and `./run_...`, without the comments."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    lines += [c for c in re.findall(r"`((?:python|\./run_)[^`\n]+)`", without_code(text)) if "..." not in c]
    return [re.sub(r"\s+#.*", "", line) for line in lines]


def python_blocks(text: str) -> dict[str, str]:
    """Code of each Python block by the name in the comment above it."""
    return dict(re.findall(r"<!-- ([\w ]+) -->\n```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


ALL_COMMANDS = sorted({c for page in PAGES for c in commands(read(page))})


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text, folder = read(page), (PROJECT / page).parent
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            assert link.startswith("https://"), link
            continue
        path, _, anchor = link.partition("#")
        target = (folder / path).resolve() if path else PROJECT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page):
    inside = {p.name for p in PROJECT.iterdir() if p.is_dir() and not p.name.startswith(".")} - {"data"}
    for path in re.findall(r"`([\w./-]+)`", without_code(read(page))):
        top = path.split("/")[0]
        is_ours = (top in inside and "/" in path) or re.fullmatch(r"\w+\.(sh|toml|py)|requirements\.txt", path)
        if is_ours and path not in MADE_BY_RUNS and "NN_" not in path:
            assert (PROJECT / path).exists() or (PROJECT / page).parent.joinpath(path).exists(), path


# Commands. `run`: the real command, shortened where the comment says so. `parse`: only its arguments, by the real parser, because the
# command itself runs in the test that is named. Whatever is in neither list fails the test.


def parse_run_all(args, **_):
    """tests/test_commands.py runs it from data to submission. The last --only wins, and 99 ends it after the arguments were read."""
    if args == ["--setup"]:  # already done where this test runs
        done = subprocess.run(["./run_all.sh", *args], cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "ready" in done.stdout, done.stderr
        return
    done = subprocess.run(["./run_all.sh", *args, "--only", "99"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--only 99 names no script" in done.stderr, done.stderr


def parse_run_tests(args, **_):
    """It runs this test."""
    assert subprocess.run(["bash", "-n", "run_tests.sh"], cwd=PROJECT, check=False).returncode == 0
    assert all(a in ("-m", "slow") for a in args)


def parse_experiment(args, monkeypatch, **_):
    """The script itself, up to the training: tests/training/test_scripts.py trains every one of them."""
    script, *flags = args
    if script == "experiments/90_mine.py":
        script = "experiments/01_resnet_baseline.py"  # its own test is below; here only the flags
    script = script.replace("NN_name", "01_resnet_baseline")
    seen = []
    experiment = importlib.import_module("emofast.training.experiment")
    monkeypatch.setattr(experiment, "_run", lambda *a: seen.append(a))
    monkeypatch.setattr(sys, "argv", [script, *flags])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(PROJECT / script), run_name="__main__")
    assert ended.value.code == 0 and seen


def parse_webcam(args, **_):
    """tests/live/test_webcam.py starts it on films and cameras."""
    importlib.import_module("emofast.live.command").parser("").parse_args(args)


def parse_trailer(args, **_):
    """tests/video/test_trailer.py makes trailers."""
    parsed = importlib.import_module("emofast.video.command").parser("").parse_args(args)
    assert parsed.demo or parsed.episode or not args


def parse_cli(args, **_):
    """Kaggle, Google and bench: tests/test_sending.py, tests/data/test_download.py, tests/bench; the others have tests of their own."""
    assert importlib.import_module("emofast.cli")._parser().parse_args(args).run


def run_cli_in_process(args, drawn, tmp_path, **_):
    """As it stands, on the small drawn data set; `data sample` draws 30 pictures instead of 1,440."""
    (tmp_path / "submission.csv").write_bytes((drawn / "sample_submission.csv").read_bytes())
    there = {"data/drawn": str(drawn), "submission.csv": str(tmp_path / "submission.csv")}
    if args[:2] == ["data", "sample"]:
        there, args = {"data/mine": str(tmp_path / "new")}, [*args, "--train", "24", "--test", "6"]
    assert importlib.import_module("emofast.cli").main([there.get(a, a) for a in args]) == 0


def run_tables(args, **_):
    done = run_python("docs/tables.py", "--check", *args)
    assert done.returncode == 0, done.stderr


def run_pictures(args, monkeypatch, tmp_path, **_):
    """Those that are named, into another folder; all of them would take the trailer's demo of 90 s."""
    monkeypatch.syspath_prepend(PROJECT / "docs")
    pictures = importlib.import_module("pictures")
    monkeypatch.setattr(pictures, "HERE", tmp_path)
    for name in args:
        assert Image.open(pictures.PICTURES[name]()).size[0] > 500


def needs_the_network(args, **_):
    """Copies of the repository and packages come from servers; docs/upgrading.md has the date on which this ran."""


WAYS = {
    ("./run_all.sh",): parse_run_all,
    ("./run_tests.sh",): parse_run_tests,
    ("python", "webcam.py"): parse_webcam,
    ("python", "trailer.py"): parse_trailer,
    ("python", "docs/tables.py"): run_tables,
    ("python", "docs/pictures.py"): run_pictures,
    ("python", "-m", "emofast", "data", "check"): run_cli_in_process,
    ("python", "-m", "emofast", "data", "sample"): run_cli_in_process,
    ("python", "-m", "emofast", "submission", "--data", "data/drawn", "--check"): run_cli_in_process,
    ("python", "-m", "emofast"): parse_cli,
    ("git", "clone"): needs_the_network,
    ("pip", "install"): needs_the_network,
    ("for", "v", "in"): needs_the_network,
}


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_commands_work(command, drawn, tmp_path, monkeypatch):
    words = [STANDS_FOR.get(w, w) for w in shlex.split(command, comments=True)]
    if words[0] == "python" and words[1].startswith("experiments/"):
        parse_experiment(words[1:], monkeypatch=monkeypatch)
        return
    start = max((s for s in WAYS if tuple(words[: len(s)]) == s), key=len, default=None)
    assert start, f"nobody says how to try {command!r}: add it to WAYS"
    way = WAYS[start]
    keep = {parse_cli: 3, run_cli_in_process: 3}.get(way, len(start))
    way(words[keep:], drawn=drawn, tmp_path=tmp_path, monkeypatch=monkeypatch)


def test_every_python_block_is_tried():
    tried = {"first experiment", "colab", "recognizer", "draw a face"}
    for page in PAGES:
        text = read(page)
        assert set(python_blocks(text)) <= tried and text.count("```python") == len(python_blocks(text)), page


def run_first_experiment(page, tmp_path, own_artifacts, data, name):
    script = tmp_path / "experiments" / "90_mine.py"
    script.parent.mkdir()
    script.write_text(python_blocks(read(page))["first experiment"])
    done = run_python(script, "--data", data, "--quick", "--weights", "none")
    assert done.returncode == 0, done.stderr
    result = json.loads((own_artifacts / name / "90_mine" / "result.json").read_text())
    assert result["settings"]["quick"] and 0 <= result["scores"]["accuracy"] <= 1


def test_the_first_own_experiment_runs(tmp_path, own_artifacts, drawn):
    run_first_experiment("README.md", tmp_path, own_artifacts, drawn, "tiny-quick")
    assert len({python_blocks(read(page))["first experiment"] for page in READMES}) == 1


@pytest.mark.slow
def test_the_first_own_experiment_runs_on_the_whole_sample(tmp_path, own_artifacts):
    run_first_experiment("README.md", tmp_path, own_artifacts, "sample", "sample")


def test_the_recognizer_reads_a_picture(tmp_path, monkeypatch, capsys):
    from emofast.bench.drawn import drawn_frames

    cv2.imwrite(str(tmp_path / "frame.jpg"), next(drawn_frames(1, face_size=200)))
    (tmp_path / "artifacts").symlink_to(PROJECT / "artifacts")
    monkeypatch.chdir(tmp_path)
    exec(compile(python_blocks(read("README.md"))["recognizer"], "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("Prediction(")


def test_a_face_is_drawn_in_three_lines():
    names: dict = {}
    exec(compile(python_blocks(read("docs/sample.md"))["draw a face"], "docs/sample.md", "exec"), names)
    assert names["face"].shape == (200, 200, 3) and names["face"].std() > 10


def test_the_colab_cell_is_whole(drawn, tmp_path, monkeypatch):
    """google.colab is only on Colab: the Python lines are compiled, the shell lines are tried as every command."""
    lines = python_blocks(read("README.md"))["colab"].splitlines()
    compile("\n".join(line for line in lines if line[0] not in "!%"), "README.md", "exec")
    for command in (line[1:] for line in lines if line.startswith("!")):
        test_commands_work(command, drawn, tmp_path, monkeypatch)


def table_of(page: str, block: str) -> list[list[str]]:
    """Cells of the first table of a marked block, without its header."""
    inside = re.search(rf"<!-- begin {block}:.*?-->\n(.*?)<!-- end {block} -->", read(page), re.DOTALL)[1]
    return [[c.strip(" *") for c in line.strip("| ").split(" | ")] for line in inside.splitlines() if line.startswith("|")][2:]


@pytest.mark.parametrize("page", READMES)
def test_the_leaderboard_is_the_recorded_one(page):
    recorded = pd.read_csv(PROJECT / "artifacts" / "ferplus9" / "leaderboard.csv")
    shown = table_of(page, "leaderboard")
    assert [row[0].split("]")[0].strip("[") for row in shown] == recorded.experiment.tolist(), "bring it up to date: python docs/tables.py"
    columns = {1: "accuracy", 2: "noise", 4: "accuracy_tta", 5: "macro_f1_tta", 6: "ferplus_tta"}
    for row, (_, true) in zip(shown, recorded.iterrows()):
        for i, name in columns.items():
            assert (row[i] == "" and pd.isna(true[name])) or float(row[i]) == pytest.approx(true[name], abs=5.1e-5)


def test_all_tables_are_the_recorded_ones():
    run_tables([])


def test_the_engineers_picture_shows_the_recorded_leaderboard(monkeypatch):
    import hashlib

    recorded = hashlib.sha256((PROJECT / "artifacts" / "ferplus9" / "leaderboard.csv").read_bytes()).hexdigest()
    shown = Image.open(PROJECT / "docs" / "engineer.png").info.get("Source")
    assert shown == recorded, "bring it up to date: python docs/pictures.py engineer"


def told_by_the_code() -> str:
    """Every text in the project's code and scripts, f-strings without their values."""
    texts = []
    for source in (*(PROJECT / "emofast").rglob("*.py"), PROJECT / "webcam.py", PROJECT / "trailer.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join([*texts, read("set_up.sh"), read("run_all.sh")])


@pytest.mark.parametrize("page", READMES)
def test_messages_explained_are_messages_of_the_code(page):
    told = told_by_the_code()
    section = re.search(r"\n## (?:When something goes wrong|Если что-то не так)\n(.*?)\n## ", read(page), re.DOTALL)[1]
    explained = re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)
    assert len(explained) > 10
    assert not [message for message in explained if message not in told]


def test_every_dependency_has_its_licence_told():
    licences = read("README.md").split("## Licences")[1]
    pins = re.findall(r"^([\w-]+)==", read("requirements.txt"), re.MULTILINE)
    assert len(pins) > 20
    assert not [name for name in pins if not re.search(rf"\b{re.escape(name)}\b", licences)]


def test_the_pythons_promised_are_those_that_resolve():
    assert 'requires-python = ">=3.11,<3.14"' in read("pyproject.toml")
    for page in (*READMES, "docs/upgrading.md", "requirements.txt"):
        assert re.search(r"3\.11, 3\.12 (and|or|или) 3\.13", read(page)), page
