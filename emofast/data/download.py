"""`emofast data download`: the tables from Kaggle, the pictures from Google Drive, and proof that all of it arrived."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from emofast.console import console, warn
from emofast.data.pictures import Pictures, ZipPictures, open_pictures
from emofast.errors import EmofastError
from emofast.kaggle_account import PAGE, KaggleAccount

__all__ = ["ROWS", "download_data"]

ROWS = {"train.csv": 50_046, "sample_submission.csv": 5_000}
"""The competition's tables and their rows."""

RETRIES = 8
"""How often a broken transfer goes on by itself, after waits of up to half a minute, before the user has to start it again."""

_DRIVE = "https://drive.google.com/uc?id={}"
_STAGING = ".download"
_SLACK = 256 << 20  # bytes of disk to leave free


@dataclass(frozen=True)
class Archive:
    """Pictures on Google Drive: the name to keep them under, the folder inside, bytes (rounded up), links, best first, and the
    command-line option that names another place."""

    name: str
    top: str
    size: int
    links: tuple[str, ...]
    option: str


ARCHIVES = (
    Archive(
        "train.zip",
        "train",
        2_280_000_000,
        (_DRIVE.format("1TG9P5B2k3eTbC4XDxDmEc07dyAORPC16"), _DRIVE.format("1QdhIxh1QUEuLgRb7DWa7RA7CA08ybNRJ")),
        "--train-url",
    ),
    Archive(
        "test_kaggle.zip",
        "test_kaggle",
        223_000_000,
        (_DRIVE.format("12QrDrLT1F-X7UycvOoApXFqxTw3Zx93K"), _DRIVE.format("1bGHeWeWYXj5biL9s-qTc9gyv91WNAbWE")),
        "--test-url",
    ),
)


class _Refused(EmofastError):
    """This link gives no archive, or a wrong one; another link may."""


def download_data(folder: Path, train_url: str | None = None, test_url: str | None = None) -> None:
    """Make `folder` hold the competition's data: whatever is not there yet is fetched, everything is verified.

    `train_url`, `test_url`: other places of the two archives, plain or on Google Drive. A file gets its own name only after
    it is verified; halves lie in `folder/.download` and the same call goes on with them. Raises `EmofastError` for everything
    that Kaggle, Google Drive, the network or the disk can refuse, and for files put there by hand that are not whole.
    """
    folder = Path(folder)
    with _alone(folder) as staging:
        missing = [a for a in ARCHIVES if not (folder / a.top).is_dir() and not (folder / a.name).is_file()]
        _room_for(missing, folder, staging)
        train_ids, test_ids = (_table(folder, staging, name, rows) for name, rows in ROWS.items())
        pictures = ([i.removeprefix("./") for i in train_ids], [f"test_kaggle/{i}" for i in test_ids])
        for archive, other, names in zip(ARCHIVES, (train_url, test_url), pictures):
            if archive in missing:
                _fetch(archive, (other,) if other else archive.links, names, folder, staging)
            else:
                found = open_pictures(folder, archive.top)
                if fault := _lacking(found, names):
                    raise EmofastError(f"{found.path} {fault}; it was probably not copied whole: remove it and start again.")
                console.print(f"{found.path}: already there, {len(found.identity)} pictures")


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """The folder for halves, to this process alone; afterwards it is there only if it holds something to go on with."""
    staging = folder / _STAGING
    staging.mkdir(parents=True, exist_ok=True)
    lock = FileLock(staging / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise EmofastError(f"another download into {folder} is running; wait for it, or choose another folder with --to.") from None
    try:
        yield staging
    finally:
        lock.release()
        if not any(p.stat().st_size for p in staging.rglob("*") if p.is_file()):
            shutil.rmtree(staging)


def _room_for(missing: list[Archive], folder: Path, staging: Path) -> None:
    there = sum(p.stat().st_size for p in staging.rglob("*") if p.is_file())
    needed, free = sum(a.size for a in missing) - there, shutil.disk_usage(folder).free
    if missing and free < needed + _SLACK:
        raise EmofastError(
            f"{folder} has {free / 1e9:.1f} GB free and the download needs {(needed + _SLACK) / 1e9:.1f} GB; "
            "free some space, or give --to a folder on a larger disk."
        )


def _table(folder: Path, staging: Path, name: str, rows: int) -> list[str]:
    """Column image_path of one table, fetched from Kaggle unless it is there, verified either way."""
    path = next((p for p in (folder / name, folder / f"{name}.zip") if p.is_file()), None)
    if path is not None:
        ids = _image_paths(path, rows)
        console.print(f"{path}: already there, {rows} rows")
        return ids
    into = staging / "kaggle"
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    fetched = KaggleAccount().download(name, into)
    # Kaggle zips large tables, and names them so or not: only the bytes tell.
    final = folder / (f"{name}.zip" if zipfile.is_zipfile(fetched) else name)
    fetched = fetched.rename(into / final.name)
    ids = _image_paths(fetched, rows)
    fetched.replace(final)
    into.rmdir()
    console.print(f"{final}: from Kaggle, {rows} rows")
    return ids


def _image_paths(path: Path, rows: int) -> list[str]:
    way_out = f"remove it and start again, or save it from {PAGE}/data."
    try:
        ids = pd.read_csv(path, usecols=["image_path"], dtype=str)["image_path"].tolist()
    except (ValueError, OSError, zipfile.BadZipFile, zlib.error) as e:
        raise EmofastError(f"{path} is not the competition's table ({str(e).splitlines()[0]}); {way_out}") from None
    if len(ids) != rows:
        raise EmofastError(f"{path} has {len(ids)} rows and the competition's has {rows}; {way_out}")
    return ids


def _fetch(archive: Archive, links: tuple[str, ...], names: list[str], folder: Path, staging: Path) -> None:
    """The first of `links` that gives a whole archive with all `names`. A broken transfer is not a reason to change the link."""
    refusals = []
    for link in links:
        # Halves of two links are halves of two files: each has a folder of its own.
        into = staging / f"{archive.top}-{hashlib.sha256(link.encode()).hexdigest()[:8]}"
        into.mkdir(exist_ok=True)
        try:
            path = _transfer(link, into / archive.name)
            _verify(path, names)
        except _Refused as e:
            (into / archive.name).unlink(missing_ok=True)
            refusals.append(f"{link}: {e}")
            if link != links[-1]:
                warn(f"{refusals[-1]}; trying the next link")
            continue
        final = path.replace(folder / archive.name)
        final.chmod(0o644)  # gdown makes it private
        for halves in staging.glob(f"{archive.top}-*"):
            shutil.rmtree(halves)
        console.print(f"{final}: {final.stat().st_size / 1e6:,.0f} MB, {len(names)} pictures, checksums right")
        return
    raise EmofastError(
        f"no link gave {archive.name} ({'; '.join(refusals)}); open the link in a browser and save the file as {folder / archive.name}, "
        f"wait up to 24 hours where Google's quota is used up, or name another place with {archive.option}."
    )


def _transfer(link: str, path: Path) -> Path:
    """Fetch `link` into `path`, going on from the half that lies beside it."""
    import gdown
    from gdown.exceptions import DownloadError, FileURLRetrievalError
    from requests import ConnectionError, HTTPError, RequestException, Timeout

    half = _half(path)
    if half and zipfile.is_zipfile(half):  # killed after the last byte, before its name: a server has nothing to add to it
        half.replace(path)
    going_on = f", going on at {half.stat().st_size / 1e6:,.0f} MB" if half and half.exists() else ""
    console.print(f"{path.name}: from {link}{going_on}")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task(path.name, total=None)

            def progress(done: int, total: int | None) -> None:
                bar.update(task, completed=done, total=total)
                free = shutil.disk_usage(path.parent).free
                if total and total - done > free:
                    raise EmofastError(
                        f"{path.parent} has {free / 1e9:.1f} GB free and {(total - done) / 1e9:.1f} GB are to come from {link}; "
                        "free some space and start the same command again, it goes on from there."
                    )

            gdown.download(link, str(path), quiet=True, resume=True, progress=progress, timeout=60, retries=RETRIES)
    except FileURLRetrievalError as e:
        raise _Refused(f"Google Drive refuses it ({_reason(e)})") from None
    except HTTPError as e:
        raise _Refused(f"the server answers {e.response.status_code}") from None
    except (DownloadError, ConnectionError, Timeout) as e:
        raise EmofastError(_broken(link, path, e)) from None
    except RequestException as e:
        raise _Refused(f"no such address ({type(e).__name__})") from None
    return path


def _half(path: Path) -> Path | None:
    return next(path.parent.glob(f"{path.name}*.part"), None)


def _broken(link: str, path: Path, error: Exception) -> str:
    half = _half(path)
    if half and "byte range" in str(error):
        return f"{link} does not go on with a broken download now; start again in a few minutes, or remove {half} to begin anew."
    kept = f"; {half.stat().st_size / 1e6:,.1f} MB are kept" if half else ""
    return f"the network failed while {path.name} came from {link}{kept}; start the same command again, it goes on from there."


def _reason(error: Exception) -> str:
    """What Google Drive says, from the middle of gdown's several lines."""
    text = " ".join(str(error).split())
    found = re.search(r"Failed to retrieve file url: (.*?)(?:\. Please| You may)", text)
    return (found.group(1) if found else text).rstrip(".")


def _verify(path: Path, names: list[str]) -> None:
    """Raises `_Refused` unless `path` is a whole archive, has all `names`, and its bytes match its checksums."""
    with path.open("rb") as f:
        if f.read(512).lstrip()[:1] == b"<":
            raise _Refused("a web page came instead of the archive: a sign-in or quota page, or a link to a page about the file")
    try:
        with console.status(f"comparing checksums of {path.name}"), zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
        fault = _lacking(ZipPictures(path), names)
    except (zipfile.BadZipFile, zlib.error, EOFError) as e:
        raise _Refused(f"what came is not a whole zip archive ({e})") from None
    except EmofastError as e:
        raise _Refused(str(e).rstrip(".")) from None
    if bad:
        raise _Refused(f"the checksum of {bad} in it is wrong")
    if fault:
        raise _Refused(f"it {fault}")


def _lacking(pictures: Pictures, names: list[str]) -> str | None:
    lacking = [n for n in names if n not in pictures.identity]
    return f"has {len(names) - len(lacking)} of the {len(names)} pictures that the table names and lacks {lacking[0]}" if lacking else None
