"""Published benchmarks of the tasks here, with the figures of the tables that they are compared with.

Figures: GeoVLM-R1's tables (spec geovlm-r1.md section 5), as fractions; "accuracy" there is token recall. Rows: section 4.1. Licences and
hashes are unknown, because the data sets are assembled from many and were never published with either.
"""

from __future__ import annotations

from collections.abc import Mapping

from geovlm_cli import Benchmark

EARTHDIAL_DATA = "akshaydudhane/EarthDial-Dataset, Eardial_downstream_task_datasets"
MODELS = ("GPT-4o", "InternVL-8B", "Qwen2.5-VL-3B", "GeoChat", "EarthDial", "GeoVLM-R1")


def _published(*percent: float) -> Mapping[str, Mapping[str, float]]:
    return {model: {"token_recall": value / 100} for model, value in zip(MODELS, percent, strict=True)}


def _scenes(name: str, rows: int, *percent: float) -> Benchmark:
    return Benchmark(
        name=name,
        task="scene",
        loader="earthdial",
        protocol="earthdial",
        split="test",
        max_new_tokens=256,
        source=f"{EARTHDIAL_DATA}/Classification",
        rows=rows,
        published=_published(*percent),
    )


def _questions(name: str, rows: int | None, published: Mapping[str, Mapping[str, float]]) -> Benchmark:
    return Benchmark(
        name=name,
        task="vqa",
        loader="earthdial",
        protocol="earthdial",
        split="test",
        max_new_tokens=256,
        source=f"{EARTHDIAL_DATA}/VQA",
        rows=rows,
        published=published,
    )


BENCHMARKS = (
    _scenes("aid", 3000, 74.73, 60.40, 58.27, 72.03, 88.76, 88.46),
    _scenes("ucmerced", 2100, 88.76, 58.23, 60.86, 84.43, 92.42, 97.81),
    _scenes("whu-rs19", 1005, 91.14, 79.30, 78.21, 80.09, 96.21, 97.91),
    _questions("rsvqa-lrben", 10004, {"EarthDial": {"token_recall": 0.9270}, "GeoVLM-R1": {"token_recall": 0.9266}}),
    _questions("rsvqa-hrben", None, {}),
)
