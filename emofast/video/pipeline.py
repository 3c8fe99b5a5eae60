"""The whole way: an episode and its viewers' recordings into timelines, moments, a trailer, edit lists and a report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pandas as pd

from emofast.errors import EmofastError
from emofast.film.media import Media, probe
from emofast.paths import atomic_write, refuse_overwriting
from emofast.recognition import make_detector
from emofast.recognition.recognizer import find_model
from emofast.video.analysis import DETECTOR, Task
from emofast.video.audience import Recording, gather, named, tell_damage, timeline_path, usable
from emofast.video.bounds import seams
from emofast.video.comparing import compare, with_groups
from emofast.video.cut import Cut
from emofast.video.editlist import Timebase, write_edl, write_otio, write_otio_markers
from emofast.video.finalcut import write_fcpxml, write_xml
from emofast.video.folder import FILES, RECORD, TrailerFolder, open_folder, read_record
from emofast.video.group import Group
from emofast.video.insync import in_step
from emofast.video.listener import Listener, Terminal
from emofast.video.listing import read_moments, rows_to_cuts, write_moments
from emofast.video.moments import SIGNIFICANT, find_moments, score
from emofast.video.picture import draw_timeline
from emofast.video.render import render, still
from emofast.video.report import write_report
from emofast.video.selection import Wish, choose, place, wanted
from emofast.video.summary import reliability, summarise
from emofast.video.timeline import digest
from emofast.video.vertical import look_at
from emofast.video.words import clock, one_line

_SHORT = 0.8  # share of the length asked for under which it is said that there are no more moments


@dataclass(frozen=True)
class Order:
    """What to make. offsets: episode second at which a recording starts, by file name or stem; the others are put in step by their
    sound. trust: load a pickled model that no card vouches for. jobs: processes. groups: label to names of recordings. lufs: loudness
    of the trailer, None as it is. vertical: an upright trailer that follows the faces of the episode."""

    episode: Path
    viewers: tuple[Path, ...]
    out: Path
    model: Path | None = None
    trust: bool = False
    lag: float = 1.0
    offsets: dict[str, float] = field(default_factory=dict)
    wish: Wish = field(default_factory=Wish)
    from_moments: Path | None = None
    overwrite: bool = False
    jobs: int = 2
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lufs: float | None = -14.0
    detector: str = DETECTOR
    vertical: bool = False


@dataclass(frozen=True)
class Trailer:
    """A finished trailer. cuts: all moments that were listed, best first; chosen: those shown, in the trailer's order; table: the
    group's curves (`group.parquet`), None where moments were made by hand; facts: what `trailer.json` says."""

    out: Path
    episode: Media
    cuts: list[Cut]
    chosen: list[Cut]
    table: pd.DataFrame | None
    facts: dict

    @property
    def seconds(self) -> float:
        """Length of the trailer."""
        return float(sum(c.frames for c in self.chosen) / self.episode.rate)


def make_trailer(order: Order, listener: Listener | None = None, recordings: list[Recording] | None = None) -> Trailer:
    """Fill the trailer folder `order.out`. recordings: those of `order.viewers`, where they have been looked into and named before.

    Timelines that are there and fresh are used again. Raises `EmofastError` for input that cannot give a trailer; what is
    wrong with one recording among several goes to the `listener` (the terminal, unless given), and the others go on.
    """
    if listener is None:
        with closing(Terminal()) as terminal:  # a bar that an error leaves would hide the cursor
            return make_trailer(order, terminal, recordings)
    episode = _episode(order, listener)
    if order.from_moments:
        table = _table_beside(order.from_moments, episode, listener)
        return _finish(order, episode, read_moments(order.from_moments, episode, table), table, listener)
    recordings, groups = _recordings(order, episode, listener, recordings)
    model = find_model(order.model)
    with open_folder(order.out, order.overwrite) as folder:
        recordings = in_step(recordings, episode, listener)
        tasks = [Task.of(r.film, timeline_path(order.out / "timelines", r.name), model, order.detector) for r in recordings]
        group, seats = gather(recordings, tasks, episode, model, order.jobs, order.trust, order.lag, listener)
        people = {label: tuple(person for name in names for person in seats[name]) for label, names in groups.items()}
        people = {label: names for label, names in people.items() if names}  # a group in which nobody is seen has no curves
        table = group_table(group, people)
        listener.progress("looking for moments", 0, 2)
        moments = with_groups(find_moments(group, gap=order.wish.gap), group, people, order.wish.gap)
        listener.progress("looking for moments", 1, 2)
        cuts = place(moments, episode, order.wish)
        listener.progress("looking for moments", 2, 2)
        known = [{"name": r.name, "file": str(r.film.path), "start": r.start, "rate": r.rate, "how": r.how} for r in recordings]
        facts = {"viewers": known, "reliability": reliability(group)}
        return _fill(folder, order, episode, cuts, table, facts, listener)


def recut(order: Order, rows: Iterable[Mapping[str, str]], listener: Listener | None = None) -> Trailer:
    """Cut again in `order.out`, which holds a trailer, from moments as edited: rows of text as in `moments.csv` (see `rows_to_cuts`).
    Nobody is watched again; curves and viewers stay as they are. `moments.csv` becomes the rows."""
    if listener is None:
        with closing(Terminal()) as terminal:
            return recut(order, rows, terminal)
    episode = _episode(order, listener)
    table = _table_beside(order.out / "moments.csv", episode, listener)
    cuts = rows_to_cuts(rows, episode, table)
    return _finish(replace(order, from_moments=None, overwrite=True), episode, cuts, table, listener)


def open_trailer(out: Path) -> Trailer:
    """A finished trailer as it lies in its folder. Raises `EmofastError` where there is none, or its episode is gone."""
    facts = read_record(out)
    if not facts.get("finished"):
        raise EmofastError(f"{out} holds no finished trailer")
    episode = probe(Path(facts["episode"]["file"]))
    table = read_table(out / "group.parquet", episode) if (out / "group.parquet").is_file() else None
    cuts = read_moments(out / "moments.csv", episode, table)
    spans = [tuple(span) for span in facts["chosen"]]
    return Trailer(out, episode, cuts, [c for span in spans for c in cuts if (c.first, c.last) == span], table, facts)


def group_table(group: Group, labels: dict[str, tuple[str, ...]] | None = None) -> pd.DataFrame:
    """`group.parquet`: the group's table, the score, how far each viewer is from rest (`reaction <name>`, empty unseen), and where
    viewers are labelled (label to names) what `compare` says of the groups."""
    table = group.table()
    table["score"] = score(group.reactions, group.seen)
    if labels:
        table = pd.concat([table, compare(group, labels)], axis=1)
    return table.assign(**{f"reaction {name}": reaction for name, reaction in zip(group.names, group.distance())})


def _episode(order: Order, listener: Listener) -> Media:
    episode = probe(order.episode)
    outputs = [order.out / name for name in FILES if os.path.exists(order.out / name)]  # noqa: PTH110 - as in `open_film`
    refuse_overwriting(outputs, [order.episode, *order.viewers])
    tell_damage(episode, listener)
    return episode


def _recordings(
    order: Order, episode: Media, listener: Listener, known: list[Recording] | None
) -> tuple[list[Recording], dict[str, tuple[str, ...]]]:
    """The recordings with the offsets that were given, and the names in each group. Raises `EmofastError` for a name in two groups."""
    recordings = known or usable(order.viewers, episode, listener)

    def find(key: str, flag: str) -> Recording | None:
        meant = named(recordings, key, flag, order.viewers)
        if not meant:
            listener.warning(f"{flag} {key} is passed over: that recording is not used")
        return meant

    for key, seconds in order.offsets.items():
        if meant := find(key, "--offset"):
            recordings[recordings.index(meant)] = replace(meant, start=seconds, how="given")
    groups, label_of = {}, {}
    for label, keys in order.groups.items():
        groups[label] = tuple(dict.fromkeys(meant.name for key in keys if (meant := find(key, "--group"))))
        for name in groups[label]:
            if label_of.setdefault(name, label) != label:
                raise EmofastError(f"--group: {name} is in {label_of[name]} and in {label}; groups compare only apart: leave it in one")
    return recordings, groups


def _table_beside(moments: Path, episode: Media, listener: Listener) -> pd.DataFrame | None:
    """The curves that lie beside a `moments.csv`, if they are of this episode."""
    path = moments.with_name("group.parquet")
    if not path.is_file():
        if moments.is_file():
            listener.warning(f"no group.parquet beside {moments}: the report has no curves, and moments added by hand no score")
        return None
    try:
        return read_table(path, episode)
    except EmofastError as e:
        listener.warning(f"{e}; the report has no curves, and moments added by hand no score")
        return None


def read_table(path: Path, episode: Media) -> pd.DataFrame:
    """`group.parquet`. Raises `EmofastError` where it is damaged or of another episode."""
    try:
        table = pd.read_parquet(path)
        of = table.attrs["emofast"]["episode"]
    except Exception as e:  # pyarrow raises whatever the damage makes it stumble over
        raise EmofastError(f"{path} is damaged ({type(e).__name__}) or not of a trailer made here") from None
    if of != digest(episode.path):
        raise EmofastError(f"{path} is of another episode")
    return table


def _finish(order: Order, episode: Media, cuts: list[Cut], table: pd.DataFrame | None, listener: Listener) -> Trailer:
    chosen_from = order.from_moments if order.from_moments and order.from_moments.parent.resolve() == order.out.resolve() else None
    with open_folder(order.out, order.overwrite, keep=chosen_from) as folder:
        facts = {key: folder.record[key] for key in ("viewers", "reliability") if key in folder.record}
        return _fill(folder, order, episode, cuts, table, facts, listener)


def _fill(
    folder: TrailerFolder, order: Order, episode: Media, cuts: list[Cut], table: pd.DataFrame | None, facts: dict, listener: Listener
) -> Trailer:
    """Write everything but the timelines; the record, by which a trailer counts as finished, comes last."""
    out, name = folder.path, one_line(episode.path.stem)
    chosen = _choose(cuts, episode, order.wish, listener)
    facts |= {
        "episode": {"file": str(episode.path.resolve()), "rate": str(episode.rate), "frames": episode.frames},
        "wish": asdict(order.wish), "lag": order.lag, "lufs": order.lufs, "vertical": order.vertical,
        "chosen": [(c.first, c.last) for c in chosen], "summary": None,
    }  # fmt: skip
    if table is not None:
        facts["summary"] = summarise(table, cuts, episode) | {"reliability": facts.get("reliability"), "others": _others(out)}
    _write_tables(folder, order.from_moments, episode, cuts, table, facts)
    title, base = f"{name} trailer", Timebase.of(episode, listener.warning)
    write_edl(out / "trailer.edl", title, episode, base, chosen)
    write_otio(out / "trailer.otio", title, episode, base, chosen)
    write_xml(out / "trailer.xml", title, episode, base, chosen, cuts)
    write_fcpxml(out / "trailer.fcpxml", title, episode, base, chosen)
    write_otio_markers(out / "moments.otio", f"{name} moments", episode, base, cuts)

    def tell(stage: str):
        return lambda done, total: listener.progress(stage, done, total, "moments")

    _cut(order, episode, chosen, out / "trailer.mp4", tell)
    draw_timeline(out / "timeline.png", table, cuts, chosen, episode)
    posters = _posters(folder, episode, cuts, tell("taking stills"))
    write_report(out / "report.html", episode, cuts, chosen, table, posters, facts["summary"], tell("making the report"))
    for made in FILES[3:-1]:
        folder.wrote(made)
    folder.save(facts, finished=True)
    trailer = Trailer(out, episode, cuts, chosen, table, folder.record)
    _tell(trailer, listener)
    return trailer


def _cut(order: Order, episode: Media, chosen: list[Cut], out: Path, tell) -> None:
    """The trailer itself: hard on shot changes, and upright where that is asked for."""
    spans = [(c.first, c.last) for c in chosen]
    # a second more: a shot change is seen by what was before it
    begin = seams(episode, [(a - 1, b + 1) for a, b in (c.seconds(episode.rate) for c in chosen)])
    looks = None
    if order.vertical:
        looks, detector = [], make_detector(order.detector)
        for k, span in enumerate(spans, start=1):
            looks.append(look_at(episode, span, begin, detector))
            tell("following the faces")(k, len(spans))
    render(episode, spans, out, seams=begin, looks=looks, lufs=order.lufs, tell=tell("cutting the trailer"))


def _write_tables(
    folder: TrailerFolder, edited: Path | None, episode: Media, cuts: list[Cut], table: pd.DataFrame | None, facts: dict
) -> None:
    """Curves and moments; of a `moments.csv` that was `edited` here nothing is touched."""
    out, own = folder.path, bool(edited) and edited.resolve() == (folder.path / "moments.csv").resolve()
    if table is None:  # those of an earlier trailer here are not these moments'
        for name in ("group.parquet", "curves.csv"):
            (out / name).unlink(missing_ok=True)
            folder.made.pop(name, None)
    else:
        table.attrs = {"emofast": {"episode": digest(episode.path)}}
        with atomic_write(out / "group.parquet") as partial:
            table.to_parquet(partial, index=False)
        with atomic_write(out / "curves.csv") as partial:
            table.to_csv(partial, index=False, float_format="%.4f")
        folder.wrote("group.parquet")
        folder.wrote("curves.csv")
    if not own:
        folder.made.pop("moments.csv", None)
        folder.save(facts, finished=False)
        write_moments(out / "moments.csv", cuts, episode)
        folder.wrote("moments.csv")
    folder.save(facts, finished=False)


def _others(out: Path) -> list[dict]:
    """What the trailers in the folders beside this one say of their episodes, to compare."""
    found = []
    for path in sorted(out.absolute().parent.glob(f"*/{RECORD}"))[:20]:
        record = read_record(path.parent)
        if path.parent != out.absolute() and record.get("finished") and record.get("summary"):
            means = {name: record["summary"]["curves"][name]["mean"] for name in ("score", "attention")}
            found.append({"episode": one_line(Path(record["episode"]["file"]).stem)} | means)
    return found


def _posters(folder: TrailerFolder, episode: Media, cuts: list[Cut], tell) -> dict[int, Path]:
    """A picture of each moment at its peak, by its rank; those of an earlier trailer here go."""
    for old in [name for name in folder.made if name.startswith("posters/")]:
        (folder.path / old).unlink(missing_ok=True)
        del folder.made[old]
    posters = {}
    for k, cut in enumerate(cuts, start=1):
        name = f"posters/{cut.rank:02d} {cut.moment.emotion}.jpg"
        posters[cut.rank] = folder.path / name
        still(episode, min(max(int(cut.moment.peak * episode.rate), cut.first), cut.last - 1), posters[cut.rank])
        folder.wrote(name)
        tell(k, len(cuts))
    return posters


def _choose(cuts: list[Cut], episode: Media, wish: Wish, listener: Listener) -> list[Cut]:
    chosen, possible = choose(cuts, episode, wish), wanted(cuts, episode, wish)
    if not chosen:
        asked = f" of {', '.join(wish.emotions)}" if wish.emotions else ""
        raise EmofastError(
            f"no moment{asked} stands out; ask for other emotions or fewer exclusions" if not possible
            else f"--length {wish.length:g} is shorter than every moment (the shortest: "
            f"{float(min(c.frames for c in possible) / episode.rate):.1f} s); raise it or set --moment-length"
        )  # fmt: skip
    seconds = float(sum(c.frames for c in chosen) / episode.rate)
    if seconds < _SHORT * wish.length and len(chosen) == len(possible) and len(chosen) != wish.count:
        listener.warning(f"the {len(chosen)} moments that stand out make {seconds:.1f} s of the {wish.length:g} s asked for")
    chance = [c for c in chosen if c.moment.p_value >= SIGNIFICANT]
    if chance:
        listener.warning(
            f"{len(chance)} of the trailer's {len(chosen)} moments could be chance (p >= {SIGNIFICANT}); see moments.csv, or lower --length"
        )
    return chosen


def _tell(trailer: Trailer, listener: Listener) -> None:
    lines = [f"\n{len(trailer.cuts)} moments found, {len(trailer.chosen)} of them make a trailer of {trailer.seconds:.1f} s:"]
    for c in trailer.chosen:
        m, (start, end) = c.moment, c.seconds(trailer.episode.rate)
        p = "" if m.p_value != m.p_value else f"  p {m.p_value:.3f}"
        lines.append(f"  {clock(start)} to {clock(end)}  {m.emotion:<9}  score {m.score:3.0f}  {m.viewers} moved{p}")
    out = trailer.out
    lines += [f"\n{out / 'trailer.mp4'}", f"{out / 'report.html'}  open it in a browser"]
    lines.append(f"{out / 'trailer.xml'} (Premiere, Resolve), .fcpxml (Final Cut), .edl, .otio  for the cutting program")
    listener.note("\n".join(lines))
