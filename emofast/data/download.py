"""`emofast data download`: the tables from Kaggle, the pictures from Google Drive, and proof that all of it arrived."""

import hashlib
import re
import shutil
import zipfile
from contextlib import closing
from pathlib import Path

from emofast.console import console, warn
from emofast.data.pictures import Pictures, ZipPictures, open_pictures
from emofast.errors import EmofastError, first_line
from emofast.kaggle_account import COMPETITION, PAGE, kaggle
from emofast.tables import find_table, read_table

ROWS = {"train.csv": 50_046, "sample_submission.csv": 5_000}
"""The competition's tables and their rows."""

_DRIVE = "https://drive.google.com/uc?id="
LINKS = {
    "train": (f"{_DRIVE}1TG9P5B2k3eTbC4XDxDmEc07dyAORPC16", f"{_DRIVE}1QdhIxh1QUEuLgRb7DWa7RA7CA08ybNRJ"),
    "test_kaggle": (f"{_DRIVE}12QrDrLT1F-X7UycvOoApXFqxTw3Zx93K", f"{_DRIVE}1bGHeWeWYXj5biL9s-qTc9gyv91WNAbWE"),
}
"""Where the archives of pictures lie, best first: the competition's own places, and an older pair."""

RETRIES = 8
"""How often a broken transfer goes on by itself, after waits of up to half a minute, before the user has to start it again."""


def download_data(folder: Path, train_url: str | None = None, test_url: str | None = None) -> None:
    """Make `folder` hold the competition's data: whatever is not there yet is fetched, everything is verified.

    `train_url`, `test_url`: other places of the two archives, plain or on Google Drive. A file gets its own name only after
    it is verified; halves lie in `folder/.download` and the same call goes on with them. Raises `EmofastError` for everything
    that Kaggle, Google Drive or the network can refuse, and for files put there by hand that are not whole.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    train_ids, test_ids = (_table(folder, name, rows) for name, rows in ROWS.items())
    names = {"train": [i.removeprefix("./") for i in train_ids], "test_kaggle": [f"test_kaggle/{i}" for i in test_ids]}
    for top, url in zip(LINKS, (train_url, test_url)):
        if not (folder / top).is_dir() and not (folder / f"{top}.zip").is_file():
            _fetch((url,) if url else LINKS[top], folder / f"{top}.zip", names[top])
            continue
        found = open_pictures(folder, top)
        if fault := _lacking(found, names[top]):
            raise EmofastError(f"{found.path} {fault}; it was probably not copied whole: remove it and start again.")
        console.print(f"{found.path}: already there, {len(found.identity)} pictures")
    shutil.rmtree(folder / ".download", ignore_errors=True)


def _table(folder: Path, name: str, rows: int) -> list[str]:
    """Column image_path of one table, fetched from Kaggle unless it is there, verified either way."""
    path = there = find_table(folder, name)
    if not there:
        into = folder / ".download" / name
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        with kaggle(name) as api:
            api.competition_download_file(COMPETITION, name, str(into), force=True, quiet=True)
        path = next(into.iterdir())
        # Kaggle zips large tables, and names them so or not: only the bytes tell.
        path = path.rename(into / (f"{name}.zip" if zipfile.is_zipfile(path) else name))
    ids = read_table(path, ["image_path"])["image_path"].tolist()
    if len(ids) != rows:
        raise EmofastError(f"{path} has {len(ids)} rows and the competition's has {rows}; remove it, or save it from {PAGE}/data.")
    path = there or path.replace(folder / path.name)
    console.print(f"{path}: {'already there' if there else 'from Kaggle'}, {rows} rows")
    return ids


class _Refused(EmofastError):
    """This link gives no archive, or a wrong one; another link may."""


def _fetch(links: tuple[str, ...], final: Path, names: list[str]) -> None:
    """The first of `links` that gives a whole archive with all `names`. A broken transfer is not a reason to change the link."""
    refusals = []
    for link in links:
        # Halves of two links are halves of two files: each has a folder of its own.
        path = final.parent / ".download" / hashlib.sha256(link.encode()).hexdigest()[:8] / final.name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _transfer(link, path)
            _verify(path, names)
        except _Refused as e:
            path.unlink(missing_ok=True)
            refusals.append(f"{link}: {e}")
            if link != links[-1]:
                warn(f"{refusals[-1]}; trying the next link")
            continue
        path.chmod(0o644)  # gdown makes it private
        path.replace(final)
        console.print(f"{final}: {final.stat().st_size / 1e6:,.0f} MB, {len(names)} pictures, checksums right")
        return
    raise EmofastError(
        f"no link gave {final.name} ({'; '.join(refusals)}); open the link in a browser and save the file as {final}, "
        f"wait up to 24 hours where Google's quota is used up, or name another place with --{final.stem.removesuffix('_kaggle')}-url."
    )


def _transfer(link: str, path: Path) -> None:
    """Fetch `link` into `path`, going on from the half that lies beside it."""
    import gdown
    from gdown.exceptions import DownloadError, FileURLRetrievalError
    from requests import ConnectionError, RequestException, Timeout

    console.print(f"{path.name}: from {link}; a broken transfer goes on")
    try:
        gdown.download(link, str(path), quiet=not console.is_terminal, resume=True, timeout=60, retries=RETRIES)
    except FileURLRetrievalError as e:  # what Google Drive says stands in the middle of several lines
        found = re.search(r"Failed to retrieve file url: (.*?)(?:\. Please| You may)", " ".join(str(e).split()))
        raise _Refused(f"Google Drive refuses it ({found[1] if found else e})") from None
    except (DownloadError, ConnectionError, Timeout) as e:
        half = next(path.parent.glob("*.part"), None)
        kept = f"; {half.stat().st_size / 1e6:,.1f} MB are kept in {half}" if half else ""
        reason = "it serves no byte ranges: remove that half to begin anew" if "byte range" in str(e) else first_line(e)
        raise EmofastError(f"{link} broke off ({reason}){kept}; start the same command again, it goes on from there.") from None
    except RequestException as e:
        answer = "there is no such address" if e.response is None else f"the server answers {e.response.status_code}"
        raise _Refused(f"{answer} ({type(e).__name__})") from None


def _verify(path: Path, names: list[str]) -> None:
    """Raises `_Refused` unless `path` is a whole archive, has all `names`, and its bytes match its checksums."""
    with path.open("rb") as f:
        if f.read(512).lstrip()[:1] == b"<":
            raise _Refused("a web page came instead of the archive: a sign-in or quota page, or a link to a page about the file")
    try:
        with closing(ZipPictures(path)) as pictures, console.status(f"comparing checksums of {path.name}"):
            if fault := _lacking(pictures, names):
                raise EmofastError(f"it {fault}")
            for name in pictures.identity:
                pictures.read(name)
    except EmofastError as e:
        raise _Refused(str(e).rstrip(".")) from None


def _lacking(pictures: Pictures, names: list[str]) -> str | None:
    lacking = [n for n in names if n not in pictures.identity]
    return f"has {len(names) - len(lacking)} of the {len(names)} pictures that the table names and lacks {lacking[0]}" if lacking else None
