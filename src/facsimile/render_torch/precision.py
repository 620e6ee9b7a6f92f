"""Keep the renderer's arithmetic whole inside a training loop that asks for less."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Switch off autocast, TF32 and gradients for what happens inside; what the caller had set comes back after.

    A matrix product of 10 or 7 significant bits would move vertices by tenths of a millimetre and bend labels.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with (
            torch.no_grad(),
            torch.autocast(device.type, enabled=False),
            torch.backends.cudnn.flags(allow_tf32=False),
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
