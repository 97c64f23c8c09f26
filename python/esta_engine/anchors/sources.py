"""Where an anchor's files are: a folder that ships with estakit, a folder, a GGUF file, or the Hugging Face
hub's cache.

Nothing is downloaded unless the caller allows it; HF_HUB_OFFLINE forbids it whatever the caller says. Hub
revisions are pinned by the plan. Weights are safetensors or GGUF only: nothing is unpickled.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import EngineError
from ..files import sha256_file
from ..gguf import is_gguf
from ..plan import Weights

#: The root of the repository, or of the installed npm package: packaged families lie under it.
PACKAGE_ROOT = Path(__file__).resolve().parents[3]
#: What is fetched of a hub model.
HUB_FILES = [
    "config.json", "generation_config.json", "preprocessor_config.json", "*.safetensors",
    "model.safetensors.index.json", "tokenizer*.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.*",
]  # fmt: skip


def resolve_weights(weights: Weights, *, root: Path = PACKAGE_ROOT, allow_download: bool = False) -> Path:
    """The local folder of an anchor, or its GGUF file. Raises EngineError("weights") where there is none."""
    if weights.source == "hub":
        return fetch_hub(weights.location, weights.revision, allow_download=allow_download)
    if weights.source == "gguf":
        file = Path(weights.location)
        if not file.is_file():
            raise EngineError("weights", f"there is no file {file}", "Plan again with the file's place.")
        return file
    folder = root / weights.location if weights.source == "packaged" else Path(weights.location)
    if not (folder / "config.json").is_file():
        raise EngineError(
            "weights",
            f"{folder} holds no model: there is no config.json",
            "Give a folder in Hugging Face layout: config.json, model.safetensors, preprocessor_config.json.",
        )
    return folder


def fetch_hub(repository: str, revision: str | None, *, allow_download: bool) -> Path:
    """The cached folder of a hub model, downloaded if allowed. Raises EngineError("weights")."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    offline = constants.HF_HUB_OFFLINE or not allow_download
    name = repository if revision is None else f"{repository} at {revision}"
    try:
        return Path(
            snapshot_download(
                repository, revision=revision, allow_patterns=HUB_FILES, local_files_only=bool(offline)
            )
        )
    except LocalEntryNotFoundError:
        raise EngineError(
            "weights",
            f"{name} is not in the local cache"
            + (
                " and HF_HUB_OFFLINE is set"
                if constants.HF_HUB_OFFLINE
                else ", and downloads are not allowed"
            ),
            f"Fetch it first with `esta fetch {repository}`, or allow it with --allow-download.",
        ) from None
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise EngineError(
            "weights",
            f"cannot fetch {name}: {type(error).__name__}: {str(error).partition(chr(10))[0]}",
            "Check the name, the revision and the network; set HF_TOKEN for gated models.",
        ) from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model, by name. Raises EngineError("weights") where there is none."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise EngineError(
            "weights",
            f"{folder} holds no *.safetensors file",
            "Convert the weights with `save_pretrained`; pickled weights are not read.",
        )
    return files


def weights_sha256(place: Path) -> str:
    """SHA-256 of a GGUF file or of a folder's one weight file; of the lines `digest  name` where there are
    several.
    """
    files = [place] if is_gguf(place) else weight_files(place)
    digests = [(sha256_file(file), file.name) for file in files]
    if len(digests) == 1:
        return digests[0][0]
    text = "".join(f"{digest}  {name}\n" for digest, name in digests)
    return hashlib.sha256(text.encode()).hexdigest()
