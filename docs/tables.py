"""The tables of the READMEs that come from records and headers; nothing between their marker lines is written by hand.

python docs/tables.py            write them anew
python docs/tables.py --check    exit code 1 where a README differs from the records
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys

import numpy as np
import pandas as pd

from emofast.emotions import EMOTIONS, TABLE
from emofast.paths import PROJECT, atomic_write
from emofast.training.calibration import tempered
from emofast.training.metrics import calibration_error, recalls

__all__ = ["READMES", "blocks", "refreshed", "write_tables"]

DATA = "ferplus9"
"""The data set of photographs whose results are committed."""

ARTIFACTS = PROJECT / "artifacts"
READMES = {"README.md": "en", "README.ru.md": "ru", "experiments/README.md": "en"}

_MARKED = re.compile(r"(<!-- begin (\w+): written by docs/tables\.py -->\n).*?(<!-- end \2 -->)", re.DOTALL)
_LEADERBOARD = {
    "en": "experiment|accuracy|±|seeds|flip TTA|macro F1|FER+ protocol|M parameters|ms per face|minutes|epochs",
    "ru": "эксперимент|точность|±|зёрен|с отражением|macro F1|протокол FER+|млн параметров|мс на лицо|минут|эпох",
}
_SUBMISSION = {
    "en": "Submission: {members}; validation accuracy {accuracy}, chosen on one half of the rows and scored on the other.",
    "ru": "Ответ для Kaggle: {members}; точность на валидации {accuracy} (состав выбран на одной половине строк, оценён на другой).",
}
_MODEL = {
    "en": "Shipped: experiment {experiment} on `{data}`, {architecture}, {parameters:.2f} M parameters, input {size} px {colour}, "
    "temperature {temperature:.2f}, exported {exported}. Accuracy over nine classes {accuracy} (95 % {low} to {high}) on {on}; "
    "calibration error {before} as trained, {after} with the temperature. Most often mistaken: {confusions}.",
    "ru": "В поставке: эксперимент {experiment} на `{data}`, {architecture}, {parameters:.2f} млн параметров, вход {size} пикселей, "
    "{colour}, температура {temperature:.2f}, экспорт {exported}. Точность по девяти классам {accuracy} (95 % интервал {low}–{high}) "
    "на {rows} картинках валидации без отражения; ошибка калибровки {before} после обучения, {after} с температурой. "
    "Чаще всего путает: {confusions}.",
}
_COLOUR = {"en": {1: "grey", 3: "colour"}, "ru": {1: "оттенки серого", 3: "цвет"}}
_CLASSES = {"en": ("class", "pictures", "recall"), "ru": ("класс", "картинок", "полнота")}
_CONFUSIONS = 4  # of the most frequent ones that are named
_ROBUSTNESS = "disturbance|strength|accuracy|95 %|change|FER+ protocol|calibration error"


def blocks(language: str) -> dict[str, str]:
    """Markdown of each block by its name; `language`: en or ru."""
    return {"leaderboard": _leaderboard(language), "model": _model(language), "robustness": _robustness(), "lineage": _lineage()}


def refreshed(text: str, language: str) -> str:
    """`text` with every marked block written anew. Raises `KeyError` for a block nobody writes."""
    made = blocks(language)
    return _MARKED.sub(lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", text)


def write_tables() -> list[str]:
    """Bring the READMEs up to date; returns the names of those that changed."""
    changed = []
    for name, language in READMES.items():
        text = (PROJECT / name).read_text(encoding="utf-8")
        new = refreshed(text, language)
        if new != text:
            changed.append(name)
            with atomic_write(PROJECT / name) as partial:
                partial.write_text(new, encoding="utf-8")
    return changed


def _leaderboard(language: str) -> str:
    table = pd.read_csv(ARTIFACTS / DATA / "leaderboard.csv")
    rows = [
        (
            _script(r.experiment),
            _share(r.accuracy),
            _share(r.noise),
            r.runs,
            f"**{_share(r.accuracy_tta)}**" if i == 0 else _share(r.accuracy_tta),
            _share(r.macro_f1_tta),
            _share(r.ferplus_tta),
            f"{r.parameters_m:.2f}",
            f"{r.ms_per_face_cpu:.1f}",
            f"{r.train_minutes:.0f}",
            r.epochs,
        )
        for i, r in enumerate(table.itertuples())
    ]
    chosen = json.loads((ARTIFACTS / DATA / "submission.json").read_text(encoding="utf-8"))
    members = ", ".join(f"{share:.0%} {_script(name)}" for name, share in chosen["members"].items())
    sentence = _SUBMISSION[language].format(members=members, accuracy=_share(chosen["validation_accuracy"]))
    return f"{_markdown(_LEADERBOARD[language].split('|'), rows)}\n\n{sentence}"


def _model(language: str) -> str:
    card = json.loads((ARTIFACTS / "emofast.json").read_text(encoding="utf-8"))
    with np.load(ARTIFACTS / card["training_data"] / card["experiment"] / "valid.npz") as kept:
        raw, labels = kept["per_seed"][-1].astype(np.float64), kept["labels"]  # the network that was exported, without TTA
    after = card.get("calibration_error", calibration_error(tempered(raw, card["temperature"]), labels))  # older cards have none
    low, high = card["accuracy_95"]
    names = {e.name: e.russian if language == "ru" else e.name for e in TABLE}
    sentence = _MODEL[language].format(
        experiment=_script(card["experiment"]),
        data=card["training_data"],
        architecture=card["architecture"],
        parameters=card["parameters"] / 1e6,
        size=card["input"]["size"],
        colour=_COLOUR[language][card["input"]["channels"]],
        temperature=card["temperature"],
        exported=card["exported"],
        accuracy=_share(card["accuracy"]),
        low=_share(low),
        high=_share(high),
        on=card["accuracy_on"],
        rows=len(labels),
        before=_share(calibration_error(raw, labels), 3),
        after=_share(after, 3),
        confusions=_confusions(raw, labels, names),
    )
    recall, pictures = recalls(raw, labels), np.bincount(labels, minlength=len(EMOTIONS))
    header, *lines = _CLASSES[language]
    rows = [(lines[0], *pictures.tolist()), (lines[1], *("" if recall[e] is None else _share(recall[e], 2) for e in EMOTIONS))]
    return f"{sentence}\n\n{_markdown([header, *(names[e] for e in EMOTIONS)], rows)}"


def _confusions(probabilities: np.ndarray, labels: np.ndarray, names: dict[str, str]) -> str:
    """The likeliest mistakes, as `fear → surprise 31 %` of all fearful faces."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)))
    np.add.at(counts, (labels, probabilities.argmax(1)), 1)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    np.fill_diagonal(share, 0)
    worst = np.argsort(-share, axis=None, kind="stable")[:_CONFUSIONS]
    pairs = [(k // len(EMOTIONS), k % len(EMOTIONS)) for k in worst]
    return ", ".join(f"{names[EMOTIONS[i]]} → {names[EMOTIONS[j]]} {share[i, j]:.0%}" for i, j in pairs)


def _robustness() -> str:
    command = f"python -m emofast bench robustness --data {DATA}"
    path = ARTIFACTS / "bench" / "robustness.csv"
    if not path.is_file():
        return f"Not recorded yet; `{command}` measures it."
    made = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    shipped = json.loads((ARTIFACTS / "emofast.json").read_text(encoding="utf-8"))["sha256"]["emofast.onnx"][:12]
    table = pd.read_csv(path, comment="#", keep_default_na=False)
    rows = [
        (
            r.disturbance,
            r.strength.replace("|", "/"),
            _share(float(r.accuracy), 3),
            f"{_share(float(r.low), 3)} to {_share(float(r.high), 3)}",
            "" if i == 0 else f"{float(r.change):+.3f}".replace("0.", "."),
            _share(float(r.ferplus_accuracy or np.nan), 3),
            _share(float(r.calibration_error), 3),
        )
        for i, r in enumerate(table.itertuples())
    ]
    stale = "" if shipped in made else f" This is the record of an earlier model; `{command}` measures the shipped one."
    return f"{_markdown(_ROBUSTNESS.split('|'), rows)}\n\nRecord: {made}.{stale}"


def _lineage() -> str:
    """What every script is about, by its docstring."""
    rows = []
    for script in sorted((PROJECT / "experiments").glob("[0-9][0-9]_*.py")):
        doc = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
        title = doc.partition("\n")[0].partition(" ")[2]
        parts = [re.search(rf"^{name} +(.+(?:\n {{8,}}.+)*)", doc, re.MULTILINE) for name in ("Descends from", "Changed")]
        rows.append((f"[{script.stem}]({script.name})", title, *(" ".join(p[1].split()) if p else "" for p in parts)))
    return _markdown(["script", "idea", "descends from", "changed"], rows)


def _script(experiment: str) -> str:
    """The experiment's name as a link to its page, where it has one."""
    path = f"experiments/{experiment}.py"
    return f"[{experiment}]({path})" if (PROJECT / path).is_file() else experiment


def _share(value: float, digits: int = 4) -> str:
    """.7904, as the literature writes shares; "" for what is not there."""
    return "" if pd.isna(value) else f"{value:.{digits}f}".removeprefix("0") if value < 1 else f"{value:.{digits}f}"


def _markdown(header: list[str], rows: list[tuple]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main() -> int:
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="example: python docs/tables.py",
    )
    p.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a README differs from the records")
    if not p.parse_args().check:
        print("\n".join(f"{name}: brought up to date" for name in write_tables()) or "the READMEs are up to date")
        return 0
    texts = {name: (PROJECT / name).read_text(encoding="utf-8") for name in READMES}
    stale = [name for name, language in READMES.items() if refreshed(texts[name], language) != texts[name]]
    for name in stale:
        print(f"{name} differs from the records; bring it up to date with: python docs/tables.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
