"""A real Ray cluster of two workers on this machine."""

import hashlib
import importlib
import sys
from pathlib import Path

import pytest
import tiny_renderer

from facsimile.studio.engine import RenderingError, make_dataset
from facsimile.studio.groups import check_same_code
from facsimile.studio.recipe import Recipe
from facsimile.studio.settings import Settings

SETTINGS = Settings(count=18, seed=4, size=32, recipe=Recipe(images_per_identity=4))


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Two people a shard."""
    monkeypatch.setattr("facsimile.studio.settings.SHARD_ROWS", 8)
    monkeypatch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)


def make(folder: Path, render=tiny_renderer.render_group, **options) -> dict[str, str]:
    make_dataset(folder, SETTINGS, render_group=render, is_quiet=True, **options)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture
def by_value():
    """Send the stand-in renderer itself: workers cannot import from the tests."""
    cloudpickle = importlib.import_module("ray.cloudpickle")
    cloudpickle.register_pickle_by_value(tiny_renderer)
    yield
    cloudpickle.unregister_pickle_by_value(tiny_renderer)


@pytest.mark.ray
@pytest.mark.slow
def test_two_ray_workers_make_the_same_bytes_as_one_and_two_processes(tmp_path, by_value):
    ray_made = make(tmp_path / "faces", engine="ray", workers=2)
    assert ray_made == make(tmp_path / "one" / "faces", workers=1)
    assert ray_made == make(tmp_path / "two" / "faces", workers=2)


@pytest.mark.ray
@pytest.mark.slow
def test_ray_names_who_failed_and_who_kills_workers_and_goes_on(tmp_path, by_value):
    folder = tmp_path / "faces"
    with pytest.raises(RenderingError, match=r"(?s)identity 2 \(samples 8-11\).*dataset sample 8 .*bad geometry"):
        make(folder, tiny_renderer.fail_on_person_two, engine="ray", workers=2)
    with pytest.raises(RenderingError, match=r"(?s)identity 2 \(samples 8-11\).*killed twice"):
        make(folder, tiny_renderer.die_on_person_two, engine="ray", workers=2)
    assert make(folder, engine="ray", workers=2) == make(tmp_path / "one" / "faces", workers=1)


@pytest.mark.ray
def test_a_cluster_that_does_not_answer_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"no Ray cluster answers at 'auto'; start one with 'ray start --head'"):
        make(tmp_path / "faces", engine="ray", workers=2, ray_address="auto")


def test_a_missing_ray_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r'needs Ray: pip install "facsimile\[ray\]"'):
        make(tmp_path / "faces", engine="ray")


def test_an_engine_that_is_none_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"engine must be one of \('local', 'ray'\), got 'slurm'"):
        make(tmp_path / "faces", engine="slurm")


def test_a_worker_with_other_code_is_refused():
    with pytest.raises(ValueError, match="install the same version of facsimile on every machine"):
        check_same_code("0123")
