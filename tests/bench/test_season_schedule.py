"""The simulated schedule of a season."""

from emofast.bench.season import Costs, simulate


def test_the_schedule_is_near_the_ideal_until_the_trailers_are_the_limit():
    costs = Costs(look=5, pieces=(1.0, 1.5, 3.0), join=0.5, trailer=60, answer=0.001)
    alone, many = simulate(costs, 2, 2, episodes=3), simulate(costs, 64, 2, episodes=6)
    assert alone["share of ideal"] > 0.99 and many["share of ideal"] > 0.85
    assert alone["hours of work"] > 3 * 40 * 0.5 * 120 * 1.8 / 3600
    limit = simulate(Costs(look=5, pieces=(1.0,), join=0.5, trailer=3600, answer=0.001), 64, 2, episodes=6)
    assert limit["hours it takes"] >= 3 and limit["share of ideal"] < 0.2
