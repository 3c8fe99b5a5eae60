"""The whole way: an episode and its viewers' recordings into timelines, moments, a trailer, edit lists and a report."""

import functools
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
from emofast.video.audience import Recording, gather, tell_damage, timeline_path, usable
from emofast.video.editlist import Timebase, write_edl, write_fcpxml, write_otio, write_xml
from emofast.video.folder import FILES, TrailerFolder, open_folder, read_record
from emofast.video.group import Group, differences
from emofast.video.insync import in_step
from emofast.video.listener import Listener, Terminal
from emofast.video.listing import read_moments, write_moments
from emofast.video.moments import SIGNIFICANT, find_moments, reliability, score, with_groups
from emofast.video.render import render, still
from emofast.video.report import draw_timeline, summarise, write_report
from emofast.video.selection import Cut, Wish, choose, place, seams, wanted
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
    episode = probe(order.episode)
    refuse_overwriting([order.out / name for name in FILES], [order.episode, *order.viewers])
    tell_damage(episode, listener)
    if order.from_moments:
        table = None
        try:  # the curves that lie beside, if they are of this episode
            if order.from_moments.is_file():  # else who reads it says so
                table = read_table(order.from_moments.with_name("group.parquet"), episode)
        except EmofastError as e:
            listener.warning(f"{e}; the report has no curves, and moments added by hand no score")
        cuts = read_moments(order.from_moments, episode, table)
        record = {} if table is None else read_record(order.from_moments.parent)  # of those who are in the table
        facts = {key: record[key] for key in ("viewers", "reliability") if key in record}
        with open_folder(order.out, order.overwrite, keep=order.from_moments) as folder:
            return _fill(folder, order, episode, cuts, table, facts, listener)
    recordings = _as_told(recordings or usable(order.viewers, episode, listener), order, listener)
    model = find_model(order.model)
    with open_folder(order.out, order.overwrite) as folder:
        recordings = in_step(recordings, episode, listener, order.out / "timelines" / "starts.json")
        tasks = [Task.of(r.film, timeline_path(order.out / "timelines", r.name), model, order.detector) for r in recordings]
        group, seats = gather(recordings, tasks, episode, model, order.jobs, order.trust, order.lag, listener)
        people = {label: tuple(person for r in recordings if r.group == label for person in seats[r.name]) for label in order.groups}
        people = {label: names for label, names in people.items() if names}  # a group in which nobody is seen has no curves
        listener.progress("looking for moments", 0, 1)
        table = group_table(group, people)
        cuts = place(with_groups(find_moments(group), group, people), episode, order.wish)
        listener.progress("looking for moments", 1, 1)
        known = [{"name": r.name, "file": str(r.film.path.resolve()), "start": r.start, "rate": r.rate, "how": r.how} for r in recordings]
        facts = {"viewers": known, "reliability": reliability(group)}
        return _fill(folder, order, episode, cuts, table, facts, listener)


def group_table(group: Group, labels: dict[str, tuple[str, ...]] | None = None) -> pd.DataFrame:
    """`group.parquet`: the group's table, the score, where viewers are labelled (label to names) `score <label>` of each group
    and where groups `differ`, and how far each viewer is from rest (`reaction <name>`, empty unseen)."""
    table = group.table()
    table["score"] = score(group.reactions, group.seen)
    parts = {label: group.part(names) for label, names in (labels or {}).items()}
    scores = {f"score {label}": score(part.reactions, part.seen) for label, part in parts.items()}
    if len(parts) > 1:
        scores["differ"] = differences(group, list(labels.values()))
    return table.assign(**scores, **{f"reaction {name}": reaction for name, reaction in zip(group.names, group.distance())})


def _as_told(recordings: list[Recording], order: Order, listener: Listener) -> list[Recording]:
    """The recordings with the offsets and groups that were given by name, path, file name or stem. Raises `EmofastError` for what names
    none or several, and for a recording in two groups; one that cannot be used is only told."""
    found = {r.name: r for r in recordings}
    told = [("--offset", key, {"start": seconds, "how": "given"}) for key, seconds in order.offsets.items()]
    told += [("--group", key, {"group": label}) for label, keys in order.groups.items() for key in keys]
    for flag, key, facts in told:
        exact = [r for r in found.values() if key in (r.name, str(r.film.path))]
        meant = exact or [r for r in found.values() if key in (r.film.path.name, r.film.path.stem)]
        if not meant and any(key in (str(path), path.name, path.stem) for path in order.viewers):
            listener.warning(f"{flag} {key} is passed over: that recording is not used")
            continue
        if len(meant) != 1:
            says = f"fits {' and '.join(r.name for r in meant)}" if meant else "is none of them"
            raise EmofastError(f"{flag} {key}: the recordings are {', '.join(found)}, and {key!r} {says}; name one of these")
        r = meant[0]
        if "group" in facts and r.group not in ("", facts["group"]):
            raise EmofastError(f"--group: {r.name} is in {r.group} and in {facts['group']}; groups compare only apart: leave it in one")
        found[r.name] = replace(r, **facts)
    return list(found.values())


def read_table(path: Path, episode: Media) -> pd.DataFrame:
    """`group.parquet`. Raises `EmofastError` where it is missing, damaged or of another episode."""
    try:
        table = pd.read_parquet(path)
        of = table.attrs["emofast"]["episode"]
    except Exception as e:  # pyarrow raises whatever the damage makes it stumble over
        state = f"damaged ({type(e).__name__}) or not of a trailer made here" if path.exists() else "not there"
        raise EmofastError(f"{path} is {state}") from None
    if of != digest(episode.path):
        raise EmofastError(f"{path} is of another episode")
    return table


def _fill(
    folder: TrailerFolder, order: Order, episode: Media, cuts: list[Cut], table: pd.DataFrame | None, facts: dict, listener: Listener
) -> Trailer:
    """Write everything but the timelines; the record, by which a trailer counts as finished, comes last."""
    out, chosen = folder.path, _choose(cuts, episode, order.wish, listener)
    facts |= {
        "episode": {"file": str(episode.path.resolve()), "rate": str(episode.rate), "frames": episode.frames},
        "wish": asdict(order.wish), "lag": order.lag, "lufs": order.lufs, "vertical": order.vertical,
        "chosen": [(c.first, c.last) for c in chosen], "summary": None,
    }  # fmt: skip
    if table is not None:
        facts["summary"] = summarise(table, cuts, episode) | {"reliability": facts.get("reliability")}
    # posters, and what another version made; without a table also the curves: those of an earlier trailer here are not these moments'
    for old in folder.made.keys() - set(FILES) | ({"group.parquet", "curves.csv"} if table is None else set()):
        folder.forget(old)
    if table is not None:
        table.attrs = {"emofast": {"episode": digest(episode.path)}}
        with atomic_write(out / "group.parquet") as partial:
            table.to_parquet(partial, index=False)
        with atomic_write(out / "curves.csv") as partial:
            table.to_csv(partial, index=False, float_format="%.4f")
        folder.wrote("group.parquet")
        folder.wrote("curves.csv")
    edited = order.from_moments  # if it is the one here, nothing of it is touched
    if not edited or edited.resolve() != (out / "moments.csv").resolve():
        folder.made.pop("moments.csv", None)
        folder.save(facts, finished=False)
        write_moments(out / "moments.csv", cuts, episode)
        folder.wrote("moments.csv")
    folder.save(facts, finished=False)
    title, base = f"{one_line(episode.path.stem)} trailer", Timebase.of(episode, listener.warning)
    write_edl(out / "trailer.edl", title, episode, base, chosen)
    write_otio(out / "trailer.otio", title, episode, base, chosen)
    write_xml(out / "trailer.xml", title, episode, base, chosen, cuts)
    write_fcpxml(out / "trailer.fcpxml", title, episode, base, chosen)
    _cut(order, episode, chosen, out / "trailer.mp4", listener)
    draw_timeline(out / "timeline.png", table, cuts, chosen, episode)
    posters = {cut.rank: out / f"posters/{cut.rank:02d} {cut.moment.emotion}.jpg" for cut in cuts}
    for k, cut in enumerate(cuts, start=1):
        still(episode, min(max(int(cut.moment.peak * episode.rate), cut.first), cut.last - 1), posters[cut.rank])
        folder.wrote(f"posters/{posters[cut.rank].name}")
        listener.progress("taking stills", k, len(cuts), "moments")
    folder.save(facts, finished=False)
    tell = functools.partial(listener.progress, "making the report", unit="moments")
    write_report(out / "report.html", episode, cuts, chosen, table, posters, facts["summary"], tell)
    for made in FILES[3:-1]:
        folder.wrote(made)
    folder.save(facts, finished=True)
    trailer = Trailer(out, episode, cuts, chosen, table, folder.record)
    _tell(trailer, listener)
    return trailer


def _cut(order: Order, episode: Media, chosen: list[Cut], out: Path, listener: Listener) -> None:
    """The trailer itself: hard on shot changes, and upright where that is asked for."""
    spans = [(c.first, c.last) for c in chosen]
    # a second more: a shot change is seen by what was before it
    begin = seams(episode, [(a - 1, b + 1) for a, b in (c.seconds(episode.rate) for c in chosen)])
    looks = []
    if order.vertical:
        detector = make_detector(order.detector)
        for k, span in enumerate(spans, start=1):
            looks.append(look_at(episode, span, begin, detector))
            listener.progress("following the faces", k, len(spans), "moments")
    tell = functools.partial(listener.progress, "cutting the trailer", unit="moments")
    render(episode, spans, out, seams=begin, looks=looks or None, lufs=order.lufs, tell=tell)


def _choose(cuts: list[Cut], episode: Media, wish: Wish, listener: Listener) -> list[Cut]:
    chosen, possible = choose(cuts, episode, wish), wanted(cuts, episode, wish)
    if not possible:
        asked = f" of {', '.join(wish.emotions)}" if wish.emotions else ""
        way = "ask for other emotions or exclude less" if wish.emotions or wish.exclude else "take a longer episode, or more viewers"
        raise EmofastError(f"no moment{asked} stands out in {episode.path}; {way}")
    if not chosen:
        shortest = float(min(c.frames for c in possible) / episode.rate)
        raise EmofastError(f"--length {wish.length:g} is shorter than every moment (the shortest: {shortest:.1f} s); raise it")
    seconds = float(sum(c.frames for c in chosen) / episode.rate)
    if seconds < _SHORT * wish.length and len(chosen) == len(possible):
        listener.warning(f"the {len(chosen)} moments that stand out make {seconds:.1f} s of the {wish.length:g} s asked for")
    if chance := sum(c.moment.p_value >= SIGNIFICANT for c in chosen):
        which = f"{chance} of the trailer's {len(chosen)} moments"
        listener.warning(f"{which} could be chance (p >= {SIGNIFICANT}); see moments.csv, or lower --length")
    return chosen


def _tell(trailer: Trailer, listener: Listener) -> None:
    lines = [f"\n{len(trailer.cuts)} moments found, {len(trailer.chosen)} of them make a trailer of {trailer.seconds:.1f} s:"]
    for c in trailer.chosen:
        m, (start, end) = c.moment, c.seconds(trailer.episode.rate)
        p = "" if m.p_value != m.p_value else f"  p {m.p_value:.3f}"
        lines.append(f"  {clock(start)} to {clock(end)}  {m.emotion:<9}  score {m.score:3.0f}  {m.viewers} moved{p}")
    lines += [f"\n{trailer.out / 'trailer.mp4'}", f"{trailer.out / 'report.html'}  open it in a browser",
              f"{trailer.out / 'trailer.xml'} (Premiere, Resolve), .fcpxml (Final Cut), .edl, .otio  for the cutting program"]  # fmt: skip
    listener.note("\n".join(lines))
