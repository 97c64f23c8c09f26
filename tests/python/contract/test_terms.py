"""The engine's words against those of `tests/contract/terms.json`, which TypeScript's test writes."""

from __future__ import annotations

import json
from pathlib import Path

from esta_engine import terms
from esta_engine.adaptation.methods import METHODS
from esta_engine.anchors import KINDS

CONTRACT = json.loads((Path(__file__).parents[2] / "contract" / "terms.json").read_text())


def test_the_engine_acts_on_the_words_of_the_configuration() -> None:
    assert {kind: list(tasks) for kind, tasks in terms.TASKS.items()} == CONTRACT["tasks_of_kinds"]
    assert list(KINDS) == list(terms.TASKS)
    assert list(METHODS) == CONTRACT["methods"]
    assert list(terms.ALONE_METHODS) == CONTRACT["alone_methods"]
    assert list(terms.TUNING_METHODS) == CONTRACT["tuning_methods"]
    assert CONTRACT["default_scoring"] == terms.DEFAULT_SCORING
    less = [metric for metric, better in CONTRACT["better"].items() if better == "less"]
    assert sorted(less) == sorted(terms.LESS_IS_BETTER)
