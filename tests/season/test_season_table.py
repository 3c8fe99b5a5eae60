"""The season table: what is read, and that everything wrong is named at once."""

from pathlib import Path

import pytest

from emofast.errors import EmofastError
from emofast.season.table import read_sessions


@pytest.fixture
def table(tmp_path):
    """`table(text)`: a table beside a folder of files."""
    for name in ("s1/film.mp4", "s2/film.mp4", "e3.mp4", "rec/anna.mkv", "rec/boris.mkv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def write(text: str) -> Path:
        (tmp_path / "sessions.csv").write_text(text, encoding="utf-8")
        return tmp_path / "sessions.csv"

    return write


def test_paths_are_relative_to_the_table_and_alike_episodes_get_folders_of_their_own(table, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    text = "episode,viewer,file\ns1/film.mp4,anna,rec/anna.mkv\ns2/film.mp4,anna,rec/anna.mkv\ne3.mp4,b,rec/boris.mkv\n"
    read = read_sessions(table(text))
    assert [s.name for s in read] == ["film", "s2-film.mp4", "e3"], "a line that is added changes no name above it"
    assert all(s.file.is_absolute() and s.file.parent == tmp_path / "rec" and s.offset is None for s in read)


def test_as_spreadsheets_save_it(table):
    read = read_sessions(table("\ufeffepisode; viewer ;file;group;offset\ne3.mp4;Анна;rec/anna.mkv;women;-1,5\n;;;;\n"))
    assert [(s.viewer, s.offset, s.group) for s in read] == [("Анна", -1.5, "women")]


def test_everything_wrong_is_named_at_once(table):
    text = "episode,viewer,file,offset\n" + "\n".join(
        [
            "e3.mp4,anna,rec/anna.mkv,0",
            "e3.mp4,Anna,rec/boris.mkv,0",
            "e3.mp4,carl,rec/../rec/anna.mkv,0",
            "e3.mp4,dora,rec/dora.mkv,soon",
            "e9.mp4,../x,rec/anna.mkv,inf",
            ",,rec/anna.mkv,0",
        ]
    )
    with pytest.raises(EmofastError) as e:
        read_sessions(table(text))
    assert "nothing was started" in str(e.value) and "\n" not in str(e.value)
    for part in (
        "Line 3: the viewer 'Anna' stands in line 2", "anna.mkv stands in line 2", "Line 5: the offset 'soon'", "dora.mkv",
        "Line 6: the viewer '../x'", "e9.mp4", "'inf'", "Line 7: no episode, no viewer",
    ):  # fmt: skip
        assert part in str(e.value), part


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "lacks the column 'episode'.*with the columns episode,viewer,file"),
        ("episode,viewer,file,ofset\ne3.mp4,a,rec/anna.mkv,3\n", "a column 'ofset'.*offset and group"),
        ("episode,viewer,file,offset\ne3.mp4,eve, mallory,rec/anna.mkv,0\n", "line 2 has 5 cells and the header 4"),
        ("episode,viewer,file\n", "holds no recordings"),
        ('episode,viewer,file\ne3.mp4,"anna,rec/anna.mkv\ne3.mp4,b,rec/boris.mkv\n', "sessions.csv cannot be read as a table"),
        ("episode,viewer,file\ne3.mp4,a," + "x" * 200_000, "sessions.csv cannot be read as a table"),
        ("episode,viewer,file\ne3.mp4,a\u2028b,rec/anna.mkv\n", r"Line 2: the viewer 'a\\u2028b'"),
    ],
)
def test_no_table_is_one_sentence(table, text, says):
    with pytest.raises(EmofastError, match=says):
        read_sessions(table(text))
    with pytest.raises(EmofastError, match="cannot be read"):
        read_sessions(Path("nowhere.csv"))
