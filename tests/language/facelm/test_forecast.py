"""The mixture over faces: exact against sums over everything it can say."""

import itertools
import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.language.facelm.forecast import (  # noqa: E402
    Forecast,
    ForecastHead,
    level_chances,
    log_likelihood,
    sample,
)
from facsimile.language.facelm.layout import Layout  # noqa: E402

pytestmark = pytest.mark.torch
K, C, L = 3, 2, 6


def forecast(*, shape=(1, 1), seed=0):
    torch.manual_seed(seed)
    return Forecast(
        torch.randn(*shape, K),
        torch.randn(*shape, K, C, L) * 2,
        torch.randn(*shape, K, 5),
        torch.randn(*shape, K, 5) / 3,
    )


def every_face():
    return torch.tensor(list(itertools.product(range(L), repeat=C)))[:, None, None]


def repeated(one, count):
    return Forecast(*(part.expand(count, *part.shape) for part in one))


def test_chances_of_all_faces_sum_to_one():
    faces = every_face()
    chances = log_likelihood(repeated(forecast(), len(faces)), faces, torch.ones_like(faces, dtype=torch.bool)).exp()
    assert chances.sum().item() == pytest.approx(1, abs=1e-5)


def test_what_is_not_valid_is_summed_out():
    faces = every_face()
    one = repeated(forecast(), len(faces))
    joint = log_likelihood(one, faces, torch.ones_like(faces, dtype=torch.bool)).exp()
    valid = torch.zeros_like(faces, dtype=torch.bool)
    valid[..., 0] = True
    marginal = log_likelihood(one, faces, valid).exp()
    for level in range(L):
        here = faces[:, 0, 0, 0] == level
        assert joint[here].sum().item() == pytest.approx(marginal[here][0].item(), rel=1e-4)
        assert marginal[here][0].item() == pytest.approx(level_chances(forecast())[0, 0, 0, level].item(), rel=1e-4)
    nothing = log_likelihood(one, faces, torch.zeros_like(valid))
    assert nothing.abs().max() < 1e-6


def test_angles_follow_the_gaussian_density():
    one = forecast()
    level, none = torch.zeros(1, 1, C, dtype=torch.long), torch.zeros(1, 1, C, dtype=torch.bool)
    angle, valid = torch.randn(1, 1, 5), torch.ones(1, 1, 5, dtype=torch.bool)
    density = torch.distributions.Normal(one.angle_mean, one.angle_log_sd.exp()).log_prob(angle[:, :, None]).sum(-1)
    expected = (one.mix.log_softmax(-1) + density).logsumexp(-1)
    assert torch.allclose(log_likelihood(one, level, none, angle, valid), expected, atol=1e-5)


def test_samples_follow_the_mixture():
    count = 40_000
    level, angle = sample(repeated(forecast(), count), generator=torch.Generator().manual_seed(1))
    pairs = (level[:, 0, 0, 0] * L + level[:, 0, 0, 1]).bincount(minlength=L * L) / count
    faces = every_face()
    chances = log_likelihood(repeated(forecast(), L * L), faces, torch.ones_like(faces, dtype=torch.bool)).exp()
    assert (pairs - chances[:, 0, 0]).abs().max() < 4 * math.sqrt(0.25 / count)
    mean = (forecast().mix.softmax(-1)[..., None] * forecast().angle_mean).sum(-2)
    assert torch.allclose(angle.mean(0), mean, atol=0.05)


def test_the_same_generator_draws_the_same_face():
    one = forecast()
    draws = [sample(one, generator=torch.Generator().manual_seed(7)) for _ in range(2)]
    assert all(torch.equal(a, b) for a, b in zip(*draws, strict=True))
    with pytest.raises(ValueError, match="temperature: must be above 0, got 0"):
        sample(one, generator=torch.Generator(), temperature=0)


def test_the_head_learns_smile_or_frown_but_not_half_of_each():
    """Two faces that exclude each other: a mixture of two spends one bit, independent columns spend two."""
    bits = {}
    for num_components in (1, 2):
        torch.manual_seed(0)
        head = ForecastHead(4, Layout((12,)), num_horizons=1, num_components=num_components, width=16)
        level = torch.tensor([[0, 5], [5, 0]])[:, None, None, None].expand(-1, 1, 1, 2, 2)
        optimizer = torch.optim.Adam(head.parameters(), 0.03)
        for _ in range(200):
            loss = -log_likelihood(head(torch.ones(2, 1, 4)), level, torch.ones_like(level, dtype=torch.bool)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        bits[num_components] = loss.item() / math.log(2)
    assert bits[1] == pytest.approx(2, abs=0.05)
    assert bits[2] == pytest.approx(1, abs=0.05)
