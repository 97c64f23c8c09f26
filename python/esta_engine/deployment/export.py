"""Exporting one stitch as a folder in Hugging Face layout that needs no estakit.

A whole anchor becomes the ordinary `transformers` model that it was, where that can hold what was adapted; a
route through several anchors a small model whose code goes with it (`trust_remote_code=True`). The folder is
read back and its logits are compared with the stitched network's; the card tells the largest difference.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from ..anchors.load import quiet_transformers
from ..anchors.tokenizers import has_tokenizer
from ..data.chat import PLAIN_TEMPLATE, load_tokenizer
from ..errors import EngineError
from ..files import write_atomic, write_json
from ..gguf import is_gguf
from ..nn.network import StitchedNetwork
from ..plan import Plan
from . import export_image, export_text
from .export_card import make_export_card
from .labels import label_tables
from .merge import merged_anchor

#: Family kind -> the module that knows how its stitches become models.
WRITERS: dict[str, ModuleType] = {
    "vit": export_image,
    "dinov2": export_image,
    "bert": export_text,
    "llama": export_text,
}
#: Differences of rounding stay far below; above, the export is not the palette's network.
LARGEST_RELATIVE_DIFFERENCE = 1e-3
_EXAMPLES = 8
#: Where `transformers` looks for a tokenizer's chat template first.
TEMPLATE_FILE = "chat_template.jinja"


@dataclass(frozen=True)
class Difference:
    """Largest absolute difference of the logits, and the largest absolute logit that it stands beside."""

    largest: float
    logit: float

    @property
    def relative(self) -> float:
        return self.largest / self.logit if self.logit > 0 else self.largest


def export_stitch(
    plan: Plan, network: StitchedNetwork, stitch: int, palette: Mapping[str, Any], out: Path
) -> list[Path]:
    """Write stitch `stitch` to the folder `out`; returns the files. `palette` is the content of palette.json.

    Raises EngineError("numeric") where what is read back does not give the network's logits.
    """
    out.mkdir(parents=True, exist_ok=True)
    network = network.place_on(torch.device("cpu"))
    writer = WRITERS[plan.family.kind]
    classes = palette["task"].get("classes") or []
    model = merged_anchor(network, stitch) if network.stitches[stitch].is_anchor else None
    plain = model is not None
    if model is not None:
        files = _write_anchor(model, classes, out)
    else:
        files = _write_stitch(plan, network, stitch, classes, out)
    files += _copy_beside(network, stitch, writer, out)
    files = list(dict.fromkeys(files + _write_template(plan, out)))
    difference = compare(plan, network, stitch, read_back(plan, out, plain))
    if not difference.relative <= LARGEST_RELATIVE_DIFFERENCE:
        raise EngineError(
            "numeric",
            f"the export of stitch {stitch} gives other logits: they differ by {difference.largest:.3g}, "
            f"the largest logit is {difference.logit:.3g}",
            "This is a defect; please report it. The folder is not fit for use.",
        )
    card = out / "README.md"
    text = make_export_card(
        palette, stitch, plain, difference.largest, difference.logit, writer.auto_class(plan)
    )
    write_atomic(card, text.encode())
    return [*files, card]


def read_back(plan: Plan, folder: Path, plain: bool) -> Any:
    """The model of an exported folder."""
    import transformers

    writer = WRITERS[plan.family.kind]
    with quiet_transformers():
        if plain:
            loader: Any = getattr(transformers, writer.auto_class(plan))
            return loader.from_pretrained(folder, local_files_only=True)
        return writer.stitch_class(plan).from_pretrained(folder, local_files_only=True)


@torch.no_grad()
def compare(plan: Plan, network: StitchedNetwork, stitch: int, model: Any) -> Difference:
    """Logits of both on random inputs, on the CPU."""
    inputs = WRITERS[plan.family.kind].sample_inputs(plan, _EXAMPLES)
    expected = network(inputs, stitch)
    got = model.eval()(**inputs).logits
    return Difference(float((got - expected).abs().max()), float(expected.abs().max()))


def _write_anchor(model: Any, classes: Sequence[str], out: Path) -> list[Path]:
    if classes:
        model.config.id2label, model.config.label2id = label_tables(classes)
    model.config._name_or_path = ""  # a path of the machine that exported
    with quiet_transformers():
        model.save_pretrained(out)
    extra = [out / "generation_config.json"] if (out / "generation_config.json").is_file() else []
    return [out / "config.json", *extra, *sorted(out.glob("*.safetensors"))]


def _write_stitch(
    plan: Plan, network: StitchedNetwork, stitch: int, classes: Sequence[str], out: Path
) -> list[Path]:
    """config.json, model.safetensors and the code of the model's class."""
    from safetensors.torch import save

    writer = WRITERS[plan.family.kind]
    model = writer.stitch_class(plan)
    code = Path(__file__).with_name(f"{model.__module__.rpartition('.')[2]}.py")
    config = {
        "model_type": model.config_class.model_type,
        "architectures": [model.__name__],
        "auto_map": {
            "AutoConfig": f"{code.stem}.{model.config_class.__name__}",
            writer.auto_class(plan): f"{code.stem}.{model.__name__}",
        },
        "dtype": "float32",
        **writer.stitch_settings(plan, network, stitch, classes),
    }
    tensors = writer.stitch_tensors(plan, network, stitch)
    content = save({name: tensors[name].contiguous() for name in sorted(tensors)}, {"format": "pt"})
    write_json(out / "config.json", config)
    write_atomic(out / "model.safetensors", content)
    shutil.copyfile(code, out / code.name)
    return [out / "config.json", out / "model.safetensors", out / code.name]


def _copy_beside(network: StitchedNetwork, stitch: int, writer: ModuleType, out: Path) -> list[Path]:
    """Preprocessor or tokenizer, of the route's first anchor that has one, else of any: they all agree."""
    route = [part.anchor for part in network.stitches[stitch].route]
    numbers = dict.fromkeys([*route, *range(len(network.anchors))])
    folders = [folder for number in numbers if (folder := network.anchor(number).folder) is not None]
    source = next(filter(writer.has_input_files, folders), None)
    if source is None:
        return []
    if is_gguf(source):
        return _save_tokenizer(source, out)
    found = [source / name for name in writer.COPIED if (source / name).is_file()]
    return [Path(shutil.copyfile(file, out / file.name)) for file in found]


def _write_template(plan: Plan, out: Path) -> list[Path]:
    """How conversations were written for training, where the tokenizer would write them otherwise."""
    template = (plan.config.get("task") or {}).get("template")
    if template is None or not has_tokenizer(out):
        return []
    if template == "auto" and load_tokenizer(out).chat_template:
        return []
    write_atomic(out / TEMPLATE_FILE, PLAIN_TEMPLATE.encode())
    return [out / TEMPLATE_FILE]


def _save_tokenizer(file: Path, out: Path) -> list[Path]:
    """A GGUF file's tokenizer as the files of a model folder."""
    with quiet_transformers():
        return [Path(name) for name in load_tokenizer(file).save_pretrained(out) if Path(name).is_file()]
