"""The loop learns what can be learnt, fails where there is nothing to learn, and resumes exactly."""

import dataclasses

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

import toy  # noqa: E402

from facsimile.models.reader import ReaderConfig  # noqa: E402
from facsimile.train.batches import Batches, held_out_examples  # noqa: E402
from facsimile.train.recipes import TrainConfig, recipe_named  # noqa: E402
from facsimile.train.trainer import Trainer  # noqa: E402
from facsimile.train.validate import beside, concordance, correlation, predict, score  # noqa: E402

pytestmark = pytest.mark.torch

SMALL = TrainConfig(
    "toy", minutes=None, steps=6, batch_size=32, warm_up_steps=5, validate_every=1000, num_workers=0, bf16=False,
    reader=ReaderConfig(units=toy.UNITS, stem=4, stages=(6, 8, 12), squeeze=4, hidden=32, reference_hidden=16),
    ema_decay=0.9, images_per_person=4,
)  # fmt: skip


def trainer(tmp_path, faces, *, config=SMALL, held_out=None):
    others = toy.toy_faces(40, seed=99) if held_out is None else held_out
    examples = held_out_examples(others, config, make_crop=toy.plain_crop, limit=400)
    batches = Batches(faces, config, make_crop=toy.plain_crop)
    return Trainer(
        config, batches, held_out=examples, folder=tmp_path, template=toy.template(), controller_metric=toy.METRIC
    )


def test_one_batch_is_learnt_by_heart(tmp_path):
    config = dataclasses.replace(SMALL, steps=120, negative_share=0.0, learning_rate=5e-3)
    run = trainer(tmp_path, toy.toy_faces(80, num_people=8), config=config)
    images, targets = run.batches[0]
    losses = []
    for _ in range(120):
        run.train_step(images, targets)
        losses.append((float(run.recent[-1].au), float(run.recent[-1].beside)))
    first, last = np.array(losses)[[0, -1]]
    assert (first > 2).all()
    assert (last < 0.15 * first).all()


def test_a_toy_world_is_read_and_a_shuffled_one_is_not(tmp_path):
    config = dataclasses.replace(SMALL, steps=60, learning_rate=5e-3)
    faces, held_out = toy.toy_faces(640, num_people=100), toy.toy_faces(160, seed=5, num_people=20)
    order = np.random.default_rng(0).permutation(len(faces))
    results = {}
    for name, images in {"true": faces.images, "shuffled": faces.images[order]}.items():
        run = trainer(tmp_path, dataclasses.replace(faces, images=images), config=config, held_out=held_out)
        network = run.run()
        reading = predict(network, run.held_out.images)
        answer = beside(network, reading, run.held_out.targets)
        results[name] = score(reading, run.held_out.targets, beside=answer)
    assert results["true"].concordance > 0.6  # any constant scores 0
    assert results["true"].beside_concordance > 0.6
    assert results["true"].asymmetry > 0.6
    assert results["shuffled"].concordance < 0.15


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path):
    faces = toy.toy_faces(96)
    whole = trainer(tmp_path / "whole", faces, config=SMALL)
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole.run()
    first = trainer(tmp_path / "parts", faces, config=SMALL)
    loader = [first.batches[s] for s in range(3)]
    for batch in loader:
        first.train_step(*batch)
    first.save()
    second = trainer(tmp_path / "parts", faces, config=SMALL)
    torch.manual_seed(12345)
    second.resume()
    second.run()
    assert second.step == whole.step == 6
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name]), name
    for name, value in whole.average.state_dict().items():
        assert torch.equal(value, second.average.state_dict()[name]), name


def test_a_run_can_begin_with_the_weights_of_another(tmp_path):
    faces = toy.toy_faces(96)
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = trainer(tmp_path / "first", faces)
    first.run()
    second = trainer(tmp_path / "second", faces)
    assert second.start_from(tmp_path / "first") == 6
    assert second.step == 0
    for network in (second.network, second.average):
        for name, value in first.average.state_dict().items():
            assert torch.equal(value, network.state_dict()[name]), name


def test_a_run_cannot_begin_with_another_network(tmp_path):
    trainer(tmp_path, toy.toy_faces(96)).save()
    other = dataclasses.replace(SMALL, reader=dataclasses.replace(SMALL.reader, hidden=16))
    with pytest.raises(ValueError, match="a network of other sizes"):
        trainer(tmp_path, toy.toy_faces(96), config=other).start_from(tmp_path)


def test_workers_change_nothing(tmp_path):
    """OpenCV's threads run beforehand: a worker forked while they live must not wait for them."""
    cv2.setNumThreads(4)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (0, 0), 3)
    faces = toy.toy_faces(96)
    ends = []
    for workers in (0, 1):
        run = trainer(tmp_path, faces, config=dataclasses.replace(SMALL, steps=3, num_workers=workers))
        run.run()
        ends.append(run.network.state_dict())
    assert all(torch.equal(ends[0][k], ends[1][k]) for k in ends[0])


def test_resuming_another_network_names_what_differs(tmp_path):
    faces = toy.toy_faces(64)
    trainer(tmp_path, faces).save()
    other = trainer(tmp_path, faces, config=dataclasses.replace(SMALL, batch_size=16, minutes=1.0, steps=None))
    with pytest.raises(ValueError, match="trained with another batch_size"):
        other.resume()


def test_resuming_nothing_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"no checkpoint\.pt to resume from"):
        trainer(tmp_path, toy.toy_faces(64)).resume()


def test_an_interrupted_run_leaves_its_checkpoint(tmp_path):
    run = trainer(tmp_path, toy.toy_faces(64))
    steps = 0

    def stop(images, targets):
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt
        Trainer.train_step(run, images, targets)

    run.train_step = stop
    with pytest.raises(KeyboardInterrupt):
        run.run()
    again = trainer(tmp_path, toy.toy_faces(64))
    again.resume()
    assert again.step == 2


def test_a_spent_run_that_goes_on_takes_no_step_and_keeps_its_weights(tmp_path):
    """Whatever the held-out pictures now say: what was chosen stays chosen."""
    faces = toy.toy_faces(64)
    config = dataclasses.replace(SMALL, steps=None, minutes=1e-4)
    first = trainer(tmp_path, faces, config=config)
    chosen = first.run().state_dict()
    again = trainer(tmp_path, faces, config=config, held_out=toy.toy_faces(40, seed=7))
    again.resume()
    again.best_value = -9.0
    again.train_step = None
    assert all(torch.equal(value, chosen[name]) for name, value in again.run().state_dict().items())
    assert again.step == first.step >= 1
    assert len(again.scores) == len(first.scores) == 1


def test_the_rate_rises_then_falls_to_zero(tmp_path):
    run = trainer(tmp_path, toy.toy_faces(64), config=dataclasses.replace(SMALL, steps=100))
    rates = []
    for run.step in range(101):
        rates.append(run.learning_rate())
    assert np.argmax(rates) == 4
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_too_few_faces_are_refused():
    with pytest.raises(ValueError, match="8 faces are fewer than one batch of 32"):
        Batches(toy.toy_faces(8), SMALL, make_crop=toy.plain_crop)


def test_agreement_in_closed_form():
    truth = np.array([0.0, 1, 2, 3, np.nan])
    assert concordance(truth, truth) == pytest.approx(1)
    assert concordance(truth, truth + 1) == pytest.approx(2 * 1.25 / (1.25 * 2 + 1))
    assert concordance(truth, np.ones(5)) == 0
    assert correlation(truth, 3 - 0.1 * truth) == pytest.approx(-1)
    assert np.isnan(correlation(np.ones(5), truth[:4].repeat(2)[:5]))


def test_a_config_needs_one_budget_and_recipes_know_their_neighbours():
    with pytest.raises(ValueError, match="either minutes or steps"):
        TrainConfig("x", minutes=1.0, steps=1)
    with pytest.raises(ValueError, match="did you mean 'small_cpu'"):
        recipe_named("small_cpus")
    assert recipe_named("small_cpu").minutes == 40
