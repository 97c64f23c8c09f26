"""Matrices as codes of 8 or 4 bits with scales, for weights that stay frozen: how they are kept, not how is
computed.

`int8`: a row's largest magnitude is 127, each weight the nearest of 255 steps; one byte a weight, four a row.
`nf4` (QLoRA, arXiv 2305.14314): 64 weights share their largest magnitude, each is the nearest of 16 quantiles
of a normal distribution; half a byte a weight, 1/16 for the magnitudes, which are not quantised again. Its
kernels are bitsandbytes', on the CPU and on GPUs. The type of the codes tells which of the two they are.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import Tensor

from ..optional import require_packages

INT8, NF4 = "int8", "nf4"
#: Weights that share a magnitude in nf4.
NF4_BLOCK = 64


def require_codes(precision: str) -> None:
    """Raises EngineError("environment") where a package is missing for this `frozen_precision`."""
    if precision == NF4:
        require_packages(("bitsandbytes",), "requirements-nf4.txt", "training.frozen_precision: nf4")


def encodes(weight: Tensor, precision: str) -> bool:
    """Whether the matrix has codes: a byte of nf4 holds two weights, and no row ends in the middle of one."""
    return precision == INT8 or (precision == NF4 and weight.shape[1] % 2 == 0)


@torch.no_grad()
def encode(weight: Tensor, precision: str) -> tuple[Tensor, Tensor]:
    """(out, in) on the CPU -> codes and float32 scales.

    int8: (out, in) and (out, 1); nf4: (out, in / 2) and (out * in / 64), rounded up. On the CPU, so that the
    codes do not depend on the device that trains.
    """
    weight = weight.detach().float().contiguous()
    if precision == INT8:
        scales = weight.abs().amax(dim=1, keepdim=True) / 127
        # Of a row of zeros the scale is zero, and the codes must not be 0 / 0.
        codes = torch.round(weight / torch.where(scales > 0, scales, 1))
        return codes.clamp(-127, 127).to(torch.int8), scales
    codes, state = _kernels().quantize_4bit(weight, blocksize=NF4_BLOCK, quant_type=NF4)
    return codes.view(len(weight), -1), state.absmax


def decode(codes: Tensor, scales: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The matrix (out, in) that codes stand for."""
    if codes.dtype == torch.int8:
        return (codes * scales).to(dtype)
    kernels, count = _kernels(), 2 * codes.numel()
    # Not in the matrix' own shape: the CPU's kernel (0.50.2) mistakes blocks that reach into the next row.
    row = NF4_BLOCK if count % NF4_BLOCK == 0 else count
    shape = torch.Size([count // row, row])
    # The kernels know no float64.
    known = torch.float32 if dtype == torch.float64 else dtype
    state = kernels.QuantState(scales.float(), shape=shape, dtype=known, blocksize=NF4_BLOCK, quant_type=NF4)
    decoded: Tensor = kernels.dequantize_4bit(codes.reshape(-1, 1), state)
    return decoded.reshape(len(codes), -1).to(dtype)


def _kernels() -> Any:
    """bitsandbytes' functions; importing them takes seconds."""
    logger = logging.getLogger("bitsandbytes.backends.cpu.ops")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it tells of a product that is not installed, and not used here
    try:
        from bitsandbytes import functional
    finally:
        logger.setLevel(level)
    return functional
