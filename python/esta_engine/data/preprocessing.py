"""Images -> pixel tensors, exactly as the anchors' own preprocessor file says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EngineError

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

PREPROCESSOR_FILE = "preprocessor_config.json"


class Preprocessor:
    """Wraps the anchors' image processor. `mean` and `std` (C,) are what it normalised the pixels with."""

    def __init__(self, processor: Any, channels: int) -> None:
        import torch

        self._processor = processor
        self._mode = {1: "L", 3: "RGB"}.get(channels)
        if self._mode is None:
            raise EngineError(
                "data", f"the anchors take {channels} channels; images have 1 or 3", "Choose another family."
            )
        normalised = bool(getattr(processor, "do_normalize", False))
        mean = getattr(processor, "image_mean", None) if normalised else None
        std = getattr(processor, "image_std", None) if normalised else None
        self.mean: torch.Tensor = torch.tensor(mean or [0.0] * channels, dtype=torch.float32)
        self.std: torch.Tensor = torch.tensor(std or [1.0] * channels, dtype=torch.float32)

    def __call__(self, images: Sequence[Image]) -> torch.Tensor:
        """PIL images of any size and mode -> (B, C, H, W) float32."""
        converted = [
            image.convert("RGBA").convert(self._mode) if image.mode == "P" else image for image in images
        ]
        converted = [image if image.mode == self._mode else image.convert(self._mode) for image in converted]
        pixels: torch.Tensor = self._processor(images=converted, return_tensors="pt")["pixel_values"]
        return pixels.float()


def has_preprocessor(folder: Path) -> bool:
    return (folder / PREPROCESSOR_FILE).is_file()


def load_preprocessor(folders: Sequence[Path], channels: int, image_size: int) -> Preprocessor:
    """The preprocessor of the first model folder that has one; the others' were found to agree with it.

    Raises EngineError("weights") where none has one that can be read, or it makes images of another size than
    `image_size`, the side that costs were counted for.
    """
    import transformers

    folder = next(filter(has_preprocessor, folders), folders[0])
    try:
        loader: Any = transformers.AutoImageProcessor
        processor = loader.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(
            "weights",
            f"{folder} has no {PREPROCESSOR_FILE} that can be read: {str(error).splitlines()[0]}",
            "Save the processor that the model was trained with beside its weights.",
        ) from None
    found = Preprocessor(processor, channels)
    _check_size(found, image_size, folder)
    return found


def _check_size(preprocessor: Preprocessor, side: int, folder: Path) -> None:
    """By an image of that size, which one that does not resize leaves as it is."""
    from PIL import Image

    height, width = preprocessor([Image.new("RGB", (side, side))]).shape[-2:]
    if (height, width) != (side, side):
        raise EngineError(
            "weights",
            f"{folder / PREPROCESSOR_FILE} makes images of {height} x {width} pixels, and the plan counts on "
            f"{side} x {side}",
            "Change the family's image_size, or size and crop_size of that file in every anchor's folder.",
        )
