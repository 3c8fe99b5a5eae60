"""11 Ensemble and TTA: ask everybody, and show every face twice.

Idea          networks that were trained differently err differently; the mean of their probabilities is better than any of them. Who
              counts how much is chosen greedily by log loss on validation (Caruana et al. 2004, "Ensemble selection from libraries of
              models"). A mirrored face shows the same emotion: each network sees both, and the two views are averaged (flip TTA)
Descends from every other experiment that is recorded
Changed       nothing is trained: recorded probabilities are mixed
Command       python experiments/11_ensemble.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, blend, main


def train(run: Run):
    return blend(run)  # validation is scored by shares chosen on its other half, so that the numbers above are honest


if __name__ == "__main__":
    main(train, epochs=1, uses="all")
