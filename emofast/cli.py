"""`python -m emofast COMMAND`: one parser; each command imports its room only when it runs, so `--help` is instant."""

import argparse
import inspect
import shlex
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from emofast.app.command import add_arguments as add_app
from emofast.arguments import Help, Parser, add_data, add_engine, add_model, whole_number
from emofast.console import console, warn
from emofast.errors import EmofastError, exits_cleanly
from emofast.paths import competition_data

_COMMANDS: list[tuple[Callable[[argparse.Namespace], int | None], tuple[Callable, ...]]] = []


def _command(*flags: Callable[[argparse.ArgumentParser], object]):
    """Make a function of the parsed arguments, which returns an exit status or None, a command: its name says how it is called
    (`data_check`: data check), its docstring is the help, and the first line stands in the list of commands."""

    def register(run):
        _COMMANDS.append((run, flags))
        return run

    return register


def _flag(*names: str, **settings) -> Callable[[argparse.ArgumentParser], object]:
    """An argument of a command, given as to `add_argument`."""
    return lambda p: p.add_argument(*names, **settings)


_QUICK = _flag("--quick", action="store_true", help="take the results of --quick runs")
_DETECTOR = _flag("--detector", metavar="dlib|centerface", help="what finds faces (default: the one that trailer.py takes)")


@_command(
    _flag("--to", type=Path, required=True, metavar="DIR", help="new folder for the data set"),
    _flag("--seed", type=int, default=42, help="same seed, same pictures"),
    _flag("--train", type=int, default=5500, metavar="N", help="how many training pictures"),
    _flag("--test", type=int, default=300, metavar="N", help="how many test pictures"),
)
def data_sample(args) -> None:
    """Draw the sample data set: the competition's layout, no download.

    example: python -m emofast data sample --to data/mine --seed 7"""
    from emofast.sample import write_sample

    folder = write_sample(args.to, seed=args.seed, train=args.train, test=args.test)
    console.print(f"Drew {args.train} training and {args.test} test pictures into {folder} (seed {args.seed}).")


@_command(add_data)
def data_check(args) -> None:
    """Look for missing, unreadable, extra and doubled pictures before training.

    example: python -m emofast data check --data data/skillbox"""
    from emofast.data import check_data, open_data
    from emofast.data.check import print_report

    print_report(check_data(open_data(args.data)))


@_command(
    _flag("--to", type=Path, default=competition_data(), metavar="DIR", help="folder of the data set"),
    _flag("--train-url", metavar="URL", help="another place of train.zip, plain or on Google Drive"),
    _flag("--test-url", metavar="URL", help="another place of test_kaggle.zip"),
)
def data_download(args) -> None:
    """Get the competition's data and check it; goes on with a broken download.

    Tables from Kaggle, pictures (2.5 GB) from Google Drive; what lies in the folder already is verified and kept.

    example: python -m emofast data download --to data/skillbox"""
    from emofast.data import check_data, read_competition
    from emofast.data.check import print_report
    from emofast.data.download import download_data

    download_data(args.to, args.train_url, args.test_url)
    print_report(check_data(read_competition(args.to)))


@_command(
    _flag("--images", type=Path, required=True, metavar="FILE", help="FER2013: fer2013.csv or icml_face_data.csv, 300 MB"),
    _flag("--labels", type=Path, required=True, metavar="FILE", help="FER+: fer2013new.csv, 2 MB"),
    _flag("--to", type=Path, required=True, metavar="DIR", help="new folder for the data set; its name is its name in results"),
)
def data_ferplus(args) -> None:
    """Make a data set in the competition's layout from FER2013 and the FER+ votes, both public.

    35,887 photographs of 48 x 48 px, grey, and ten annotators' votes for each. Where to get them:
      FER2013  https://www.kaggle.com/datasets/deadskull7/fer2013 (fer2013.csv), or icml_face_data.csv of
               https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge
      FER+     https://github.com/microsoft/FERPlus (fer2013new.csv)

    A picture's class is the one with most votes; a tie, or "unknown" first, is uncertain; what is no face is left out.
    Training rows become train.zip, train.csv and train_votes.csv. Public and private test rows become test_kaggle.zip,
    sample_submission.csv and test_votes.csv: the truth of the test pictures, for scoring only; no training reads it.

    example: python -m emofast data ferplus --images fer2013.csv --labels fer2013new.csv --to data/ferplus9"""
    from emofast.data.ferplus import make_ferplus

    console.print(make_ferplus(args.images, args.labels, args.to))


@_command(
    _flag("--only", default="", metavar="NN,NN|all", help="these experiments, e.g. 01,07"),
    _flag("--quick", action="store_true", help="without --only: the tour that a quick run makes"),
    add_data,
    _flag("--flags", metavar="FLAGS", help="print name, what it comes after, and the command with these flags"),
)
def plan(args) -> None:
    """The experiments in the order they run in: each after what it reads.

    example: python -m emofast plan --quick"""
    from emofast.data import open_data
    from emofast.data.competition import mounted
    from emofast.tables import find_table
    from emofast.training.plan import LARGE, picture_size, plan

    large = False
    if not args.only and not args.quick and (args.data or find_table(competition_data(), "train.csv") or mounted()):
        size = picture_size(open_data(args.data))
        large = size >= LARGE
        chosen = "recipes for large photographs, with pretrained weights" if large else "recipes for small pictures"
        print(f"pictures of {size} px (median): {chosen}; the others by --only", file=sys.stderr)
    order = plan(args.only, args.quick, large)
    for planned in order:
        after = ",".join(name for name in planned.after if any(p.name == name for p in order))
        script = f"experiments/{planned.script.name}"
        print(script if args.flags is None else f"{planned.name}\t{after}\t{shlex.join([sys.executable, script])} {args.flags}")


@_command(
    _flag("experiment", metavar="NN", help="the experiment's number"),
    add_data,
    _flag("--trials", type=whole_number, default=20, metavar="N", help="how many; a sweep that was killed goes on"),
    _flag("--quick", action="store_true", help="trials as quick runs"),
    _flag("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train"),
)
def sweep(args) -> None:
    """Try values of an experiment's arguments, chosen by Optuna; every trial is a recorded variant.

    After the flags below, any argument of the experiment with a range LOW..HIGH or a list A,B,C.

    example: python -m emofast sweep 12 --lr 1e-4..1e-2 --drop 0.1,0.3,0.5 --trials 20 --quick"""
    from emofast.training.sweep import sweep

    given = [part for word in args.ranges for part in (word.split("=", 1) if word.startswith("--") else [word])]
    names, values = given[::2], given[1::2]
    if len(names) != len(values) or not all(name.startswith("--") for name in names):
        raise EmofastError("after the experiment come its arguments, each with a range: --lr 1e-4..1e-2, or values: --drop 0.1,0.3.")
    ranges = {name.removeprefix("--").replace("-", "_"): value for name, value in zip(names, values)}
    more = ["--quick"] * args.quick + ["--device", args.device] * (args.device != "auto")
    sweep(args.experiment, args.data, ranges, args.trials, more)


@_command(add_data, _QUICK, _flag("--markdown", type=whole_number, metavar="N", help="print the best N rows as Markdown instead"))
def leaderboard(args) -> None:
    """Table and pictures of all recorded results on a data set.

    Prints the table; writes leaderboard.csv, curves.png, mistakes.csv and mistakes.png beside the results.

    example: python -m emofast leaderboard --data data/skillbox"""
    from emofast.data import open_data
    from emofast.leaderboard import markdown, print_leaderboard, write_leaderboard
    from emofast.training.results import read_results, results_folder

    comp, name = None, args.data
    if name in (None, "sample") or Path(name).is_dir() or not results_folder(name, args.quick).is_dir():
        comp = open_data(name)
        name = comp.name
    else:
        warn(f"no data set at {name}: its recorded results, without mistakes.png")
    folder = results_folder(name, args.quick)
    table = write_leaderboard(folder, comp)
    if args.markdown:
        print(markdown(table, args.markdown))
    else:
        print_leaderboard(table, read_results(folder), f"{name}: recorded experiments")


@_command(add_data, _QUICK)
def submission(args) -> None:
    """Choose the ensemble on validation, record it as 11_ensemble, write submission.csv and check it.

    example: python -m emofast submission --data data/skillbox"""
    from emofast.data import open_data
    from emofast.submission import make_submission
    from emofast.training.results import results_folder

    comp = open_data(args.data)
    make_submission(comp, results_folder(comp.name, args.quick))


@_command(
    _flag("file", nargs="?", type=Path, metavar="FILE", help="what to send (default: the data set's submission.csv)"),
    add_data,
    _QUICK,
    _flag("--message", default="", metavar="TEXT", help="note beside the submission (default: members and validation accuracy)"),
    _flag("--yes", action="store_true", help="send without asking"),
    _flag("--force", action="store_true", help="send a file again that was sent before"),
)
def submit(args) -> int:
    """Send a submission to Kaggle and wait for its score.

    Checks the file, says how many submissions are left today, asks, sends, and writes the score into submissions.csv.

    example: python -m emofast submit --data data/skillbox"""
    from emofast.data import open_data
    from emofast.sending import send_submission
    from emofast.training.results import results_folder

    comp = open_data(args.data)
    path = args.file or results_folder(comp.name, args.quick) / "submission.csv"
    return send_submission(comp, path, args.message, args.yes, args.force)


@_command(
    _flag("experiment", metavar="EXPERIMENT", help="its name in the leaderboard, e.g. 12_small_grey"),
    _flag("--data", required=True, metavar="DIR", help="the data set it was trained on: its folder or the name of that"),
    _flag("--to", type=Path, metavar="DIR", help="folder for the three files (default: artifacts)"),
    _flag("--int8", action="store_true", help="the ONNX model in eight bits: twice as fast; needs the data set's folder"),
    _flag("--mirror", action="store_true", help="look at every face twice, mirrored too: better, and half as fast"),
)
def export(args) -> None:
    """Make a trained experiment the model of webcam.py and trailer.py.

    Write emofast.pkl (fastai learner), emofast.onnx and the model card emofast.json from a trained experiment.

    example: python -m emofast export 12_small_grey --data ferplus9"""
    from emofast.shipping import export

    card = export(args.experiment, args.data, args.to, args.int8, args.mirror)
    console.print(f"exported {card.with_suffix('.pkl')}, {card.with_suffix('.onnx').name} and {card.name}")


@_command(
    _flag("--to", required=True, metavar="ORG/NAME", help="repository on the Hub, made where there is none"),
    _flag("--model", type=Path, metavar="FILE", help="an exported model (default: the shipped one)"),
    _flag("--private", action="store_true", help="let only your account or organisation see it"),
)
def publish(args) -> None:
    """Put the model on the Hugging Face Hub: ONNX, safetensors and its card, no pickle.

    Anybody can then use it: EmotionRecognizer('hf:ORG/NAME'), webcam.py --model hf:ORG/NAME. Sign in first: hf auth login.

    example: python -m emofast publish --to my-team/emofast"""
    from emofast.publishing import publish

    console.print(f"published: {publish(args.to, args.model, args.private)}  read it with --model hf:{args.to}")


@_command(
    _flag("what", help="what to measure",
          choices=("training", "speedrun", "live", "inference", "int8", "video", "moments", "robustness", "season")),
    _flag("--data", metavar="DIR|sample", help="training, speedrun: pictures to train on; robustness, int8: to validate on "
          "(training: the drawn sample by default)"),
    _flag("--model", type=Path, metavar="FILE", help="where a model is measured: this one instead of the shipped"),
    _flag("--clip", type=Path, metavar="FILE", help="live: measure with this film too, beside the drawn ones"),
    _flag("--frames", type=whole_number, default=1800, metavar="N", help="live: how many frames of each clip"),
    _flag("--seeds", type=whole_number, default=200, metavar="N", help="moments: drawn episodes for each number of viewers"),
    _flag("--runs", type=whole_number, default=3, metavar="N", help="speedrun: how often each is trained, with seeds of its own"),
    _flag("--max-rows", type=whole_number, metavar="N", help="robustness, int8: a look at so many pictures, unrecorded"),
)  # fmt: skip
def bench(args) -> None:
    """Measure speed, and accuracy under a webcam's disturbances.

    training: pictures a second, beside stock fastai and beside steps alone
    speedrun: time to accuracy beside stock fastai, an hour a run, needs --data DIR; written to artifacts/bench/speedrun.csv
    live: the webcam view without window and camera, on drawn clips
    inference: milliseconds a face, beside the competition's 0.33 s
    video: an hour of film through the trailer's analysis; written to artifacts/video/speed.csv
    moments: planted moments found, on simulated viewers; written to artifacts/video/moments-study.csv
    int8: the model in eight bits beside itself, needs --data DIR; written to artifacts/bench/int8.csv
    season: what watching costs, and the schedule of 10,000 sessions simulated with it; written to artifacts/season
    robustness: accuracy under disturbances, needs --data DIR; written to artifacts/bench/robustness.csv

    example: python -m emofast bench live"""
    if not args.data and args.what in ("speedrun", "int8", "robustness"):
        raise EmofastError(f"bench {args.what} needs pictures of people; name their data set with --data DIR")
    args.data = args.data or "sample"
    import_module(f"emofast.bench.{args.what}").run(args)


@_command()
def doctor(args) -> int:
    """What is installed, what is missing, which device and precision would be used.

    example: python -m emofast doctor"""
    from emofast.doctor import examine

    return examine()


@_command(
    _flag("table", type=Path, metavar="TABLE", help="sessions.csv, a line for each recording"),
    _flag("--out", type=Path, required=True, metavar="DIR", help="folder for the season"),
    _flag("--length", type=whole_number, default=30, metavar="S", help="seconds of each trailer at most"),
    add_model,
    _DETECTOR,
    add_engine,
)
def season(args) -> int:
    """Many episodes and viewers: a trailer folder for each episode and one page about all of them.

    The table has a line for each recording: episode,viewer,file,offset and optionally group; files are relative to the table,
    offset is the second of the episode at which the recording starts. Killed, the same command goes on; with the table changed
    it does what is new. Several machines: --engine ray --address auto (docs/season.md). Exit code 1 if anything failed.

    example: python -m emofast season sessions.csv --out season"""
    from emofast.season.season import make_season
    from emofast.season.work import Recipe

    recipe = Recipe.of(args.model, args.detector, args.trust, args.length)
    return make_season(args.table, args.out, recipe, args.engine, args.address, args.jobs)


@_command(
    _flag("file", type=Path, metavar="FILE", help="recording of a viewer's face"),
    _flag("--out", type=Path, required=True, metavar="TIMELINE", help="the Parquet file to write; one made from just this is kept"),
    add_model,
    _DETECTOR,
    _flag("--jobs", type=whole_number, metavar="N", help="processes (default: one a core)"),
)
def watch(args) -> None:
    """One recording into its timeline, as a season does it: for array jobs on a cluster without Ray.

    example: python -m emofast watch anna.mp4 --out season/e01/timelines/anna.parquet"""
    from emofast.season.work import Recipe, watch_recording

    watch_recording(args.file, args.out, Recipe.of(args.model, args.detector, args.trust), args.jobs)


@_command(add_app)
def app(args) -> None:
    """Live view, film room, photo and leaderboard in the browser.

    Serves pages on this machine only; the printed address opens them. Films are opened where they lie, nothing is uploaded.

    example: python -m emofast app ~/series"""
    from emofast.app.command import run

    run(args)


def _parser() -> argparse.ArgumentParser:
    about = "Data, results, submission and model of emofast; each COMMAND explains itself with --help."
    parser = Parser(prog="python -m emofast", description=f"{about}\n\nexample: python -m emofast doctor", formatter_class=Help)
    sub = parser.add_subparsers(metavar="COMMAND", required=True)
    about = "Get, draw or check a data set.\n\nexample: python -m emofast data check --data sample"
    data = sub.add_parser("data", help="get, draw or check a data set", description=about, formatter_class=Help)
    groups = {"data": data.add_subparsers(metavar="ACTION", required=True), "": sub}
    # `main` hands these two over before this parser reads their flags
    sub.add_parser("webcam", help="the live view: emofast webcam --help", add_help=False)
    sub.add_parser("trailer", help="an episode and its viewers' recordings into a trailer: emofast trailer --help", add_help=False)
    for run, flags in _COMMANDS:
        group, _, name = run.__name__.rpartition("_")
        about = inspect.getdoc(run)
        first = about.partition("\n")[0].rstrip(".")
        p = groups[group].add_parser(name, help=first[0].lower() + first[1:], description=about, formatter_class=Help)
        p.set_defaults(run=run, error=p.error)
        for add in flags:
            add(p)
    return parser


@exits_cleanly
def main(argv: list[str] | None = None) -> int | None:
    """Run one command; returns its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in ("webcam", "trailer"):
        return getattr(import_module("emofast.programs"), argv[0])(argv[1:], prog=f"python -m emofast {argv[0]}")
    parser = _parser()
    args, rest = parser.parse_known_args(argv)
    if rest and args.run is not sweep:
        args.error(f"unknown argument {rest[0]}")
    args.ranges = rest
    return args.run(args)
