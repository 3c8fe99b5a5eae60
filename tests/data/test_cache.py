import os
import signal
import subprocess
import sys
import time
from collections import namedtuple

import cv2
import numpy as np
import pytest
from processes import wait_until

from emofast.data import read_competition
from emofast.data.cache import PixelCache, cached_faces
from emofast.data.pictures import Unreadable, decode_face, open_pictures
from emofast.errors import EmofastError
from emofast.faces import prepare_face


@pytest.fixture
def own_root(tmp_path, monkeypatch):
    """A cache of this test alone."""
    monkeypatch.setenv("EMOFAST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pixels"


@pytest.mark.parametrize(("size", "channels"), [(48, 1), (64, 3), (200, 3)])
def test_cached_pixels_are_those_of_the_recognizers_preprocessing(drawn, own_root, size, channels):
    comp = read_competition(drawn)
    names = comp.train_names[:40]
    cache = cached_faces(comp.train_pictures, names, size, channels)
    rows = cache.rows(np.arange(len(names)))
    assert rows.shape == (40, channels, size, size) and rows.dtype == np.uint8
    for row, name in zip(rows, names):
        frame = cv2.imdecode(np.frombuffer(comp.train_pictures.read(name), np.uint8), cv2.IMREAD_COLOR)
        direct = prepare_face(frame, size, channels).astype(int)
        # Pillow's and OpenCV's JPEG decoders, and draft scaling of large files, differ by rounding only
        assert np.abs(row - direct).mean() < 2.0


def test_large_jpegs_are_decoded_smaller_but_alike():
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (1600, 1600, 3), np.uint8), (0, 0), 25)
    image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX)
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    full = prepare_face(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), 64, 3).astype(int)
    assert np.abs(decode_face(data, 64, 3) - full).max() <= 4


def test_rotation_of_phone_pictures_is_respected(tmp_path):
    from PIL import Image

    upright = Image.fromarray(np.tile(np.linspace(0, 255, 80, dtype=np.uint8)[:, None], (1, 80)))
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    upright.rotate(90).save(tmp_path / "a.jpg", exif=exif, quality=95)
    face = decode_face((tmp_path / "a.jpg").read_bytes(), 32, 1)[0].astype(int)
    assert face[-1].mean() - face[0].mean() > 200


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0" + b"\0" * 50])
def test_unreadable_bytes_say_so(data):
    with pytest.raises(Unreadable):
        decode_face(data, 32, 3)


def test_second_use_reads_the_same_file_and_other_settings_another(drawn, own_root):
    comp = read_competition(drawn)
    first = cached_faces(comp.train_pictures, comp.train_names, 32, 1)
    written = (first.folder / "pixels.u8").stat().st_mtime_ns
    again = cached_faces(comp.train_pictures, comp.train_names, 32, 1)
    assert again.folder == first.folder and (again.folder / "pixels.u8").stat().st_mtime_ns == written
    assert cached_faces(comp.train_pictures, comp.train_names, 32, 3).folder != first.folder


def test_unreadable_pictures_are_marked(data_copy, own_root):
    import zipfile

    with zipfile.ZipFile(data_copy / "train.zip") as archive:
        archive.extractall(data_copy)
    comp = read_competition(data_copy)
    (data_copy / comp.train_names[3]).write_bytes(b"")
    comp = read_competition(data_copy)
    cache = cached_faces(comp.train_pictures, comp.train_names, 32, 1)
    assert list(np.flatnonzero(~cache.readable)) == [3]
    assert cache.rows([3]).max() == 0


def test_full_disk_is_told_before_anything_is_written(drawn, own_root, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9, 10))
    comp = read_competition(drawn)
    with pytest.raises(EmofastError, match="free some space"):
        cached_faces(comp.train_pictures, comp.train_names, 64, 3)
    assert not list(own_root.glob("[!.]*px"))


FILL = """
import sys, time
from emofast.data import read_competition
from emofast.data import cache
comp = read_competition(sys.argv[1])
read, slow = cache.read_face, float(sys.argv[2])
def slowly(*args):
    time.sleep(slow)
    return read(*args)
cache.read_face = slowly
cache.CHUNK = 8
print("start", flush=True)
c = cache.cached_faces(comp.train_pictures, comp.train_names, 32, 1)
print(c.folder, c.rows(range(len(c))).sum(), flush=True)
"""


def start_filling(data, root, slow, project):
    env = {**os.environ, "EMOFAST_CACHE": str(root.parent)}
    return subprocess.Popen([sys.executable, "-c", FILL, str(data), str(slow)], stdout=subprocess.PIPE, text=True, env=env, cwd=project)


def test_a_kill_half_way_leaves_nothing_that_looks_finished(drawn, own_root, project):
    process = start_filling(drawn, own_root, 0.05, project)
    wait_until(lambda: list(own_root.glob(".partial-*/pixels.u8")))
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(own_root.glob(".partial-*")) and not list(own_root.glob("[!.]*px"))
    comp = read_competition(drawn)
    cache = cached_faces(comp.train_pictures, comp.train_names, 32, 1)
    assert cache.readable.all() and not list(own_root.glob(".partial-*"))


def test_two_runs_at_once_share_one_cache(drawn, own_root, project):
    both = [start_filling(drawn, own_root, 0.01, project) for _ in range(2)]
    outputs = [p.communicate(timeout=120)[0].split("\n")[1] for p in both]
    assert outputs[0] == outputs[1] and all(p.returncode == 0 for p in both)
    assert len(list(own_root.glob("[!.]*px"))) == 1
    assert PixelCache(next(iter(own_root.glob("[!.]*px")))).readable.all()


def test_folders_of_equal_sizes_are_not_taken_for_each_other(tmp_path, own_root):
    means = []
    for shade in (0, 255):
        place = tmp_path / str(shade) / "train" / "happy"
        place.mkdir(parents=True)
        for i in range(3):
            cv2.imwrite(str(place / f"{i}.png"), np.full((48, 48), shade, np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 0])
        pictures = open_pictures(tmp_path / str(shade), "train")
        means.append(cached_faces(pictures, [f"train/happy/{i}.png" for i in range(3)], 48, 1).rows([0, 1, 2]).mean())
    assert means == [0, 255]


def test_16_bit_pictures_keep_their_shades():
    ramp = np.tile(np.linspace(0, 65535, 48).astype(np.uint16), (48, 1))
    face = decode_face(cv2.imencode(".png", ramp)[1].tobytes(), 48, 1)
    np.testing.assert_array_equal(face, prepare_face(ramp, 48, 1))
    assert 126 < face.mean() < 129
