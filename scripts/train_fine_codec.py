"""Train the network of language/fine.py on drawn performances and write assets/fine_codec.npz and its card.

    python scripts/train_fine_codec.py [--minutes 60] [--steps 4000] [--seed 0]

Needs the train extra. The last numbers of a random share of windows are set to 0 (nested dropout, Rippel et al. 2014),
so the numbers are ordered by worth.
"""

import io
import os
import tempfile
from pathlib import Path

import click
import numpy as np
import torch

from facsimile.language.fine import NUM_VALUES, WINDOW, residual
from facsimile.language.performances import draw_performance
from facsimile.language.ticks import encode_ticks

ASSETS = Path(__file__).resolve().parent.parent / "src" / "facsimile" / "assets"
HIDDEN, NUMBERS = 128, 24
BATCH = 256
CARD = """# Weights of the codec for fine motion

`fine_codec.npz`: four matrices, {parameters:,} numbers in half precision, for `facsimile/language/fine.py`. Trained by
`python scripts/train_fine_codec.py --minutes {minutes} --steps {steps} --seed {seed}` on performances drawn by
`facsimile/language/performances.py` ({windows:,} windows of 0.32 s); no recording of a person was used. Licence:
Apache-2.0, like the package. Rate and error: `python benchmarks/face_codec.py`.
"""


def windows(minutes: int, seed: int) -> np.ndarray:
    """Return the residuals [N, W] of one-minute performances."""
    rows = []
    for minute in range(minutes):
        played = draw_performance(np.random.default_rng([seed, minute]), duration_s=60)
        rows.append(residual(played.track, encode_ticks(played.track)))
    return np.concatenate(rows)


class Codec(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        make = torch.nn.Parameter
        self.encode_1 = make(torch.randn(WINDOW, HIDDEN) * (2 / WINDOW) ** 0.5)
        self.encode_2 = make(torch.randn(HIDDEN, NUMBERS) * (1 / HIDDEN) ** 0.5)
        self.decode_1 = make(torch.randn(NUMBERS, HIDDEN) * (2 / NUMBERS) ** 0.5)
        self.decode_2 = make(torch.randn(HIDDEN, WINDOW) * 0.01)

    def forward(self, x: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        bounded = torch.tanh(torch.relu(x @ self.encode_1) @ self.encode_2)
        half = NUM_VALUES // 2
        rounded = bounded + ((bounded * half).round() / half - bounded).detach()
        return torch.relu((rounded * kept) @ self.decode_1) @ self.decode_2


@click.command()
@click.option("--minutes", default=60)
@click.option("--steps", default=4000)
@click.option("--seed", default=0)
def main(minutes: int, steps: int, seed: int) -> None:
    """Train and write."""
    torch.manual_seed(seed)
    data = torch.from_numpy(windows(minutes, seed))
    scale = data.std()
    model = Codec()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    for step in range(steps):
        batch = data[torch.randint(len(data), (BATCH,))]
        kept = torch.arange(NUMBERS)[None] < torch.randint(1, NUMBERS + 1, (BATCH, 1))
        loss = ((model(batch, kept.float()) - batch) ** 2).mean() / scale**2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            click.echo(f"step {step}: share of variance left {loss.item():.3f}", err=True)
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in model.named_parameters()}
    store(arrays, "fine_codec.npz")
    parameters = sum(value.size for value in arrays.values())
    card = CARD.format(parameters=parameters, minutes=minutes, steps=steps, seed=seed, windows=len(data))
    (ASSETS / "fine_codec.md").write_text(card)


def store(arrays: dict[str, np.ndarray], name: str) -> None:
    """Write an archive whole or not at all."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    handle, temporary = tempfile.mkstemp(dir=ASSETS)
    with os.fdopen(handle, "wb") as file:
        file.write(content.getvalue())
    os.chmod(temporary, 0o644)
    os.replace(temporary, ASSETS / name)


if __name__ == "__main__":
    main()
