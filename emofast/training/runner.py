"""`@experiment`: a function that returns a Learner becomes a script with flags, seeds, resume and a recorded result."""

import argparse
import errno
import functools
import inspect
import json
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import torch
from fastai.callback.core import Callback
from fastai.callback.progress import ProgressCallback
from fastai.learner import Learner, defaults
from fastai.torch_core import default_device, set_seed
from fastcore.docments import docments
from filelock import FileLock, Timeout

from emofast import paths
from emofast.arguments import Help, Parser, add_data, whole_number
from emofast.console import console, warn
from emofast.data import Competition, open_data
from emofast.errors import EmofastError, NoWeights, exits_cleanly
from emofast.nets.pretrained import FACES, IMAGENET
from emofast.training.distributed import is_first, take_device, together, wait_for_all
from emofast.training.header import refresh_header
from emofast.training.lr_find import find_rate
from emofast.training.precision import choose_device, choose_precision
from emofast.training.progress import EpochProgress
from emofast.training.recipes import shipped_teacher
from emofast.training.record import SeedResult, finished_seed, record, seed_result
from emofast.training.results import Result, code_hash, package_hash, results_folder, used_results, variant_name
from emofast.training.resume import Checkpoint, Session

QUICK, QUICK_ROWS = {"epochs": 10, "size": 32}, 5000
"""A quick run: few pictures, and small, often enough to learn something from them in a minute."""


CHECKPOINTS = 2
"""Raise when a run that is half way cannot go on with the new code."""


def experiment(after: Sequence[str] = (), quick: dict | None = None, tour: bool = False, large: bool = False):
    """Decorate a function whose first argument is the data set, whose others are hyper-parameters, and which returns a Learner.

    `after`: experiments whose results it reads; it runs after them, and is out of date when one of them is recorded anew.
    `quick`: arguments of a quick run (default: 10 epochs at 32 px). `tour`: part of `./run_all.sh --quick`.
    `large`: made for photographs of 200 px and more; `./run_all.sh` chooses by what the data set has (`emofast.training.plan`).
    """
    return lambda function: Experiment(function, tuple(after), quick, tour, large)


class Experiment:
    """What `@experiment` makes. Called, it trains and returns the Learner, and records nothing; `main` is the script's command."""

    def __init__(self, function: Callable[..., Learner], after: tuple[str, ...], quick: dict | None, tour: bool, large: bool):
        functools.update_wrapper(self, function)
        self.function, self.after, self.tour, self.large = function, after, tour, large
        self.script = Path(inspect.getfile(function)).resolve()
        self.name = self.script.stem
        _, *parameters = inspect.signature(function).parameters.values()
        self.defaults = {p.name: p.default for p in parameters}
        self.quick = {k: v for k, v in QUICK.items() if k in self.defaults} if quick is None else quick

    def __call__(self, data: Competition | str | Path | None = None, **arguments) -> Learner:
        return self.function(open_data(data), **arguments)

    def main(self, argv: list[str] | None = None) -> None:
        """Run as a command, and exit with its status."""
        sys.exit(exits_cleanly(self._command)(argv))

    def _command(self, argv: list[str] | None) -> None:
        parser = self._parser()
        args, unknown = parser.parse_known_args(argv)
        if unknown:
            near = get_close_matches(unknown[0].split("=")[0], parser._option_string_actions, n=1, cutoff=0.5)
            parser.error(f"unknown argument {unknown[0]}" + (f"; did you mean {near[0]}?" if near else ""))
        args = vars(args)
        data = open_data(args["data"])
        if args["quick"]:
            data = replace(data, max_rows=QUICK_ROWS)
        given = {name: args[name] for name in self.defaults if args[name] is not None}
        if "weights" not in self.defaults and args["weights"] not in (None, "none"):
            warn(f"{self.name} has no argument weights: it starts from nothing, whatever --weights says")
        if (faces := self.defaults.get("weights")) in FACES and given.get("weights") == IMAGENET:  # run_all.sh gives it to all
            warn(f"{self.name} starts from {faces}'s faces, for whose network there are no ImageNet weights")
            del given["weights"]
        plain = {**self.defaults, **(self.quick if args["quick"] else {})}
        take_device(choose_device(args["device"]))
        way = _Run.find_rate if args["lr_find"] else _Run.go
        try:
            way(_Run(self, data, plain, given, args))
        except NoWeights as e:
            if "weights" in given:
                raise
            warn(f"{e} This run starts from nothing and is recorded as a variant of that name.")
            way(_Run(self, data, plain, {**given, "weights": "none"}, args))

    def _parser(self) -> Parser:
        doc = (self.function.__globals__["__doc__"] or self.function.__doc__ or "").strip()
        p = Parser(
            description=doc.splitlines()[0] if doc else None,
            epilog=f"example: python experiments/{self.script.name} --data sample --quick",
            formatter_class=Help,
        )
        add_data(p)
        p.add_argument("--seed", type=int, default=42, help="first seed; the same seed gives the same numbers on the same machine")
        p.add_argument("--seeds", type=whole_number, default=1, metavar="N", help="how many, from --seed up; N > 1 states the spread")
        p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train; auto takes a GPU if there is one")
        look = f"a look, in {_words(self.quick)} on at most {QUICK_ROWS} pictures, recorded apart"
        p.add_argument("--quick", action="store_true", help=look)
        p.add_argument("--resume", action="store_true", help="go on where a killed run stopped; do nothing where the result is recorded")
        p.add_argument("--lr-find", action="store_true", help="fastai's lr_find instead of training: suggestions, and a plot")
        p.add_argument("--callback", action="append", default=[], metavar="MODULE:CLASS", help="add a fastai callback to every fit, "
                       "e.g. fastai.callback.wandb:WandbCallback; may be given several times")  # fmt: skip
        if "weights" not in self.defaults:
            p.add_argument("--weights", help=argparse.SUPPRESS)
        group = p.add_argument_group("hyper-parameters", "another value than the script's own is a variant, recorded beside it")
        comments, kinds = docments(self.function), self.kinds
        for name, default in self.defaults.items():
            kind = kinds[name]
            parse = {"type": whole_number if kind is int and name in ("epochs", "bs", "size") else kind, "metavar": kind.__name__.upper()}
            parse = {"action": argparse.BooleanOptionalAction} if kind is bool else parse
            group.add_argument("--" + name.replace("_", "-"), help=f"{comments.get(name) or name} (default: {default})", **parse)
        return p

    @property
    def kinds(self) -> dict[str, type]:
        """Of each argument the type of its flag: as annotated, else its default's. Raises `EmofastError` for one that no flag can have."""
        hints = get_type_hints(self.function)
        kinds = {name: hints.get(name, type(default)) for name, default in self.defaults.items()}
        for name, kind in kinds.items():
            if kind not in (int, float, str, bool):
                raise EmofastError(f"{self.script.name}: {name} is {kind}; give it a type that a flag can have: int, float, str or bool.")
        return kinds


def _words(arguments: dict) -> str:
    return ", ".join(f"{k} {v}" for k, v in arguments.items()) or "full length"


def _callback(name: str) -> type[Callback]:
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as e:
        raise EmofastError(f"--callback {name} cannot be loaded ({e}); give MODULE:CLASS of an installed package.") from None


def load_experiment(which: str) -> Experiment:
    """The experiment of experiments/ whose file name begins with `which`, e.g. "12". Raises `EmofastError` where there is none."""
    scripts = sorted((paths.PROJECT / "experiments").glob(f"{which}*.py"))
    if len(scripts) != 1:
        there = " ".join(s.stem for s in sorted((paths.PROJECT / "experiments").glob("[0-9]*.py")))
        raise EmofastError(f"{which!r} names {len(scripts)} scripts in experiments/; there are: {there}.")
    found = experiment_of(scripts[0])
    if not found:
        raise EmofastError(f"{scripts[0].name} trains nothing; it has no function with @experiment.")
    return found


def experiment_of(script: Path) -> Experiment | None:
    """What `@experiment` has made in a script; None where it stands on no function. Raises `EmofastError` for a script that fails."""
    sys.path.insert(0, str(script.parent))  # as when it is started
    try:
        with redirect_stdout(sys.stderr):
            return next((v for v in runpy.run_path(str(script)).values() if isinstance(v, Experiment)), None)
    except (Exception, SystemExit) as e:
        raise EmofastError(f"{script} cannot be loaded ({type(e).__name__}: {e}); mend it or move it out of experiments/.") from e
    finally:
        sys.path.remove(str(script.parent))


class _Run:
    """One call of a script: its seeds trained, or taken from where a killed run left them, and recorded."""

    def __init__(self, exp: Experiment, data: Competition, plain: dict, given: dict, args: dict):
        self.exp, self.data, self.arguments = exp, data, {**plain, **given}
        self.quick, self.resume, self.device = args["quick"], args["resume"], default_device()
        self.seeds = list(range(args["seed"], args["seed"] + args["seeds"]))
        self.extra = [_callback(name) for name in args["callback"]]
        more = {"callback": ",".join(c.__name__ for c in self.extra)} if self.extra else {}
        self.name = variant_name(exp.name, plain, given | more)
        self.folder = results_folder(data.name, self.quick) / self.name
        self.checkpoints = self.folder / "checkpoints"
        self.source, self.package = exp.script.read_bytes(), package_hash()
        recorded = dict(self.arguments)
        if (weights := Path(recorded.get("weights", ""))).is_file():  # its name and contents, not where it lies on this machine
            recorded["weights"] = f"{weights.name}:{paths.sha256(weights)[:12]}"
        settings = {"arguments": recorded, "quick": self.quick, "seeds": self.seeds, **more}
        self.key = {"code": code_hash(exp.script), "data_fingerprint": data.fingerprint, "settings": settings}
        if exp.after:
            self.key["uses"] = used_results(self.folder.parent, exp.after)
        self.teacher = {"teacher": shipped_teacher()} if "distill_shipped" in exp.function.__code__.co_names else {}

    def find_rate(self) -> None:
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        set_seed(self.seeds[0], reproducible=True)
        find_rate(self._call, self.folder.parent / self.exp.name)

    def go(self) -> None:
        if self.resume and self._recorded():
            return
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        if not is_first():  # the first process clears, tells and records
            wait_for_all()
            self._seeds()
            return
        try:
            lock = FileLock(self.checkpoints / ".lock", timeout=0).acquire()
        except Timeout:
            raise EmofastError(f"{self.name} is already running on {self.data.name}; wait for it, or stop it first.") from None
        with lock:
            self._begin()
            console.print(f"{self.name} on {self.data.name}: {self.device.type}, {choose_precision(self.device)}, "
                          f"{_words(self.arguments)}, seeds {self.seeds}")  # fmt: skip
            wait_for_all()
            self._record(self._seeds())

    def _seeds(self) -> list[SeedResult | None]:
        return [finished_seed(self.checkpoints, seed) or self._train(seed) for seed in self.seeds]

    def _recorded(self) -> bool:
        if not (self.folder / "result.json").is_file():
            return False
        summary = Result(self.folder).summary
        if any(summary.get(k) != v for k, v in self.key.items()):
            return False
        console.print(f"{self.name}: recorded for the same code, data and settings, "
                      f"accuracy {summary['scores']['accuracy_tta']:.4f}; skipped")  # fmt: skip
        if any(summary.get(k) != v for k, v in self.teacher.items()):
            warn(f"{self.name} was taught by another shipped model ({summary.get('teacher')}); without --resume it learns from today's")
        return True

    def _record(self, seeds: list[SeedResult]) -> None:
        key = {**self.key, **self.teacher, "package": self.package}
        summary = record(self.exp.script, self.source, self.data, key, self.folder, seeds, choose_precision(self.device))
        if not self.quick and self.data.name != "sample":
            refresh_header(self.exp.script)
        scores = summary["scores"]
        console.print(f"{self.name}: accuracy {scores['accuracy']:.4f}, with flip TTA {scores['accuracy_tta']:.4f}, macro F1 "
                      f"{scores['macro_f1_tta']:.4f} on {summary['valid_rows']} validation pictures, in {self.folder}")  # fmt: skip

    def _begin(self) -> None:
        """Clear what checkpoints of other code, data or settings there are; note what this run is."""
        note = self.checkpoints / "run.json"
        settings = {k: v for k, v in self.key["settings"].items() if k != "seeds"}
        key = {**self.key, **self.teacher, "settings": settings, "format": CHECKPOINTS}
        begun = json.loads(note.read_text()) if self.resume and note.is_file() else {}
        package = begun.pop("package", None)
        if begun == key:
            if package.split(", ")[-1] == self.package:
                self.package = package
                return
            warn(f"{self.checkpoints} was begun with another version of the training code: its result will mix the two")
            self.package = f"{package}, {self.package}"
        else:
            if begun:
                warn(f"{self.checkpoints} is of other code, data or settings: starting anew")
            elif any(self.checkpoints.glob("seed*.fit*.pt")):
                warn(f"starting anew: the epochs of an unfinished run in {self.checkpoints} are discarded; --resume would have gone on")
            for old in self.checkpoints.glob("seed*"):
                old.unlink()
        with paths.atomic_write(note) as partial:
            partial.write_text(json.dumps({**key, "package": self.package}))

    def _train(self, seed: int) -> SeedResult | None:
        session = Session(self.checkpoints, seed)
        set_seed(seed, reproducible=True)
        with _fits_of(session, self.extra), together():
            learn = self._call()
        if not isinstance(learn, Learner):
            raise EmofastError(
                f"{self.exp.script.name}: {self.exp.function.__name__} returned {type(learn).__name__} and must return the Learner: end it "
                "with `return learn`; what it has trained is kept, the same command with --resume takes it up."
            )
        learn.remove_cbs(self.extra)
        return seed_result(learn, self.data, session) if is_first() else None

    def _call(self) -> Learner:
        """The experiment's Learner; an exception as one sentence that says where in the experiment it came from."""
        try:
            return self.exp.function(self.data, **self.arguments)
        except EmofastError:
            raise
        except Exception as e:
            if getattr(e, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                raise
            if isinstance(e, torch.OutOfMemoryError) or "not enough memory" in str(e):
                bs = self.arguments.get("bs")
                way = f"try --bs {max(bs // 2, 1)} instead of {bs}" if bs else "use smaller pictures or batches"
                raise EmofastError(f"{self.name} ran out of memory on {self.device.type}: {way}.") from None
            log = self.checkpoints / "run.log"
            with log.open("a", encoding="utf-8") as file:
                traceback.print_exc(file=file)
            frames = [f for f in traceback.extract_tb(e.__traceback__) if Path(f.filename).resolve() == self.exp.script]
            place = f"line {frames[-1].lineno}: {frames[-1].line}" if frames else self.exp.function.__name__
            said = f"{self.exp.script.name}, {place}: {type(e).__name__}: {e}; the whole traceback is in {log}"
            raise EmofastError(said) from None


@contextmanager
def _fits_of(session: Session, extra: list[type[Callback]]) -> Iterator[None]:
    """Every Learner made inside gets our callbacks, by fastai's own list of default ones; its bar is replaced by plain lines. They are told
    where a fit begins by the method that goes through its epochs: fastai's events are the same where it only validates."""
    before, epochs = list(defaults.callbacks), Learner._do_fit

    def told(learn: Learner) -> None:
        for callback in learn.cbs.sorted("order"):
            if isinstance(callback, Checkpoint | EpochProgress) and not hasattr(learn, "lr_finder"):
                callback.begin()
        epochs(learn)

    defaults.callbacks[:] = [c for c in before if c is not ProgressCallback] + [Checkpoint, EpochProgress, *extra]
    Checkpoint.session, Learner._do_fit = session, told
    try:
        with session.bar:
            yield
    finally:
        Checkpoint.session, Learner._do_fit = None, epochs
        defaults.callbacks[:] = before
