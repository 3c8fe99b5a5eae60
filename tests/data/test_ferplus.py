"""FER2013 + FER+ into the competition's layout: every rule of the votes, pixels exactly, one sentence for files that are not those."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from processes import run_python

from emofast.data import check_data, read_competition
from emofast.data.ferplus import make_ferplus
from emofast.errors import EmofastError

FERPLUS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
RULES = [  # Usage, votes (None: no image name), where the picture is to be found (None: left out)
    ("Training", {"anger": 6, "sadness": 4}, "train/anger/0.png"),
    ("Training", {"happiness": 10}, "train/happy/0.png"),
    ("Training", {"neutral": 5, "sadness": 5}, "train/uncertain/0.png"),
    ("Training", {"unknown": 4, "fear": 3, "surprise": 3}, "train/uncertain/1.png"),
    ("Training", {"anger": 4, "unknown": 2, "NF": 4}, "train/uncertain/2.png"),
    ("Training", {"NF": 6, "happiness": 4}, None),
    ("Training", None, None),
    *[("Training", {"anger": 9, "NF": 1}, f"train/anger/{i}.png") for i in range(1, 12)],  # 10.png must come before 2.png
    ("PublicTest", {"happiness": 8, "neutral": 2}, "test_kaggle/0.png"),
    ("PublicTest", {"NF": 10}, None),
    ("PrivateTest", None, None),
    ("PrivateTest", {"fear": 9, "NF": 1}, "test_kaggle/1.png"),
]
PIXELS = np.random.default_rng(0).integers(0, 256, (len(RULES), 48, 48), np.uint8)


@pytest.fixture
def public(tmp_path) -> Path:
    """A folder with both public files. FER2013's own emotions (0 is anger) say nothing."""
    images = [f"0,{' '.join(map(str, p.ravel()))},{usage}" for p, (usage, _, _) in zip(PIXELS, RULES)]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *images]))
    names = ["" if votes is None else f"fer{i:07}.png" for i, (_, votes, _) in enumerate(RULES)]
    counts = [",".join(str((votes or {}).get(c, 0)) for c in FERPLUS) for _, votes, _ in RULES]
    labels = [f"{usage},{name},{votes}" for (usage, _, _), name, votes in zip(RULES, names, counts)]
    (tmp_path / "fer2013new.csv").write_text("\r\n".join([",".join(["Usage", "Image name", *FERPLUS]), *labels, ""]))
    return tmp_path


def test_every_rule_in_the_competitions_form_with_pixels_and_votes(public):
    command = ("data", "ferplus", "--images", public / "fer2013.csv", "--labels", public / "fer2013new.csv", "--to", public / "set")
    done = run_python("-m", "emofast", *command)
    assert done.returncode == 0 and "16 training pictures (anger 12, contempt 0," in done.stdout and "and 2 test pictures" in done.stdout
    assert "4 of 22 rows are left out: 2 without an image name in FER+, 2 that the annotators voted no face." in done.stdout
    lines = (public / "set" / "train.csv").read_bytes().decode().split("\r\n")
    assert lines[0] == ",image_path,emotion" and lines[2:4] == ["1,./train/anger/1.png,anger", "2,./train/anger/10.png,anger"]
    assert (public / "set" / "sample_submission.csv").read_bytes() == b"image_path,emotion\r\n0.png,neutral\r\n1.png,neutral\r\n"
    comp = read_competition(public / "set")
    report, places = check_data(comp), [place for _, _, place in RULES if place]
    assert {*comp.train_names, *comp.test_names} == set(places) and report.unreadable == report.unreadable_test == report.extra == []
    votes = pd.concat([pd.read_csv(public / "set" / f"{name}_votes.csv") for name in ("train", "test")], ignore_index=True)
    votes.index = votes["image_path"].map(lambda n: n.removeprefix("./") if "/" in n else f"test_kaggle/{n}")
    for pixels, (_, counts, place) in zip(PIXELS, RULES):
        if place:
            pictures = comp.train_pictures if place.startswith("train") else comp.test_pictures
            np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(pictures.read(place)))), pixels)
            assert votes.loc[place].tolist()[1:] == [counts.get(c, 0) for c in FERPLUS[:-1]]
    assert comp.annotators[0] == 10 and comp.annotators[1] == 9
    assert run_python("-m", "emofast", *command).returncode == 2, "a folder with files is left alone"


BROKEN = {
    "other columns": ("fer2013new.csv", "fear", "scared", ["fer2013new.csv", "'fear'", "github.com/microsoft/FERPlus"]),
    "no csv": ("fer2013.csv", "emotion,pixels", "PK\x03\x04", ["fer2013.csv", "'pixels'", "icml_face_data.csv"]),
    "fewer rows": ("fer2013new.csv", "PrivateTest,fer0000021.png,0,0,0,0,0,0,9,0,0,1\r\n", "", ["not of the same pictures", "line 23"]),
    "other order": ("fer2013.csv", "PublicTest\n0", "PrivateTest\n0", ["not of the same pictures", "line 20"]),
    "cut row": ("fer2013new.csv", ",9,0,0,1\r\n", "", ["fer2013new.csv, line 23 has 8 cells and the header 12"]),
    "pixels": ("fer2013.csv", "\n0,", "\n0,256 ", ["fer2013.csv, line 2 holds no 48 x 48 pixels from 0 to 255"]),
    "votes": ("fer2013new.csv", ",6,0,0,0,0,0\r\n", ",many,0,0,0,0,0\r\n", ["fer2013new.csv, line 2 has votes that are no whole numbers"]),
    "one usage": ("both", "P", "Training#P", ["leaves no test picture"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_files_that_are_not_those_are_one_sentence_and_leave_nothing(case, public):
    name, old, new, says = BROKEN[case]
    for path in (public / "fer2013.csv", public / "fer2013new.csv"):
        text = path.read_bytes().decode()
        if name == "both":
            text = text.replace("PublicTest", "Training").replace("PrivateTest", "Training")
        elif name == path.name:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_bytes(text.encode())
    with pytest.raises(EmofastError) as e:
        make_ferplus(public / "fer2013.csv", public / "fer2013new.csv", public / "here" / "set")
    assert all(s in str(e.value) for s in says) and "\n" not in str(e.value), str(e.value)
    assert not list((public / "here").iterdir())
