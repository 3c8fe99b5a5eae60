import numpy as np
import pytest

from emofast import EMOTIONS
from emofast.emotions import CENTRES
from emofast.training import metrics as m
from emofast.training.calibration import adjust, repeat_factors
from emofast.training.decoding import GaussianDecoder, nearest_centre, weighted_mean
from emofast.training.ensemble import LEAST, choose_ensemble

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 9, 500)
PROBABILITIES = rng.dirichlet(np.ones(9), 500) * 0.6 + 0.4 * np.eye(9)[np.where(rng.random(500) < 0.7, LABELS, rng.integers(0, 9, 500))]


def test_macro_f1_and_recalls_by_counting():
    predicted, f1 = PROBABILITIES.argmax(1), []
    for c in range(9):
        hit = ((predicted == c) & (c == LABELS)).sum()
        f1.append(2 * hit / ((predicted == c).sum() + (c == LABELS).sum()))
        assert m.recalls(PROBABILITIES, LABELS)[EMOTIONS[c]] == pytest.approx(hit / (c == LABELS).sum())
    assert m.macro_f1(PROBABILITIES, LABELS) == pytest.approx(np.mean(f1))
    assert m.recalls(PROBABILITIES[LABELS != 3], LABELS[LABELS != 3])["fear"] is None


def test_calibration_error_by_its_definition():
    confidence, right = PROBABILITIES.max(1), PROBABILITIES.argmax(1) == LABELS
    error = 0.0
    for low in np.arange(15) / 15:
        rows = (confidence >= low) & ((confidence < low + 1 / 15) | (low == 14 / 15))
        if rows.any():
            error += rows.mean() * abs(confidence[rows].mean() - right[rows].mean())
    assert m.calibration_error(PROBABILITIES, LABELS) == pytest.approx(error)
    certain = np.eye(9)[LABELS]
    assert m.calibration_error(certain, LABELS) == 0


def test_ccc_is_lins():
    x = rng.normal(size=(300, 2))
    assert m.ccc(x, x) == pytest.approx([1, 1])
    assert m.ccc(-x, x)[0] < -0.9
    shifted = x + 1
    expected = 2 * x.var(0) / (2 * x.var(0) + 1)  # Lin 1989: a shift of 1 lowers agreement, not correlation
    assert m.ccc(shifted, x) == pytest.approx(expected)
    assert m.rmse(shifted, x) == pytest.approx([1, 1])


def test_bootstrap_interval_is_that_of_drawing_rows():
    right = rng.random(400) < 0.8
    drawn = [right[rng.integers(0, 400, 400)].mean() for _ in range(2000)]
    assert m.bootstrap_interval(right) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_ferplus_protocol_on_rows_worked_by_hand():
    happy, sad, uncertain = (EMOTIONS.index(e) for e in ("happy", "sad", "uncertain"))
    votes = np.zeros((5, 9))
    votes[0, happy], votes[0, sad] = 9, 1  # the single vote goes; happy 9 of 9: kept
    votes[1, happy], votes[1, sad] = 5, 5  # no strict majority
    votes[2, uncertain], votes[2, sad] = 8, 2  # led by uncertain
    votes[3, sad], votes[3, happy], votes[3, 0] = 6, 2, 2  # 6 of 10: kept
    votes[4] = [1, 1, 1, 1, 1, 1, 1, 1, 2]  # only uncertain has two
    probabilities = np.eye(9)[[happy, 0, 0, uncertain, 0]] * 0.9 + 0.1 * np.eye(9)[[0, 0, 0, sad, 0]]
    scores = m.ferplus_scores(probabilities, votes / votes.sum(1, keepdims=True), votes.sum(1))
    assert scores["rows"] == 2 and scores["accuracy"] == 1  # compared over eight classes: uncertain does not count


def test_nearest_centre_and_weighted_mean_invert_each_other_at_the_centres():
    assert nearest_centre(np.array(CENTRES)).argmax(1).tolist() == list(range(9))
    np.testing.assert_allclose(weighted_mean(np.eye(9)), CENTRES)
    assert nearest_centre(np.array([[0.8, 0.5]])).argmax() == EMOTIONS.index("happy")


def test_gaussian_decoder_beats_the_nearest_centre_where_classes_sit_elsewhere():
    labels = rng.choice(9, 4000, p=[0.3, 0.02, 0.02, 0.06, 0.2, 0.2, 0.1, 0.05, 0.05])
    points = np.array(CENTRES)[labels] * 0.6 + rng.normal(size=(4000, 2)) * 0.12  # a network that shrinks towards the middle
    decoder = GaussianDecoder().fit(points[:2000], labels[:2000])
    posterior = decoder.probabilities(points[2000:])
    np.testing.assert_allclose(posterior.sum(1), 1, atol=1e-5)
    assert m.accuracy(posterior, labels[2000:]) > m.accuracy(nearest_centre(points[2000:]), labels[2000:]) + 0.02


def test_gaussian_decoder_is_bayes_rule():
    labels = np.repeat([0, 4], [300, 100])
    points = rng.normal(size=(400, 2)) * [0.2, 0.3] + np.array(CENTRES)[labels]
    decoder = GaussianDecoder(shrink=0).fit(points, labels)
    x = np.array([0.1, 0.5])
    densities = []
    for c, prior in ((0, 0.75), (4, 0.25)):
        own = points[labels == c]
        covariance = np.cov(own.T, bias=True)
        away = x - own.mean(0)
        densities.append(prior * np.exp(-away @ np.linalg.inv(covariance) @ away / 2) / np.sqrt(np.linalg.det(covariance)))
    assert decoder.probabilities(x[None])[0, 4] == pytest.approx(densities[1] / sum(densities), rel=1e-4)


def test_ensemble_prefers_what_helps():
    labels = rng.integers(0, 9, 800)

    def member(skill, seed):
        r = np.random.default_rng(seed)
        right = r.random(800) < skill
        shown = np.where(right, labels, r.integers(0, 9, 800))
        return (0.6 * np.eye(9)[shown] + 0.4 / 9).astype(np.float32)

    members = {"a": member(0.7, 1), "b": member(0.7, 2), "noise": member(0.1, 3)}
    chosen = choose_ensemble(members, labels)
    assert set(chosen.mixture.weights) == {"a", "b"} and sum(chosen.mixture.weights.values()) == pytest.approx(1)
    flattered = m.accuracy(chosen(members), labels)
    assert flattered == m.accuracy(chosen.mixture(members), labels) > m.accuracy(members["a"], labels)
    mixed = chosen.mixture(members)
    assert mixed.max(1).mean() == pytest.approx(m.accuracy(mixed, labels), abs=0.03), "together they are as sure as they are right"
    modest = {**members, "a": (0.2 * members["a"] + 0.8 / 9).astype(np.float32)}
    assert set(choose_ensemble(modest, labels).mixture.weights) == {"a", "b"}  # right and too modest is as good as right
    elected = np.eye(9)[labels]
    assert choose_ensemble(members, labels, elected).mixture == chosen.mixture, "unanimous votes say what labels say"
    shares = 0.55 * elected + 0.45 * np.eye(9)[(labels + 1) % 9]  # annotators half see another class, and one member knows it
    torn = {**members, "torn": (0.9 * shares + 0.1 / 9).astype(np.float32)}
    assert set(choose_ensemble(torn, labels, shares).mixture.weights) == {"torn"}
    honest = chosen.cross_fitted(members)
    assert abs(m.accuracy(honest, labels) - flattered) < 0.06
    (first, rows), (second, others) = chosen.halves
    assert (rows ^ others).all() and np.allclose(honest[rows], first({k: p[rows] for k, p in members.items()}), atol=1e-6)
    changed = {k: np.where(rows[:, None], p, 1 / 9) for k, p in members.items()}  # what a half was scored on did not choose its shares
    assert choose_ensemble(changed, labels).halves[1][0] == second


def test_a_large_ensemble_is_drawn_in_bags():
    """Of equal members greed alone takes a few; bags share them out, whatever their order, and who is left with little goes."""
    labels = rng.integers(0, 9, 600)

    def member(skill):
        shown = np.where(rng.random(600) < skill, labels, rng.integers(0, 9, 600))
        return 0.6 * np.eye(9)[shown] + 0.4 / 9

    members = {f"m{i}": member(0.6) for i in range(12)} | {"noise": member(0.0)}
    chosen = choose_ensemble(members, labels).mixture
    assert len(chosen.weights) >= 10 and "noise" not in chosen.weights and sum(chosen.weights.values()) == pytest.approx(1)
    assert min(chosen.weights.values()) >= LEAST and max(chosen.weights.values()) < 0.2
    assert choose_ensemble(dict(reversed(members.items())), labels).mixture == chosen


def test_rare_classes_get_the_benefit_of_the_doubt_and_frequent_ones_keep_their_order():
    labels = np.repeat(np.arange(8), [10, 40, 950, 1000, 1000, 1000, 1000, 1000])  # of 6,000; nobody is `uncertain`
    factors = repeat_factors(labels)
    assert factors[:3] == pytest.approx([12**0.5, 3**0.5, 1]) and (factors[3:] == 1).all()
    p = rng.dirichlet(np.ones(9) / 2, 500)
    favoured = adjust(p, factors)
    assert favoured.sum(1) == pytest.approx(1)
    assert (favoured[:, :2].sum(1) >= p[:, :2].sum(1)).all()
    before, after = p.argmax(1), favoured.argmax(1)
    assert set(after[before != after]) <= {0, 1}, "only for a rare class does a decision change"
    members = {"a": p, "b": rng.dirichlet(np.ones(9), 500)}
    chosen = choose_ensemble(members, rng.integers(0, 9, 500), factors=factors)
    assert np.allclose(chosen(members), adjust(chosen.mixture(members), factors))


def test_a_paired_difference_is_narrower_than_two_intervals():
    rng = np.random.default_rng(0)
    hard = rng.random(2000)  # what is hard for one network is hard for the other
    first, second = hard < 0.80, hard < 0.78
    mean, low, high = m.paired_difference(first, second)
    a, b = m.bootstrap_interval(first), m.bootstrap_interval(second)
    assert mean == pytest.approx(first.mean() - second.mean()) and low < mean < high
    assert high - low < 0.5 * (a[1] - a[0] + b[1] - b[0]) and low > 0


def test_votes_that_are_known_are_explained_in_full():
    rng = np.random.default_rng(1)
    votes = rng.dirichlet(np.full(9, 0.3), 500)
    exact, blind = m.vote_scores(votes, votes), m.vote_scores(rng.dirichlet(np.full(9, 0.3), 500), votes)
    assert exact["js"] == pytest.approx(0, abs=1e-6) and exact["spearman"] == pytest.approx(1)
    assert blind["js"] > 0.2 and abs(blind["spearman"]) < 0.15
    p = np.full((4, 9), 1e-3)
    p[[0, 1], 0], p[[2, 3], :2] = 1, 0.5  # sure of the first two, torn about the last two, which are uncertain
    votes = np.zeros((4, 9))
    votes[[0, 1], 0], votes[2, 8], votes[3, :2] = 1, 1, 0.5  # a tie is uncertain, too
    found = m.vote_scores(p / p.sum(1, keepdims=True), votes)
    assert found["auroc_uncertain"] == 1 and found["uncertain_found"] == 1


def test_a_tie_elects_uncertain():
    votes = np.array([[5, 5, 0, 0, 0, 0, 0, 0, 0], [6, 4, 0, 0, 0, 0, 0, 0, 0]]) / 10
    assert m.elect(votes).tolist() == [8, 0]


def test_recorded_scores_are_those_of_the_recorded_probabilities(shared, project):
    from emofast.data import open_data
    from emofast.training.results import read_results

    comp = open_data(shared / "data" / "ferplus9")
    row_of = {name: i for i, name in enumerate(comp.train_names)}
    results = read_results(project / "artifacts" / "ferplus9")
    assert len(results) > 40
    for result in results:
        v, scores = result.valid, result.summary["scores"]
        rows = [row_of[str(name).removeprefix("./")] for name in v["ids"]]
        assert m.vote_scores(v["probabilities"], comp.votes[rows]) == pytest.approx(scores["votes"], abs=1e-6), result.name
        assert scores["accuracy_tta"] == pytest.approx(m.accuracy(v["probabilities"], v["labels"])), result.name
        if len(v["per_seed"]) == 1:
            ferplus = m.ferplus_scores(v["probabilities"], comp.votes[rows], comp.annotators[rows])
            assert ferplus == pytest.approx(scores["ferplus"]), result.name
