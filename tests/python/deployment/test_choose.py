"""Choosing the palette: against a brute force, and the rules that hold whatever the scores."""

from __future__ import annotations

import pytest
from esta_engine.deployment.choose import choose
from esta_engine.plan import Plan, make_plan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pico import save_anchors
from runs import digits_task, raw_plan


@pytest.fixture(scope="module", params=[1, 2])
def plan(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folders = save_anchors(tmp_path_factory.mktemp("choose"), widths=(8, 16, 24), depth=4)
    changes = {"deployment": {"per_interval": request.param}}
    return make_plan(raw_plan(folders, digits_task(), changes=changes))


def brute_force(plan: Plan, scores: list[float | None], draws: list[int]) -> list[int]:
    """Take the best that is left, as often as allowed, in each interval; better means beaten by none."""
    kept = [stitch.id for stitch in plan.stitches if stitch.is_anchor]
    for interval in plan.intervals:
        left = [s.id for s in plan.stitches if s.interval == interval.id and not s.is_anchor]
        for _ in range(min(len(left), plan.config["deployment"]["per_interval"])):

            def beats(one: int, other: int) -> bool:
                a, b = scores[one], scores[other]
                if (a is None) != (b is None):
                    return b is None
                if a is not None and b is not None and a != b:
                    return a > b
                return draws[one] > draws[other] or (draws[one] == draws[other] and one < other)

            best = next(one for one in left if all(one == other or beats(one, other) for other in left))
            left.remove(best)
            kept.append(best)
    return sorted(kept)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_the_choice_is_that_of_a_brute_force(plan: Plan, data: st.DataObject) -> None:
    number = len(plan.stitches)
    few_values = st.none() | st.sampled_from([-1.5, 0.0, 0.25, 3.0])
    scores = data.draw(st.lists(few_values | st.floats(-9, 9), min_size=number, max_size=number))
    draws = data.draw(st.lists(st.integers(0, 3), min_size=number, max_size=number))
    chosen = choose(plan, scores, draws)
    assert chosen == brute_force(plan, scores, draws) == choose(plan, scores, draws)


def test_no_interval_with_stitches_is_left_empty_where_none_was_drawn(plan: Plan) -> None:
    number = len(plan.stitches)
    chosen = choose(plan, [None] * number, [0] * number)
    assert chosen[:3] == [0, 1, 2]
    stitched = {stitch.interval for stitch in plan.stitches if not stitch.is_anchor}
    assert {plan.stitches[id_].interval for id_ in chosen if id_ > 2} == stitched


def test_a_larger_score_wins_only_inside_its_interval(plan: Plan) -> None:
    """Scores of one interval far above all others' change nothing elsewhere."""
    number = len(plan.stitches)
    scores: list[float | None] = [float(stitch.id % 7) for stitch in plan.stitches]
    lifted = [
        value + (1000 if stitch.interval == 2 else 0)
        for value, stitch in zip([float(i % 7) for i in range(number)], plan.stitches, strict=True)
    ]
    assert choose(plan, scores, [1] * number) == choose(plan, lifted, [1] * number)
