"""What is learned of each picture: shares of annotators, a point of the circumplex. Nothing here loads torch."""

import numpy as np

from emofast.data.competition import Competition
from emofast.emotions import CENTRES, N


def vote_shares(data: Competition, single_votes: bool = False) -> np.ndarray:
    """Shares of annotators for each class, float32 [n, 9] by row of train.csv; without votes, the class as one-hot shares.

    Classes that a single annotator named are dropped unless `single_votes`: a slip more often than a second meaning (Barsoum et
    al. 2016, arXiv:1608.01041, drop them too). A picture on which no two agree keeps its votes.
    """
    if data.votes is None:
        return np.eye(N, dtype=np.float32)[data.labels]
    if single_votes:
        return data.votes
    counts = data.votes * data.annotators[:, None]
    kept = np.where(counts > 1.5, counts, 0)
    kept = np.where(kept.sum(1, keepdims=True) > 0, kept, counts)
    return (kept / kept.sum(1, keepdims=True)).astype(np.float32)


def target_va(data: Competition) -> np.ndarray:
    """Valence and arousal to learn, float32 [n, 2]: the truth where it is known, else the vote-weighted mean of the class
    centres, else the centre of the class."""
    return data.va if data.va is not None else vote_shares(data, single_votes=True) @ np.asarray(CENTRES, np.float32)
