"""The folders that real_weights.py makes hold the models that they were made of."""

from __future__ import annotations

from pathlib import Path

import real_weights
import torch
from esta_engine.anchors.load import load_anchor
from esta_engine.anchors.tokenizers import check_tokenizers

TEXTS = ["a small domesticated carnivore", "the act of running a very long race over hills"]


def test_minilm_of_three_layers_computes_what_its_onnx_graph_does(minilm: tuple[Path, Path]) -> None:
    from transformers import AutoTokenizer

    batch = AutoTokenizer.from_pretrained(minilm[0])(TEXTS, padding=True, return_tensors="pt")
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    assert not inputs["attention_mask"].all(), "the texts must differ in length, to see the mask at work"
    real_weights.import_onnx()
    from onnx.reference import ReferenceEvaluator

    graph = ReferenceEvaluator(str(real_weights.onnx_file()))
    outputs = graph.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
    (pooled,) = [torch.from_numpy(output) for output in outputs if output.shape == (2, 384)]

    anchor = load_anchor("minilm-l3", minilm[0], pooling="mean")
    hidden = anchor.embed(inputs)
    context = anchor.make_context(inputs, hidden)
    for index in range(anchor.depth):
        hidden = anchor.run_block(index, hidden, context)
    assert anchor.depth == 3
    assert (anchor.features(hidden, inputs) - pooled).abs().max() < 1e-5


def test_both_minilms_read_the_same_tokens(minilm: tuple[Path, Path]) -> None:
    check_tokenizers(minilm)
    assert [load_anchor("anchor", folder, pooling="mean").depth for folder in minilm] == [3, 6]
