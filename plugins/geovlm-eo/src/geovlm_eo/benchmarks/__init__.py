"""The benchmarks of GeoVLM-R1's tables: the 27 that its project page names, and FMoW on TEOChatlas, which an early version had.

Rows are those of EarthDial's stored results (github.com/hiyamdebary/EarthDial, src/earthdial/eval/*/results), counted; where no whole file is
stored they are unknown. Hashes and licences are unknown: the sets are put together from many and were published with neither. Folders: the
READMEs and test scripts of the same repository. Caps are for a model that thinks; EarthDial's own were 10 to 500 tokens.
"""

from __future__ import annotations

from geovlm_cli import Benchmark
from geovlm_eo.benchmarks.published import REMARKS, published_of, tables_of

GROUP = "geovlm-r1"
HUB = "akshaydudhane/EarthDial-Dataset"
ROOT = "Eardial_downstream_task_datasets"  # spelled so on the hub
TEOCHATLAS = "jirvin16/TEOChatlas"
EVIDENCE = "figures: GeoVLM-R1's tables; layout: EarthDial's READMEs and test scripts, not looked at on the hub"
COUNTED = "rows: EarthDial's stored results, counted"
_TOKENS = {"bigearthnet": 512, "nwpu-grounding": 512}
_BOX_TASKS = frozenset(("referred-detection", "detection"))


def _earthdial(name: str, title: str, task: str, *places: str, rows: int | None = None) -> Benchmark:
    """A benchmark of EarthDial's data set; places: its folders, below the data set's root or beside each other."""
    return Benchmark(
        name=name,
        title=title,
        task=task,
        loader="earthdial",
        protocol="earthdial",
        split="test",
        max_new_tokens=512 if task in _BOX_TASKS else _TOKENS.get(name, 256),
        source=f"{HUB}, {ROOT}/{places[0]}",
        groups=(GROUP,),
        tables=tables_of(name),
        layout=tuple(f"{root}{place}" for root in (f"{ROOT}/", "") for place in places),
        rows=rows,
        published=published_of(name),
        remarks=REMARKS.get(name, {}),
        evidence=EVIDENCE if rows is None else f"{COUNTED}; {EVIDENCE}",
    )


def _teochatlas(name: str, title: str, file: str) -> Benchmark:
    return Benchmark(
        name=name,
        title=title,
        task="temporal",
        loader="teochatlas",
        protocol="strict",
        split="test",
        max_new_tokens=256,
        source=TEOCHATLAS,
        groups=(GROUP,),
        tables=tables_of(name),
        layout=(f"TEOChatlas/eval/{file}", f"eval/{file}"),
        published=published_of(name),
        evidence="figures: an early version of GeoVLM-R1's project page; layout: the names that readers of the set open, not looked at on the hub",
    )


def _xbd(name: str, title: str, task: str, folder: str) -> Benchmark:
    places = (f"Change_detection/xBD/{folder}", f"Change_detection/xBD/test/{folder}")
    return _earthdial(name, title, task, *places)


def _change(name: str, title: str, folder: str, shard: str) -> Benchmark:
    return _earthdial(name, title, "change-caption", f"Change_detection/{folder}/{shard}", f"Change_detection/{folder}")


def _captions(name: str, title: str, folder: str, rows: int) -> Benchmark:
    places = (f"Image_captioning/{folder}/{folder}_test", f"Image_captioning/{folder}")
    return _earthdial(name, title, "image-caption", *places, rows=rows)


def _scenes(name: str, title: str, folder: str, rows: int) -> Benchmark:
    return _earthdial(name, title, "scene", f"Classification/{folder}/test", f"Classification/{folder}", rows=rows)


BENCHMARKS = (
    _scenes("aid", "AID (zero-shot)", "AID", 3000),
    _scenes("ucmerced", "UCMerced (zero-shot)", "UCM", 2100),
    _scenes("whu-rs19", "WHU-RS19 (zero-shot)", "WHU_19", 1005),
    _earthdial(
        "bigearthnet",
        "BigEarthNet RGB",
        "multi-label",
        "Classification/BigEarthNet_FINAL_RGB",
        "Classification/BigEarthNet_RGB",
    ),
    _earthdial("fmow", "FMoW temporal", "temporal", "Change_detection/FMoW_RGB_Valid"),
    _xbd("xbd-set1", "xBD set 1: type of disaster", "temporal", "xBD_testset_1"),
    _xbd("xbd-set2", "xBD set 2: any building affected", "temporal", "xBD_testset_2"),
    _xbd("xbd-set3", "xBD set 3: how many buildings affected", "temporal", "xBD_testset_3"),
    _xbd("xbd-region-set1", "xBD regions set 1: level of damage", "damage", "xBD_reg_cls_testset_1"),
    _xbd("xbd-region-set2", "xBD regions set 2: affected or not", "damage", "xBD_reg_cls_testset_2"),
    _xbd("xbd-caption", "xBD captions", "image-caption", "xBD_test_image_captioning"),
    _xbd("xbd-detection", "xBD detection", "detection", "xBD_object_detection"),
    _xbd("xbd-refer", "xBD referred detection", "referred-detection", "xBD_referred_object_detection"),
    _earthdial(
        "geochat-refer", "GeoChat referred detection", "referred-detection", "Detection/Geochat_Bench", rows=7593
    ),
    _earthdial(
        "nwpu-refer",
        "NWPU VHR-10 referred (zero-shot)",
        "referred-detection",
        "Detection/NWPU_VHR_10_test",
        rows=1601,
    ),
    _earthdial("geochat-region", "GeoChat region captions", "region-caption", "Region_captioning/GeoChat", rows=2797),
    _earthdial(
        "nwpu-region",
        "NWPU VHR-10 region captions (zero-shot)",
        "region-caption",
        "Region_captioning/NWPU_VHR_10_test_region_captioning",
        "Region_captioning/NWPU_VHR_10_test",
        rows=985,
    ),
    _earthdial(
        "nwpu-grounding",
        "NWPU VHR-10 grounding description (zero-shot)",
        "grounding",
        "Grounding_description/NWPU_VHR_10_grounding_test",
    ),
    _change("dubai-cc", "Dubai-CC", "DUBAICC", "Dubai_ChangeDetection_test"),
    _change("levir-mci", "LEVIR-MCI", "LEVIRCC", "LEVIR_ChangeDetection_test"),
    _change("muds", "MUDS", "MUDS", "MUDS_ChangeDetection_test"),
    _earthdial("sysu", "SYSU (zero-shot)", "change-caption", "Change_detection/SYSU"),
    _captions("nwpu-captions", "NWPU-Captions", "NWPU_RESISC45_Captions", 3150),
    _captions("rsicd", "RSICD", "RSICD_Captions", 1093),
    _captions("rsitmd", "RSITMD (zero-shot)", "RSITMD_Captions", 452),
    _earthdial("rsvqa-lrben", "RSVQA-LRBEN", "vqa", "VQA/RSVQA_LR", rows=10004),
    _earthdial("rsvqa-hrben", "RSVQA-HRBEN (zero-shot)", "vqa", "VQA/RSVQA_HRBEN"),
    _teochatlas("teochatlas-fmow-high", "TEOChatlas FMoW, high resolution", "fMoW_High_Res.json"),
    _teochatlas("teochatlas-fmow-low", "TEOChatlas FMoW, low resolution", "fMoW_Low_Res.json"),
)
