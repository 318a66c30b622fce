"""Boxes against independent libraries, on real answers broken at random: IoU against shapely, assignment against scipy, both in the detection score,
average precision against pycocotools."""

from __future__ import annotations

import random

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from geovlm_cli import rewards
from geovlm_cli.boxes import Boxes
from geovlm_cli.profiles import Profile
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards.reference.ap import Scene as Named
from geovlm_cli.task import Batch, Sample
from tests.rewards import test_ap as aps
from tests.rewards.boxing import Array, Box, Scene, best_total, drawn, ious, moved, tables
from tests.rewards.conftest import Seen

MANY = pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])  # minutes in the libraries
PROFILE = Profile(name="p", structure="plain", box_syntax="list5", frame="percent")
CHUNK = 5000


def boxes(rows: tuple[Box, ...] | list[Box]) -> Boxes:
    return Boxes("percent", np.array(rows, dtype=np.float64).reshape(-1, 5))


def batch_of(scenes: list[Scene]) -> Batch:
    samples = [Sample(id=str(i), task="t", reference=boxes(scene.true)) for i, scene in enumerate(scenes)]
    return Batch(samples, PROFILE)


def written(scene: Scene) -> str:
    return ", ".join(str(list(box)) for box in scene.predicted) or "[]"


def expected(scene: Scene, table: Array, least: float) -> float:
    count = len(scene.predicted) + len(scene.true)
    return 2 * best_total(np.where(table >= least - 1e-9, table, 0)) / count if count else 1.0


@pytest.mark.parametrize("count", [1000, MANY])
def test_detection_equals_shapely_and_scipy(count: int, seen: Seen) -> None:
    scores: list[float] = []
    for start in range(0, count, CHUNK):
        scenes = [drawn(seed) for seed in range(start, min(start + CHUNK, count))]
        batch = batch_of(scenes)
        answers = rewards.boxes([written(scene) for scene in scenes], batch)
        assert not answers.reasons.any()
        ious_of = tables(scenes)
        for least in (0.0, 0.5):
            found = rewards.detection(answers, batch, min_iou=least)
            wanted = [expected(scene, table, least) for scene, table in zip(scenes, ious_of, strict=True)]
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-7)
        scores += rewards.detection(answers, batch).tolist()
    seen("detection", scores)


FAMILIES = ("real", "touching", "contained", "thin", "huge", "tiny", "far")


def pair(seed: int) -> tuple[Box, Box]:
    """Return two boxes: of a real scene, or touching, one in the other, degenerate, huge, tiny, far from the origin."""
    draw = random.Random(seed)
    family = FAMILIES[seed % 14] if seed % 14 < len(FAMILIES) else "real"
    scene = drawn(seed)
    a = draw.choice(scene.true)
    b = draw.choice([moved(a, draw), moved(a, draw), draw.choice(scene.predicted or scene.true)])
    x1, y1, x2, y2, angle = a
    if family == "touching":
        return (x1, y1, x2, y2, 0.0), (x2, y1, 2 * x2 - x1, y2, 0.0)
    if family == "contained":
        dx, dy = (x2 - x1) * 0.3, (y2 - y1) * 0.3
        return a, (x1 + dx, y1 + dy, x2 - dx, y2 - dy, b[4])
    if family == "thin":
        return (x1, y1, x2, y1 + 1e-3, angle), (x1, y1, x2, y1 + 1e-3, angle + draw.choice([0, 1e-3, 1]))
    if family == "far":
        shift = 9e5
        return (x1 + shift, y1 + shift, x2 + shift, y2 + shift, angle), (
            b[0] + shift,
            b[1] + shift,
            b[2] + shift,
            b[3] + shift,
            b[4],
        )
    scale = {"huge": 1e4, "tiny": 1e-4}.get(family, 1.0)
    return _scaled(a, scale), _scaled(b, scale)


def _scaled(box: Box, scale: float) -> Box:
    return box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale, box[4]


@pytest.mark.parametrize("count", [2000, MANY])
def test_referring_equals_shapely(count: int, seen: Seen) -> None:
    pairs = [pair(seed) for seed in range(count)]
    a, b = (np.array([one[side] for one in pairs]) for side in (0, 1))
    origin = np.concatenate([a[:, [0, 1, 0, 1]], np.zeros((count, 1))], axis=1)
    wanted = ious(a - origin, b - origin)  # shapely itself loses digits far from the origin
    found = rewards.referring([boxes([one]) for one, _ in pairs], [boxes([other]) for _, other in pairs])
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-7)
    plain = [twin.iou(*one) for one in pairs[:3000]]
    np.testing.assert_allclose(found[:3000], plain, rtol=0, atol=1e-9)
    seen("IoU", found)


def spun(seed: int) -> tuple[Box, Box]:
    """Return two long boxes of nearly one place and angle, perhaps after thousands of turns: what differs is a hair."""
    draw = random.Random(seed)
    x, y, angle = draw.uniform(0, 5000), draw.uniform(0, 5000), draw.uniform(-1e6, 1e6)
    width, height = 10 ** draw.uniform(-1, 1), draw.uniform(20, 500)
    turn, step = draw.choice([0.0, width / height, width / height / 9, 360.0]), draw.choice([0.0, width / 3])
    other = (x + step, y, x + step + width, y + height, angle + turn * draw.uniform(-50, 50))
    return (x, y, x + width, y + height, angle), other


THIN = (4558.180416242623, 140.752652456571, 4558.18229222362, 628.7469549599881)


@pytest.mark.parametrize("count", [1000, MANY])
def test_many_turns_cost_no_digits(count: int, seen: Seen) -> None:
    pairs = [((*THIN, 697296.4766873752), (*THIN, 697296.4766873763)), *map(spun, range(count - 1))]
    found = rewards.referring([boxes([one]) for one, _ in pairs], [boxes([other]) for _, other in pairs])
    np.testing.assert_allclose(found, [twin.iou(*one) for one in pairs], rtol=0, atol=1e-9)
    a, b = (np.array([one[side] for one in pairs]) for side in (0, 1))
    origin = np.concatenate([a[:, [0, 1, 0, 1]], np.zeros((count, 1))], axis=1)
    np.testing.assert_allclose(found, ious(a - origin, b - origin), rtol=0, atol=1e-7)
    seen("IoU after many turns", found)


def weights(seed: int) -> Array:
    """Return the IoU of a scene, or weights of any shape with many ties and zeros."""
    draw = random.Random(seed)
    rows, columns = draw.randint(1, 12), draw.randint(1, 12)
    values = draw.choice(
        [[0.0, 0.5, 0.5, 1.0], [0.0, 0.0, *(draw.random() for _ in range(9))], [draw.random() for _ in range(40)]]
    )
    return np.array([[draw.choice(values) for _ in range(columns)] for _ in range(rows)])


@pytest.mark.parametrize("count", [1000, MANY])
def test_assignment_equals_scipy(count: int, seen: Seen) -> None:
    shares = []
    for seed in range(count):
        table = weights(seed)
        pairs = rewards.assign(table)
        rows, columns = pairs.T
        assert len(set(rows.tolist())) == len(set(columns.tolist())) == len(pairs)
        total = float(table[rows, columns].sum())
        assert abs(total - best_total(table)) < 1e-9, seed
        shares.append(total / min(table.shape))
        if seed % 50 == 0:
            greedy = rewards.assign(table, greedy=True).tolist()
            assert greedy == [list(one) for one in twin.greedy(table.tolist())]
    seen("assignment", shares)


def named(seed: int) -> Named:
    """Return a scene with classes: on a coarse grid, where ties are common, or of real boxes."""
    draw = random.Random(seed)
    if seed % 2:
        return aps.scene(draw, draw.randrange(1, 12), draw.randrange(1, 9))
    scene = drawn(seed, turned=False)
    label = {box: draw.choice(aps.NAMES[: draw.choice([1, 2])]) for box in (*scene.true, *scene.predicted)}
    return Named([(label[box], box) for box in scene.predicted], [(label[box], box) for box in scene.true])


def precisions(scene: Named) -> list[float]:
    """Return the AP of one image by pycocotools: over all thresholds, at 0.5, at 0.75."""
    judge: COCOeval = aps.evaluated([scene], areas=["all"])
    precision = judge.eval["precision"][:, :, :, 0, -1]  # threshold, recall, class

    def mean(values: Array) -> float:
        known = values[values > -1]
        return float(known.mean()) if known.size else -1.0

    return [mean(precision), mean(precision[0]), mean(precision[5])]


@pytest.mark.parametrize("count", [300, MANY])
def test_average_precision_equals_pycocotools(count: int, seen: Seen) -> None:
    scores: list[float] = []
    for start in range(0, count, CHUNK):
        scenes = [named(seed) for seed in range(start, min(start + CHUNK, count))]
        answers, truth = [aps.as_boxes(s.predicted) for s in scenes], [aps.as_boxes(s.true) for s in scenes]
        found = np.stack([rewards.ap(answers, truth, threshold=t) for t in (None, 0.5, 0.75)], axis=1)
        np.testing.assert_allclose(found, [precisions(scene) for scene in scenes], rtol=0, atol=1e-9)
        scores += found[:, 0].tolist()
    seen("AP of an image", scores)
