"""`python -m emofast COMMAND`: one parser; each command imports its room only when it runs, so `--help` is instant."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from emofast.arguments import Help, Parser, add_data, add_engine, add_model, whole_number
from emofast.errors import exits_cleanly
from emofast.paths import PROJECT


def _command(sub, name: str, run, help: str, example: str, description: str = "") -> argparse.ArgumentParser:
    """Add a subcommand whose `args.run(args)` returns an exit status or None."""
    text = description or f"{help[0].upper()}{help[1:]}."
    p = sub.add_parser(name, help=help, description=f"{text}\n\nexample: {example}", formatter_class=Help)
    p.set_defaults(run=run)
    return p


def _add_data(sub) -> None:
    about = "Get, draw or check a data set.\n\nexample: python -m emofast data check --data sample"
    data = sub.add_parser("data", help="get, draw or check a data set", description=about, formatter_class=Help)
    data = data.add_subparsers(metavar="ACTION", required=True)

    def sample(args) -> None:
        from emofast.console import console
        from emofast.sample import write_sample

        folder = write_sample(args.to, seed=args.seed, train=args.train, test=args.test)
        console.print(f"Drew {args.train} training and {args.test} test pictures into {folder} (seed {args.seed}).")

    p = _command(data, "sample", sample, "draw the sample data set: the competition's layout, no download",
                 "python -m emofast data sample --to data/mine --seed 7")  # fmt: skip
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="new folder for the data set")
    p.add_argument("--seed", type=int, default=42, help="same seed, same pictures")
    p.add_argument("--train", type=int, default=5500, metavar="N", help="how many training pictures")
    p.add_argument("--test", type=int, default=300, metavar="N", help="how many test pictures")

    def check(args) -> None:
        from emofast.data import check_data, open_data
        from emofast.data.check import print_report

        print_report(check_data(open_data(args.data)))

    p = _command(data, "check", check, "look for missing, unreadable, extra and doubled pictures before training",
                 "python -m emofast data check --data data/skillbox")  # fmt: skip
    add_data(p)
    _add_download(data)
    _add_ferplus(data)


def _add_download(data) -> None:
    def run(args) -> None:
        from emofast.data import check_data, read_competition
        from emofast.data.check import print_report
        from emofast.data.download import download_data

        download_data(args.to, args.train_url, args.test_url)
        print_report(check_data(read_competition(args.to)))

    p = _command(
        data,
        "download",
        run,
        "get the competition's data and check it; goes on with a broken download",
        "python -m emofast data download --to data/skillbox",
        "Tables from Kaggle, pictures (2.5 GB) from Google Drive; what lies in the folder already is verified and kept.",
    )
    p.add_argument("--to", type=Path, default=PROJECT / "data" / "skillbox", metavar="DIR", help="folder of the data set")
    p.add_argument("--train-url", metavar="URL", help="another place of train.zip, plain or on Google Drive")
    p.add_argument("--test-url", metavar="URL", help="another place of test_kaggle.zip")


def _add_ferplus(data) -> None:
    def run(args) -> None:
        from emofast.console import console
        from emofast.data.ferplus import make_ferplus

        console.print(make_ferplus(args.images, args.labels, args.to))

    p = _command(data, "ferplus", run, "make a data set in the competition's layout from FER2013 and the FER+ votes, both public",
                 "python -m emofast data ferplus --images fer2013.csv --labels fer2013new.csv --to data/ferplus9", _FERPLUS)  # fmt: skip
    p.add_argument("--images", type=Path, required=True, metavar="FILE", help="FER2013: fer2013.csv or icml_face_data.csv, 300 MB")
    p.add_argument("--labels", type=Path, required=True, metavar="FILE", help="FER+: fer2013new.csv, 2 MB")
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="new folder for the data set; its name is its name in results")


_FERPLUS = """\
Makes a data set in the competition's layout from public files: 35,887 photographs of 48 x 48 px, grey, and ten annotators' votes for each.

Where to get them:
  FER2013  https://www.kaggle.com/datasets/deadskull7/fer2013 (fer2013.csv), or icml_face_data.csv of
           https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge
  FER+     https://github.com/microsoft/FERPlus (fer2013new.csv)

A picture's class is the one with most votes; a tie, or "unknown" first, is uncertain; what is no face is left out.
Training rows become train.zip, train.csv and train_votes.csv. Public and private test rows become test_kaggle.zip,
sample_submission.csv and test_votes.csv: the truth of the test pictures, for scoring only; no training reads it."""


def _add_leaderboard(sub) -> None:
    def run(args) -> None:
        from emofast.console import warn
        from emofast.data import open_data
        from emofast.leaderboard import markdown, print_leaderboard, write_leaderboard
        from emofast.training.results import results_folder

        recorded_only = args.data and not Path(args.data).is_dir() and results_folder(args.data, args.quick).is_dir()
        if recorded_only and args.data != "sample":
            warn(f"no data set at {args.data}: its recorded results, without mistakes.png")
            comp, name = None, args.data
        else:
            comp = open_data(args.data)
            name = comp.name
        table = write_leaderboard(results_folder(name, args.quick), comp)
        if args.markdown:
            print(markdown(table, args.markdown))
        else:
            print_leaderboard(table, f"{name}: recorded experiments")

    p = _command(sub, "leaderboard", run, "table and pictures of all recorded results on a data set",
                 "python -m emofast leaderboard --data data/skillbox",
                 "Prints the table; writes leaderboard.csv, curves.png, mistakes.csv and mistakes.png beside the results.")  # fmt: skip
    add_data(p)
    _quick_flag(p)
    p.add_argument("--markdown", type=whole_number, metavar="N", help="print the best N rows as Markdown instead")


def _add_programs(sub) -> None:
    """Shown in the help; `main` hands them over before this parser reads their flags."""
    sub.add_parser("webcam", help="the live view: emofast webcam --help", add_help=False)
    sub.add_parser("trailer", help="an episode and its viewers' recordings into a trailer: emofast trailer --help", add_help=False)


def _add_plan(sub) -> None:
    def run(args) -> None:
        from emofast.data import open_data
        from emofast.training.plan import LARGE, picture_size, plan

        large = False
        if args.data and not args.only and not args.quick:
            size = picture_size(open_data(args.data))
            large = size >= LARGE
            chosen = "recipes for large photographs, with pretrained weights" if large else "recipes for small pictures"
            print(f"pictures of {size} px (median): {chosen}; the others by --only", file=sys.stderr)
        order = plan(args.only, args.quick, large)
        for planned in order:
            after = ",".join(name for name in planned.after if any(p.name == name for p in order))
            script = f"experiments/{planned.script.name}"
            command = shlex.join([sys.executable, script]) + f" {args.flags}"
            print(script if args.flags is None else f"{planned.name}\t{after}\t{command}")

    p = _command(sub, "plan", run, "the experiments in the order they run in: each after what it reads", "python -m emofast plan --quick")
    p.add_argument("--only", default="", metavar="NN,NN|all", help="these experiments, e.g. 01,07")
    p.add_argument("--quick", action="store_true", help="without --only: the tour that a quick run makes")
    add_data(p)
    p.add_argument("--flags", metavar="FLAGS", help="print name, what it comes after, and the command with these flags")


def _add_sweep(sub) -> None:
    def run(args) -> None:
        from emofast.training.sweep import sweep

        ranges = dict(zip((name.removeprefix("--").replace("-", "_") for name in args.ranges[::2]), args.ranges[1::2]))
        more = [flag for flag, given in (("--quick", args.quick), ("--device", args.device != "auto")) if given]
        more += [args.device] if args.device != "auto" else []
        sweep(args.experiment, args.data, ranges, args.trials, more)

    p = _command(sub, "sweep", run, "try values of an experiment's arguments, chosen by Optuna; every trial is a recorded variant",
                 "python -m emofast sweep 12 --lr 1e-4..1e-2 --drop 0.1,0.3,0.5 --trials 20 --quick",
                 "After the flags below, any argument of the experiment with a range LOW..HIGH or a list A,B,C.")  # fmt: skip
    p.add_argument("experiment", metavar="NN", help="the experiment's number")
    add_data(p)
    p.add_argument("--trials", type=whole_number, default=20, metavar="N", help="how many; a sweep that was killed goes on")
    p.add_argument("--quick", action="store_true", help="trials as quick runs")
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    p.set_defaults(takes_ranges=True)


def _add_submission(sub) -> None:
    def run(args) -> None:
        from emofast.console import console
        from emofast.data import open_data
        from emofast.submission import check_submission, make_submission
        from emofast.training.results import results_folder

        comp = open_data(args.data)
        if args.check is None:
            make_submission(comp, results_folder(comp.name, args.quick))
        else:
            check_submission(args.check, comp)
            console.print(f"{args.check}: {len(comp.test_ids)} rows, every id once and in order, known classes only")

    p = _command(sub, "submission", run, "choose the ensemble on validation, record it as 11_ensemble, write submission.csv and check it",
                 "python -m emofast submission --data data/skillbox")  # fmt: skip
    add_data(p)
    _quick_flag(p)
    p.add_argument("--check", type=Path, metavar="FILE", help="only check this file against the data set")


def _add_submit(sub) -> None:
    def run(args) -> int:
        from emofast.data import open_data
        from emofast.sending import send_submission
        from emofast.training.results import results_folder

        comp = open_data(args.data)
        path = args.file or results_folder(comp.name, args.quick) / "submission.csv"
        return send_submission(comp, path, args.message, args.yes, args.force)

    p = _command(
        sub,
        "submit",
        run,
        "send a submission to Kaggle and wait for its score",
        "python -m emofast submit --data data/skillbox",
        "Checks the file, says how many submissions are left today, asks, sends, and writes the score into submissions.csv.",
    )
    p.add_argument("file", nargs="?", type=Path, metavar="FILE", help="what to send (default: the data set's submission.csv)")
    add_data(p)
    _quick_flag(p)
    p.add_argument("--message", default="", metavar="TEXT", help="note beside the submission (default: members and validation accuracy)")
    p.add_argument("--yes", action="store_true", help="send without asking")
    p.add_argument("--force", action="store_true", help="send a file again that was sent before")


def _quick_flag(p: argparse.ArgumentParser) -> None:
    p.add_argument("--quick", action="store_true", help="take the results of --quick runs")


def _add_doctor(sub) -> None:
    def run(args) -> int:
        from emofast.doctor import examine, examine_hub

        return examine_hub() if args.hub else examine()

    p = _command(
        sub, "doctor", run, "what is installed, what is missing, which device and precision would be used", "python -m emofast doctor"
    )
    p.add_argument("--hub", action="store_true", help="only try whether pretrained weights can be fetched; exit code 1 if not")


def _add_export(sub) -> None:
    def run(args) -> None:
        from emofast.console import console
        from emofast.shipping import export

        card = export(args.experiment, args.data, args.to, **({} if args.margin is None else {"margin": args.margin}))
        console.print(f"exported {card.with_suffix('.pkl')}, {card.with_suffix('.onnx').name} and {card.name}")

    p = _command(sub, "export", run, "make a trained experiment the model of webcam.py and trailer.py",
                 "python -m emofast export 12_small_grey --data ferplus9",
                 "Write emofast.pkl (fastai learner), emofast.onnx and the model card emofast.json from a trained experiment.")  # fmt: skip
    p.add_argument("experiment", metavar="EXPERIMENT", help="its name in the leaderboard, e.g. 12_small_grey")
    p.add_argument("--data", required=True, metavar="NAME", help="the data set it was trained on, as the leaderboard names it")
    p.add_argument("--to", type=Path, metavar="DIR", help="folder for the three files (default: artifacts)")
    p.add_argument("--margin", type=float, metavar="SHARE", help="crop margin, share of dlib's box (default: 0.14, as measured)")


def _add_publish(sub) -> None:
    def run(args) -> None:
        from emofast.console import console
        from emofast.publishing import publish

        console.print(f"published: {publish(args.to, args.model, args.private)}  read it with --model hf:{args.to}")

    p = _command(
        sub,
        "publish",
        run,
        "put the model on the Hugging Face Hub: ONNX, safetensors and its card, no pickle",
        "python -m emofast publish --to my-team/emofast",
        "Anybody can then use it: EmotionRecognizer('hf:ORG/NAME'), webcam.py --model hf:ORG/NAME. Sign in first: hf auth login.",
    )
    p.add_argument("--to", required=True, metavar="ORG/NAME", help="repository on the Hub, made where there is none")
    p.add_argument("--model", type=Path, metavar="FILE", help="an exported model (default: the shipped one)")
    p.add_argument("--private", action="store_true", help="let only your account or organisation see it")


def _add_bench(sub) -> None:
    def run(args) -> None:
        from importlib import import_module

        import_module(f"emofast.bench.{args.what}").run(args)

    what = (
        "training: pictures a second, beside stock fastai and beside steps alone\n"
        "speedrun: time to accuracy beside stock fastai, an hour a run, needs --data DIR; written to artifacts/bench/speedrun.csv\n"
        "live: the webcam view without window and camera, on drawn clips\n"
        "inference: milliseconds a face, beside the competition's 0.33 s\n"
        "video: an hour of film through the trailer's analysis; written to artifacts/video/speed.csv\n"
        "moments: planted moments found, on simulated viewers; written to artifacts/video/moments-study.csv\n"
        "int8: the model in eight bits beside itself, needs --data DIR; written to artifacts/bench/int8.csv\n"
        "season: what watching costs, and the schedule of 10,000 sessions simulated with it; written to artifacts/season\n"
        "robustness: accuracy under disturbances, needs --data DIR; written to artifacts/bench/robustness.csv"
    )
    p = _command(sub, "bench", run, "measure speed, and accuracy under a webcam's disturbances", "python -m emofast bench live", what)
    kinds = ("training", "speedrun", "live", "inference", "int8", "video", "moments", "robustness", "season")
    p.add_argument("what", choices=kinds, help="what to measure")
    p.add_argument("--data", metavar="DIR|sample", default="sample",
                   help="training, speedrun: pictures to train on; robustness, int8: to validate on")  # fmt: skip
    p.add_argument("--model", type=Path, metavar="FILE", help="where a model is measured: this one instead of the shipped")
    p.add_argument("--clip", type=Path, metavar="FILE", help="live: measure with this film too, beside the drawn ones")
    p.add_argument("--frames", type=whole_number, default=1800, metavar="N", help="live: how many frames of each clip")
    p.add_argument("--seeds", type=whole_number, default=200, metavar="N", help="moments: drawn episodes for each number of viewers")
    p.add_argument("--runs", type=whole_number, default=3, metavar="N", help="speedrun: how often each is trained, with seeds of its own")
    p.add_argument("--max-rows", type=whole_number, metavar="N", help="robustness, int8: a look at so many pictures, unrecorded")


def _add_season(sub) -> None:
    def run(args) -> int:
        from emofast.season.season import make_season
        from emofast.season.work import Recipe

        recipe = Recipe.of(args.model, args.detector, args.trust, args.length)
        return make_season(args.table, args.out, recipe, args.engine, args.address, args.jobs)

    p = _command(
        sub,
        "season",
        run,
        "many episodes and viewers: a trailer folder for each episode and one page about all of them",
        "python -m emofast season sessions.csv --out season",
        "The table has a line for each recording: episode,viewer,file,offset and optionally group; files are relative to the table,\n"
        "offset is the second of the episode at which the recording starts. Killed, the same command goes on; with the table changed\n"
        "it does what is new. Several machines: --engine ray --address auto (docs/season.md). Exit code 1 if anything failed.",
    )
    p.add_argument("table", type=Path, metavar="TABLE", help="sessions.csv, a line for each recording")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the season")
    p.add_argument("--length", type=whole_number, default=30, metavar="S", help="seconds of each trailer at most")
    add_model(p)
    p.add_argument("--detector", metavar="dlib|centerface", help="what finds faces (default: the one that trailer.py takes)")
    add_engine(p)


def _add_app(sub) -> None:
    from emofast.app.command import add_arguments

    def run(args) -> None:
        from emofast.app.command import run

        run(args)

    p = _command(
        sub,
        "app",
        run,
        "live view, film room, photo and leaderboard in the browser",
        "python -m emofast app ~/series",
        "Serves pages on this machine only; the printed address opens them. Films are opened where they lie, nothing is uploaded.",
    )
    add_arguments(p)


def _parser() -> argparse.ArgumentParser:
    about = "Data, results, submission and model of emofast; each COMMAND explains itself with --help."
    example = "example: python -m emofast doctor"
    parser = Parser(prog="python -m emofast", description=f"{about}\n\n{example}", formatter_class=Help)
    sub = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        _add_data, _add_programs, _add_plan, _add_sweep, _add_leaderboard, _add_submission, _add_submit, _add_export, _add_publish,
        _add_bench, _add_doctor, _add_season, _add_app,
    ):  # fmt: skip
        add(sub)
    return parser


@exits_cleanly
def main(argv: list[str] | None = None) -> int | None:
    """Run one command; returns its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in ("webcam", "trailer"):
        from emofast import programs

        return getattr(programs, argv[0])(argv[1:])
    parser = _parser()
    args, rest = parser.parse_known_args(argv)
    if rest and not (getattr(args, "takes_ranges", False) and len(rest) % 2 == 0 and all(r.startswith("--") for r in rest[::2])):
        parser.error(f"unknown argument {rest[0]}")
    args.ranges = rest
    return args.run(args)
