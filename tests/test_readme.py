"""The two READMEs: short, their links and commands real, their tables those of the records."""

import re
import shlex

import pytest
from processes import PROJECT, run_python

READMES = ("README.md", "README.ru.md")
PAGES = [*READMES, *(f"docs/{p.name}" for p in sorted((PROJECT / "docs").glob("*.md")))]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (PROJECT / page).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http:", "https:")):
            assert ((PROJECT / page).parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", READMES)
def test_it_is_read_in_two_minutes(page):
    assert (PROJECT / page).read_text().count("\n") <= 150


@pytest.mark.parametrize("page", READMES)
def test_its_table_is_that_of_the_records(page, monkeypatch):
    monkeypatch.delenv("EMOFAST_ARTIFACTS")
    from emofast.leaderboard import leaderboard_table, markdown
    from emofast.training.results import read_results

    block = re.search(r"<!-- begin leaderboard.*?-->\n(.*?)\n<!-- end", (PROJECT / page).read_text(), re.S)[1]
    assert block == markdown(leaderboard_table(read_results(PROJECT / "artifacts" / "ferplus9")), 5)


def _flags():
    commands = set()
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", (PROJECT / page).read_text(), re.S):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                words = words[2:] if words[:2] == ["python", "-m"] else words[words[:1] == ["python"] :]
                if words and (words[0] == "emofast" or words[0].endswith(".py")):
                    head = tuple(words[: 1 if words[0] != "emofast" else 3 if words[1] in ("data", "bench") else 2])
                    commands |= {(head, w.split("=")[0]) for w in words if w.startswith("--")}
    return sorted(commands)


def test_every_flag_that_is_shown_exists():
    shown: dict[tuple, set] = {}
    for head, flag in _flags():
        shown.setdefault(head, set()).add(flag)
    assert len(shown) > 5
    for head, flags in shown.items():
        name = head[0]
        if name == "emofast":
            command = ["-m", "emofast", *head[1:], "--help"]
        elif (PROJECT / name).exists():
            command = [name, "--help"]
        else:
            continue  # a script that the reader is to write
        out = run_python(*command, cwd=PROJECT)
        assert out.returncode == 0, f"{head}: {out.stderr}"
        missing = [f for f in flags if f not in out.stdout and head[-1] != "sweep"]
        assert not missing, f"{' '.join(head)} has no {missing}"
