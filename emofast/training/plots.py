"""Pictures of results, drawn without a display."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from emofast.emotions import EMOTIONS


def confusion_figure(probabilities: np.ndarray, labels: np.ndarray, title: str) -> Figure:
    """Confusion matrix in percent of each true class's rows. `probabilities` [n, 9], `labels` int [n]."""
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
    np.add.at(counts, (labels, probabilities.argmax(1)), 1)
    rows = counts.sum(1, keepdims=True)
    share = 100 * counts / np.maximum(rows, 1)
    figure = Figure(figsize=(7.6, 6.6), layout="constrained")
    ax = figure.subplots()
    ax.imshow(share, cmap="Blues", vmin=0, vmax=100)
    for i, j in np.ndindex(counts.shape):
        if counts[i, j]:
            ax.text(j, i, f"{share[i, j]:.0f}", ha="center", va="center", fontsize=9, color="white" if share[i, j] > 55 else "#334")
    ax.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=40, ha="right")
    ax.set_yticks(range(len(EMOTIONS)), [f"{e}  ({n})" for e, n in zip(EMOTIONS, rows[:, 0])])
    ax.set_xlabel("predicted")
    ax.set_ylabel("true (rows)")
    ax.set_title(f"{title}\n% of each true class, validation", fontsize=11)
    ax.spines[:].set_visible(False)
    return figure
