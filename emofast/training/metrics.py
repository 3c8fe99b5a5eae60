"""How good predictions are: plain numpy on whole sets. Nothing here loads torch."""

import numpy as np
from sklearn.metrics import f1_score, recall_score

from emofast.emotions import EMOTIONS, N

CLASSES = list(range(N))
UNCERTAIN = EMOTIONS.index("uncertain")


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows whose most probable class is the label. `probabilities` [n, 9], `labels` int [n]."""
    return float((probabilities.argmax(1) == labels).mean())


def macro_f1(probabilities: np.ndarray, labels: np.ndarray, classes: list[int] = CLASSES) -> float:
    """Mean F1 of the classes that occur among the labels; a class that is never predicted counts 0."""
    present = [c for c in classes if (labels == c).any()]
    return float(f1_score(labels, probabilities.argmax(1), labels=present, average="macro", zero_division=0))


def recalls(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Recall of each class by name; None for a class without rows."""
    values = recall_score(labels, probabilities.argmax(1), labels=CLASSES, average=None, zero_division=np.nan)
    return {e: None if np.isnan(v) else float(v) for e, v in zip(EMOTIONS, values)}


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: mean gap between confidence and accuracy over equal-width bins of confidence, weighted
    by their rows (Guo et al. 2017, arXiv:1706.04599)."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    rows = np.bincount(which, minlength=bins)
    gap = np.abs(np.bincount(which, confidence, bins) - np.bincount(which, right, bins))
    return float(gap[rows > 0].sum() / len(labels))


def ccc(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Concordance correlation coefficient of each column (Lin 1989); [n, k], [n, k] to [k]; [n], [n] to a number. Two constant columns that
    agree have 1, that differ 0."""
    p, t = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    covariance = ((p - p.mean(0)) * (t - t.mean(0))).mean(0)
    spread = p.var(0) + t.var(0) + (p.mean(0) - t.mean(0)) ** 2
    return np.where(spread > 0, 2 * covariance / np.where(spread > 0, spread, 1), 1.0)[()]


def rmse(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Root mean squared error of each column; [n, k], [n, k] to [k]."""
    return np.sqrt(((np.asarray(predicted, np.float64) - true) ** 2).mean(0))


def bootstrap_interval(right: np.ndarray, draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of a share, by drawing rows with replacement; `right` bool [n]."""
    # The number of successes among n draws with replacement is binomial: no need to draw the rows themselves.
    share = np.random.default_rng(seed).binomial(len(right), right.mean(), draws) / len(right)
    low, high = np.quantile(share, [0.025, 0.975])
    return float(low), float(high)


def ferplus_scores(probabilities: np.ndarray, votes: np.ndarray, annotators: np.ndarray) -> dict[str, float]:
    """`rows`, `accuracy` and `macro_f1` as the FER+ literature scores; zeros where no row is kept.

    Single votes are set to zero; kept are rows whose leading class has more than half of the remaining votes and is not
    `uncertain`; predictions are compared over the other eight classes (Barsoum et al. 2016, arXiv:1608.01041, and their
    published code). Probabilities and shares of votes [n, 9]; `annotators`: how many they were, [n].
    """
    counts = np.rint(votes * annotators[:, None])
    counts[counts <= 1] = 0
    total, lead = counts.sum(1), counts.argmax(1)
    keep = (total > 0) & (counts.max(1) > total / 2) & (lead != UNCERTAIN)
    if not keep.any():
        return {"rows": 0, "accuracy": 0.0, "macro_f1": 0.0}
    eight = np.delete(probabilities, UNCERTAIN, axis=1)[keep]  # `uncertain` is the last class: the others keep their index
    return {"rows": int(keep.sum()), "accuracy": accuracy(eight, lead[keep]), "macro_f1": macro_f1(eight, lead[keep], list(range(8)))}


def vote_scores(probabilities: np.ndarray, votes: np.ndarray) -> dict[str, float]:
    """How much of the annotators' disagreement is explained. Probabilities and votes (shares) [n, 9] to

    `js`: mean Jensen-Shannon divergence to the votes, in nats; `spearman`: rank correlation of the two entropies; `auroc_uncertain`: how
    well the entropy of the other eight classes finds the pictures whose votes `elect` `uncertain`, ties among them; `uncertain_found`: the
    share of them that it finds where 5 % of the others are false alarms (NaN where there are none).
    """
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    p, q = np.clip(probabilities, 1e-9, 1), np.clip(votes, 1e-9, 1)
    m = (p + q) / 2
    js = ((p * np.log(p / m)).sum(1) + (q * np.log(q / m)).sum(1)) / 2
    eight = np.delete(p, UNCERTAIN, axis=1)
    uncertain = elect(votes) == UNCERTAIN
    doubt = entropy(eight / eight.sum(1, keepdims=True))
    both = uncertain.any() and not uncertain.all()
    return {
        "js": float(js.mean()),
        "spearman": float(spearmanr(entropy(p), entropy(q)).statistic),
        "auroc_uncertain": float(roc_auc_score(uncertain, doubt)) if both else float("nan"),
        "uncertain_found": float((doubt[uncertain] > np.quantile(doubt[~uncertain], 0.95)).mean()) if both else float("nan"),
    }


def elect(votes: np.ndarray) -> np.ndarray:
    """The class with most votes; a tie is `uncertain`, as in the competition's labels. Shares [n, 9] to int [n]."""
    top = votes.max(1, keepdims=True)
    return np.where((votes >= top - 1e-6).sum(1) > 1, UNCERTAIN, votes.argmax(1))


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Entropy of each row in nats, [n, k] to [n]."""
    p = np.clip(probabilities, 1e-12, 1)
    return -(p * np.log(p)).sum(1)


def paired_difference(right: np.ndarray, other: np.ndarray, draws: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """Difference of two accuracies on the same pictures, with its 95 % interval: (mean, low, high).

    `right`, `other`: bool [n], or shares of seeds that are right, [n]. Drawn picture by picture: what is easy for both cancels out.
    """
    difference = right.astype(float) - other
    rng = np.random.default_rng(seed)
    means = [difference[rng.integers(0, len(difference), len(difference))].mean() for _ in range(draws)]
    return float(difference.mean()), *(float(q) for q in np.quantile(means, [0.025, 0.975]))
