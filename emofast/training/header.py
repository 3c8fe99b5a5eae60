"""The block of measured numbers in an experiment's docstring: written by this tool from `result.json`, by nobody else."""

import textwrap
from pathlib import Path

from emofast import paths
from emofast.console import console, warn
from emofast.training.results import QUICK, Result, read_results

BEGIN = "--- measured (written by the tool from result.json) ---"
END = "--- end of measured ---"


def results_of(experiment: str) -> list[Result]:
    """Full results of an experiment on every data set but the drawn sample, which proves only that the machinery works.

    Of its variants only those that started from other weights: where a machine has no pretrained ones, that is its result.
    """
    sets = [p for p in sorted(paths.artifacts().glob("*")) if p.is_dir() and p.name != "sample" and not p.name.endswith(QUICK)]
    return [r for folder in sets for r in read_results(folder) if r.name.split("+weights=")[0] == experiment]


def header_block(results: list[Result]) -> str:
    """The lines between the markers."""
    return "\n\n".join(_paragraph(r) for r in results) if results else "no recorded run yet"


def _paragraph(r: Result) -> str:
    s = r.summary
    scores, n = s["scores"], len(s["seeds"])
    cost = "nothing is trained" if r.is_ensemble else f"weights {r.weights}, {r.epochs} epochs"
    low, high = scores["accuracy_interval"]
    noise = f"± {scores['accuracy_spread']:.4f} over {n} seeds" if n > 1 else f"95 % interval {low:.4f} to {high:.4f}, one seed"
    lines = [
        f"data set {s['data']}, {s['valid_rows']} validation pictures, {cost}",
        f"accuracy {scores['accuracy']:.4f} ({noise}), with flip TTA {scores['accuracy_tta']:.4f}",
        f"macro F1 {scores['macro_f1']:.4f} (with TTA {scores['macro_f1_tta']:.4f}), calibration error {scores['calibration_error']:.4f}",
    ]
    optional = {
        "ferplus": "FER+ protocol with TTA: accuracy {accuracy:.4f}, macro F1 {macro_f1:.4f} ({rows} pictures, eight classes)",
        "votes": "votes: JS divergence {js:.4f}, Spearman of entropies {spearman:.3f}, AUROC of uncertain {auroc_uncertain:.3f}\n"
                 "uncertain: {uncertain_found:.0%} found by entropy at 5 % false alarms",
    }  # fmt: skip
    lines += [text.format(**scores[name]) for name, text in optional.items() if name in scores]
    if "ccc" in scores:
        agreement = "CCC valence {:.3f}, arousal {:.3f}; RMSE {:.3f}, {:.3f}".format(*scores["ccc"], *scores["rmse"])
        lines.append(f"against {s['va_truth']}: {agreement}")
    if "accuracy_nearest_centre" in scores:
        lines.append(f"decoded by nearest centre: accuracy {scores['accuracy_nearest_centre']:.4f}")
    versions = ", ".join(f"{k} {v}" for k, v in s["versions"].items() if k != "numpy")
    if "members" in s:
        members = ", ".join(f"{weight:.0%} {name}" for name, weight in s["members"].items())
        lines += textwrap.wrap(f"members: {members}", 130, break_on_hyphens=False)
    lines += [
        f"{s['parameters'] / 1e6:.2f} M parameters, {s['ms_per_face_cpu']:.1f} ms per face on one CPU thread, "
        f"trained in {s['train_seconds'] / 60:.0f} min a seed",
        f"{s['hardware']}, {s['precision']}",
        f"{versions}; {s['date']}",
    ]
    if "carried" in s:
        lines += textwrap.wrap(s["carried"], 130, break_on_hyphens=False)
    return "\n".join(lines)


def refresh_header(source: Path) -> None:
    """Write the block into the script's docstring.

    Left alone, told: a script without the two marker lines, and one whose results lie elsewhere than in the `artifacts/`
    beside its folder (`$EMOFAST_ARTIFACTS`): its header speaks of the results that are committed with it.
    """
    if paths.artifacts().resolve() != source.resolve().parents[1] / "artifacts":
        console.print(f"results lie in {paths.artifacts()}: the header of {source.name} is left as it is")
        return
    before, begin, rest = source.read_text(encoding="utf-8").partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    if not end:
        warn(f"{source} has no lines {BEGIN!r} and {END!r} in its docstring: its measured numbers are in result.json only")
        return
    block = f"{header_block(results_of(source.stem))}\n"
    if not rest.startswith(block + END):
        with paths.atomic_write(source) as partial:
            partial.write_text(f"{before}{begin}{block}{end}{after}", encoding="utf-8")
