"""The PNGs beside a report: small ones, in our colours, and not too many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.report.html.overlays import Overlays
from geovlm_cli.report.overlay import PREDICTED, TRUTH, frugal
from geovlm_cli.task import ImageRef, Sample


def noisy(path: Path, width: int, height: int) -> ImageRef:
    """The picture that compresses least."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return ImageRef(str(path))


def sample(*images: ImageRef) -> Sample:
    return Sample(
        id="r", task="ships", images=images, question="Find it.", reference=boxes("percent", [[10, 10, 40, 40, 0]])
    )


@pytest.mark.parametrize(
    ("sizes", "width"),
    [([(2000, 2000)], 640), ([(3000, 1500)], 896), ([(1000, 1000)] * 2, 2 * 512 + 4), ([(300, 300)], 600)],
)
def test_images_are_made_small_and_never_enlarged_again(
    tmp_path: Path, sizes: list[tuple[int, int]], width: int
) -> None:
    images = [noisy(tmp_path / f"{i}.png", *size) for i, size in enumerate(sizes)]
    Overlays(tmp_path / "drawn").draw(1, sample(*images), None, "r", None)
    with Image.open(tmp_path / "drawn/000001-r.png") as opened:
        assert (opened.mode, opened.width) == ("P", width)
    assert (tmp_path / "drawn/000001-r.png").stat().st_size < 1.2 * 2**20


def test_outlines_keep_their_colours_in_the_palette(tmp_path: Path) -> None:
    picture = Image.open(noisy(tmp_path / "n.png", 640, 640).source).convert("RGB")
    picture.putpixel((5, 5), TRUTH)
    picture.putpixel((9, 9), PREDICTED)
    small = frugal(picture).convert("RGB")
    assert (small.getpixel((5, 5)), small.getpixel((9, 9))) == (TRUTH, PREDICTED)
    error = np.abs(np.asarray(small, dtype=float) - np.asarray(picture, dtype=float))
    assert error.mean() < 25  # noise of all colours in 256 of them


def test_the_folder_does_not_grow_without_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    image = noisy(tmp_path / "n.png", 640, 640)
    overlays = Overlays(tmp_path / "drawn")
    overlays.draw(1, sample(image), None, "r", None)
    overlays.left = (tmp_path / "drawn/000001-r.png").stat().st_size // 2
    for number in range(2, 6):
        overlays.draw(number, sample(image), None, "r", None)
    names = [path.name for path in sorted((tmp_path / "drawn").iterdir())]
    assert names == ["000001-r.png", "000002-r.png"]
    assert [record.message.partition(" holds ")[2] for record in caplog.records] == [
        "the first 2 answers of the report, 24 MiB; the others come without a PNG"
    ]
