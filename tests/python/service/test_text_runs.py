"""Whole runs on texts: encoders classify, decoders learn to answer; measured again, resumed, exported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from esta_engine.data.chat import conversation_tokens
from esta_engine.plan import read_plan
from esta_engine.service.chat import Chat
from esta_engine.service.evaluate import evaluate
from esta_engine.service.export import export
from esta_engine.service.job import Options
from esta_engine.service.run import resume, run
from pico import merged
from pico_text import raw_text_plan
from runs import (
    failed,
    finish,
    kill_while,
    last_event,
    named,
    require_same_result,
    serve_parts,
    start_engine,
    write_plan,
)
from text_tasks import (
    CHATML,
    byte_tokenizer,
    conversations_task,
    moods,
    save_readers,
    sums,
    texts_task,
    with_choices,
    write_csv,
    write_jsonl,
)

LENGTH = 64


def text_plan(place: Path, kind: str, **changes: Any) -> dict[str, Any]:
    """A plan over pico models of a kind, with data; `changes` are put over its configuration."""
    folders = save_readers(place / "anchors", kind)
    if kind in ("bert", "roberta"):
        task = texts_task(write_csv(place / "moods.csv", moods()))
        raw = raw_text_plan(folders, task=task, classes=3)
    else:
        rows = [*with_choices(sums(20)), *sums(20)]
        task = conversations_task(write_jsonl(place / "sums.jsonl", rows))
        raw = raw_text_plan(folders, task=task, input_={"sequence_length": LENGTH})
    raw["config"] = merged(raw["config"], changes)
    return raw


def run_text(place: Path, kind: str, name: str = "run", **changes: Any) -> tuple[int, Path]:
    plan = write_plan(place / f"{name}.json", text_plan(place, kind, **changes))
    return run(plan, Options(place / name), force=False), place / name


@pytest.fixture(scope="module", params=["bert", "llama"])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    code, folder = run_text(tmp_path_factory.mktemp(request.param), request.param)
    assert code == 0, last_event(folder)
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def is_decoder(folder: Path) -> bool:
    return read_plan(folder / "plan.json").family.kind == "llama"


def test_a_run_is_told_scored_and_measured(finished: Path) -> None:
    palette = json.loads((finished / "palette" / "palette.json").read_text())
    decoder = is_decoder(finished)
    wanted = {"loss", "perplexity", "choice-accuracy", "choice-accuracy-normalised"}
    wanted = wanted if decoder else {"accuracy", "macro-f1", "loss"}
    assert len(palette["stitches"]) > 3
    for stitch in palette["stitches"]:
        assert set(stitch["metrics"]) == {"validation", "test"}
        assert all(set(values) == wanted for values in stitch["metrics"].values())
    assert palette["task"]["classes"] == ([] if decoder else ["cross", "glad", "sad"])
    lines = (finished / "evaluations.ndjson").read_text().splitlines()
    assert all(json.loads(line).get("guess") == (pytest.approx(1 / 3) if decoder else None) for line in lines)
    steps = named(finished, "step")
    assert len(steps) == 12 and all(event["examples"] == 8 for event in steps)
    assert any(score != 0 for event in steps for score in event["scores"])
    card = (finished / "palette" / "README.md").read_text()
    assert ("perplexity, test" in card) == ("Lower is better." in card) == decoder
    assert ("Classes (3), in order of the outputs: cross, glad, sad" in card) == (not decoder)
    assert f"pipeline_tag: {'text-generation' if decoder else 'text-classification'}" in card


def test_a_few_held_out_examples_are_shown_for_every_network(finished: Path) -> None:
    palette = json.loads((finished / "palette" / "palette.json").read_text())
    ids = [stitch["id"] for stitch in palette["stitches"]]
    records = [json.loads(line) for line in (finished / "samples.ndjson").read_text().splitlines()]
    assert [record["stitch"] for record in records] == ids * (len(records) // len(ids))
    decoder = is_decoder(finished)
    assert {record["kind"] for record in records} == {"answer" if decoder else "classification"}
    assert {record["split"] for record in records} == {"test"}
    assert len(records) == len(ids) * (2 if decoder else 7)
    assert "samples.ndjson" in last_event(finished)["outputs"]


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    for kind in ("bert", "llama"):
        (tmp_path / kind).mkdir()
        code, folder = run_text(tmp_path / kind, kind, training={"steps": 60})
        losses = [event["loss"] for event in named(folder, "step")]
        assert code == 0 and sum(losses[-10:]) < 0.9 * sum(losses[:10])


def test_a_reloaded_palette_measures_the_same(copy: Path) -> None:
    palette = json.loads((copy / "palette" / "palette.json").read_text())
    (copy / "evaluations.ndjson").unlink()
    assert evaluate(Options(copy), "palette", "test") == 0
    records = [json.loads(line) for line in (copy / "evaluations.ndjson").read_text().splitlines()]
    assert {record["stitch"]: record["metrics"] for record in records} == {
        stitch["id"]: stitch["metrics"]["test"] for stitch in palette["stitches"]
    }


def test_resuming_a_finished_run_changes_no_file_of_the_palette(copy: Path) -> None:
    before = {file.name: file.read_bytes() for file in (copy / "palette").iterdir()}
    samples = (copy / "samples.ndjson").read_text()
    assert resume(Options(copy)) == 0
    assert samples == (copy / "samples.ndjson").read_text()
    assert before == {file.name: file.read_bytes() for file in (copy / "palette").iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_a_killed_run_goes_on_to_the_bits_of_the_uninterrupted_one(tmp_path: Path, kind: str) -> None:
    """Killed in training, twice, and while the palette is measured; the conversations are packed."""
    changes: dict[str, Any] = {"training": {"steps": 60, "checkpoint_every": 7}}
    if kind == "llama":
        changes["task"] = {"batching": "packed"}
    plan = write_plan(tmp_path / "plan.json", text_plan(tmp_path, kind, **changes))
    code, errors = finish(start_engine("run", "--plan", plan, "--run-dir", tmp_path / "reference"))
    assert code == 0, errors
    folder = tmp_path / "killed"

    def phase() -> str:
        return str(named(folder, "phase")[-1]["phase"]) if named(folder, "phase") else ""

    def steps() -> int:
        return max((event["step"] for event in named(folder, "step")), default=0)

    for number, command in ((10, ("run", "--plan", plan)), (31, ("resume",))):
        kill_while(command, folder, lambda number=number: steps() >= number, lambda: phase() == "train")
    kill_while(("resume",), folder, lambda: phase() == "evaluate", lambda: phase() == "evaluate")
    code, errors = finish(start_engine("resume", "--run-dir", folder))
    assert code == 0, errors
    require_same_result(folder, tmp_path / "reference")


def test_a_stitch_is_exported(finished: Path, tmp_path: Path) -> None:
    palette = json.loads((finished / "palette" / "palette.json").read_text())
    for stitch in (0, palette["stitches"][-1]["id"]):
        assert export(Options(finished), stitch, tmp_path / str(stitch), force=False) == 0, last_event(
            finished
        )
        names = {file.name for file in (tmp_path / str(stitch)).iterdir()}
        assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= names


@pytest.mark.parametrize(("template", "own"), [("auto", None), ("auto", CHATML), ("plain", CHATML)])
def test_an_exported_decoder_is_asked_as_it_was_trained(
    tmp_path: Path, template: str, own: str | None
) -> None:
    """By the code of its card, with the tokenizer that goes with it."""
    from transformers import AutoTokenizer

    plan = text_plan(
        tmp_path, "llama", task={"template": template, "generated_samples": 0}, training={"steps": 2}
    )
    for folder in (tmp_path / "anchors").iterdir():
        byte_tokenizer(own).save_pretrained(folder)
    code = run(write_plan(tmp_path / "plan.json", plan), Options(tmp_path / "run"), force=False)
    assert code == 0, last_event(tmp_path / "run")
    assert export(Options(tmp_path / "run"), 1, tmp_path / "out", force=False) == 0
    messages = [{"role": "user", "content": "one plus two is"}]
    expected = conversation_tokens(byte_tokenizer(own), messages, answer=True, template=template)
    partner = Chat(tmp_path / "run", "cpu")
    request = {"messages": messages, "stitch": 1, "sampling": {"max_new_tokens": 1}}
    (*_, last) = partner.answer(request, lambda: False)
    assert last["done"]["prompt_tokens"] == len(expected)
    assert partner.describe()["template"] == (template == "auto" and own is not None)
    exported = AutoTokenizer.from_pretrained(tmp_path / "out")
    inputs = exported.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
    assert inputs["input_ids"] == expected
    card = (tmp_path / "out" / "README.md").read_text()
    code_ = card.split("```python\n")[1].split("```")[0].replace("FOLDER", str(tmp_path / "out"))
    scope: dict[str, Any] = {}
    exec(code_, scope)
    assert scope["output"].shape[1] > len(scope["inputs"]["input_ids"][0])


@pytest.mark.parametrize("pooling", ["mean", "class-token"])
def test_encoders_classify_with_every_pooling(tmp_path: Path, pooling: str) -> None:
    plan = text_plan(tmp_path, "bert")
    plan["family"]["input"]["pooling"] = pooling
    code = run(write_plan(tmp_path / "plan.json", plan), Options(tmp_path / "run"), force=False)
    assert code == 0, last_event(tmp_path / "run")
    stitch = json.loads((tmp_path / "run/palette/palette.json").read_text())["stitches"][-1]["id"]
    assert export(Options(tmp_path / "run"), stitch, tmp_path / "out", force=False) == 0


@pytest.mark.parametrize("batching", ["packed", "padded"])
@pytest.mark.parametrize("method", ["lora", "snnet"])
def test_other_methods_and_batchings_run(tmp_path: Path, method: str, batching: str) -> None:
    plan = text_plan(tmp_path, "llama", task={"batching": batching}, training={"steps": 4})
    other = raw_text_plan(sorted((tmp_path / "anchors").iterdir()), method={"name": method})
    plan["config"]["method"] = other["config"]["method"]
    if method == "lora":  # it plans whole anchors only
        plan["stitches"], plan["stitching_layers"] = plan["stitches"][:2], []
        plan["totals"] |= {"stitches": 2, "stitching_layers": 0, "steps": 8}
        for interval in plan["intervals"]:
            interval["stitches"] = sum(stitch["interval"] == interval["id"] for stitch in plan["stitches"])
    code = run(write_plan(tmp_path / "plan.json", plan), Options(tmp_path / "run"), force=False)
    assert code == 0, last_event(tmp_path / "run")


def test_no_held_out_answer_is_read_before_the_palette_is_chosen(tmp_path: Path) -> None:
    pipes = {split: tmp_path / f"{split}.jsonl" for split in ("validation", "test")}
    data = {"data": {split: str(pipe) for split, pipe in pipes.items()}}
    plan = write_plan(tmp_path / "plan.json", text_plan(tmp_path, "llama", task=data))
    seen = serve_parts(pipes, (tmp_path / "sums.jsonl").read_text(), tmp_path / "run")
    assert run(plan, Options(tmp_path / "run"), force=False) == 0, last_event(tmp_path / "run")
    assert "palette_chosen" in seen["validation"] and "stitch_evaluated" not in seen["validation"]
    assert "palette_chosen" in seen["test"]


def test_texts_that_are_cut_are_a_warning(tmp_path: Path) -> None:
    plan = text_plan(tmp_path, "llama")
    rows = [*sums(20), *({"instruction": "a" * 90, "output": "b"} for _ in range(6))]
    write_jsonl(tmp_path / "sums.jsonl", rows)
    assert run(write_plan(tmp_path / "p.json", plan), Options(tmp_path / "run"), force=False) == 0
    warnings = named(tmp_path / "run", "warning")
    assert {event["code"] for event in warnings} == {"conversations-cut"}
    assert any("of the train part are longer than 64 tokens" in event["message"] for event in warnings)


def test_an_overflow_of_half_precision_is_told_with_its_step(tmp_path: Path) -> None:
    changes = {
        "method": {"lora": {"learning_rate": 1e30}, "stitch_bias": {"learning_rate": 1e30}},
        "training": {"steps": 40, "precision": "bf16", "clip_norm": None, "checkpoint_every": 1},
    }
    code, folder = run_text(tmp_path, "llama", **changes)
    event = failed(folder)
    assert code == 4 and event["code"] == "numeric" and event["step"] == len(named(folder, "step")) + 1
    assert event["checkpoint_step"] == len(named(folder, "step")) and "precision fp32" in event["hint"]


def test_a_task_that_the_networks_cannot_do_is_refused(tmp_path: Path) -> None:
    plan = text_plan(tmp_path, "llama")
    plan["config"]["task"] = texts_task(write_csv(tmp_path / "moods.csv", moods()))
    code = run(write_plan(tmp_path / "plan.json", plan), Options(tmp_path / "run"), force=False)
    assert code == 2
    message = failed(tmp_path / "run")["message"]
    assert message == "a llama family cannot do text-classification; allowed: instruction-tuning"


def test_anchors_without_a_tokenizer_or_with_different_ones_are_refused(tmp_path: Path) -> None:
    plan = write_plan(tmp_path / "plan.json", text_plan(tmp_path, "llama"))
    folders = sorted((tmp_path / "anchors").iterdir())
    other = byte_tokenizer()
    other.add_tokens(["plus is"])
    other.save_pretrained(folders[1])
    assert run(plan, Options(tmp_path / "run"), force=False) == 4
    assert "have different tokenizers: tokenizer.json: added_tokens" in failed(tmp_path / "run")["message"]
    for folder in folders:
        for file in folder.glob("*token*"):
            file.unlink()
    assert run(plan, Options(tmp_path / "run"), force=True) == 4
    event = failed(tmp_path / "run")
    assert event["code"] == "weights" and "has no tokenizer that can be read" in event["message"]
