"""The tables that GeoVLM-R1 (arXiv 2509.25026) and its project page print, in percent; "-" stands for what they leave out.

A line is a model and its cells, one a benchmark; a cell holds the benchmark's figures in the order of `COLUMNS`, parted by "/".
"accuracy" there is token recall, "mAP" and "AP" precision without a ranking: the protocol `earthdial`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Published = dict[str, dict[str, float]]

RECALL = ("token_recall",)
TEXTS = ("rouge1", "rougeL", "meteor")
BOXES = ("precision@0.5", "precision@0.25")
GROUPS = tuple(f"precision@0.5 [{part}]" for part in ("size_group=small", "size_group=medium", "size_group=large"))
REFERRED = (*GROUPS, "precision@0.5 [boxes=single]", "precision@0.5 [boxes=multiple]")
_ANSWERS = ("token_recall [question_type=presence]", "token_recall [question_type=comp]")
LR_ANSWERS = (*_ANSWERS, "token_recall [question_type=rural_urban]", "token_recall")
HR_ANSWERS = (*_ANSWERS, "token_recall")
ACCURACY = ("accuracy",)

Columns = Mapping[str, tuple[str, ...]]

TABLES: Mapping[str, tuple[Columns, str]] = {
    "Classification": (
        dict.fromkeys(("aid", "ucmerced", "whu-rs19", "bigearthnet", "xbd-set1", "fmow"), RECALL),
        """
        GPT-4o        74.73 88.76 91.14 49.00 67.95 21.43
        InternVL-8B   60.40 58.23 79.30 19.73 51.44 21.04
        Qwen2.5-VL-3B 58.27 60.86 78.21 24.75 51.44 34.36
        GeoChat       72.03 84.43 80.09 20.35 53.32 59.20
        EarthDial     88.76 92.42 96.21 73.03 96.37 70.03
        GeoVLM-R1     88.46 97.81 97.91 80.91 98.93 76.93
        """,
    ),
    "Referred detection": (
        {"geochat-refer": REFERRED, "nwpu-refer": REFERRED},
        """
        InternVL2-4B 6.3/24.37/37.38/24.96/11.72   7.1/12.68/25.48/22.96/8.1
        InternVL2-8B 7.20/23.76/31.99/25.77/9.30   4.26/11.85/20.72/21.66/5.86
        GeoChat      2.9/13.6/21.7/16/4.3          2.5/3.2/14.7/13.23/1.9
        EarthDial    11.43/31.76/39.07/34.29/13.41 11.66/14.21/23.12/25.37/8.9
        GeoVLM-R1    36.02/54.72/55.03/57.1/35.04  34.44/48.76/64.91/55.97/41.45
        """,
    ),
    "Region captions and grounding": (
        {"geochat-region": TEXTS, "nwpu-region": TEXTS, "nwpu-grounding": (*BOXES, *TEXTS)},
        """
        GPT-4o       9.41/7.6/8.02     17.68/11.81/9.63  0.7/6.1/14.72/10.82/9.41
        InternVL2-4B -                 -                 10.6/29.87/30.67/29.09/21.92
        InternVL2-8B 10.58/9.06/8.5    11.88/9.63/7.7    -
        GeoChat      72.77/72.74/61.9  62.02/62.02/53.31 2.2/15.27/21.46/20.74/21.38
        EarthDial    73.38/73.34/62.72 72.14/72.14/60.01 17.07/41.00/27.05/26.35/23.12
        GeoVLM-R1    75.92/75.9/66.43  72.10/72.10/55.49 38.74/61.45/31.31/30.08/26.10
        """,
    ),
    "Captions of changes and images": (
        dict.fromkeys(("dubai-cc", "levir-mci", "muds", "sysu", "nwpu-captions", "rsicd", "rsitmd"), TEXTS),
        """
        GPT-4o        8.81/7.45/18.68   10.33/8.4/22.05   14.18/11.02/20.92 16.48/12.32/17.49 19.43/14.86/28.16 20.53/15.59/26.03 18.31/14.22/24.83
        InternVL2-4B  7.31/6.38/21.12   8.88/7.43/22.14   10.25/7.90/17.73  13.27/9.98/14.36  -                 -                 -
        InternVL2-8B  -                 -                 -                 -                 20.69/15.64/30.18 21.59/16.13/28.17 18.91/14.65/26.02
        Qwen2.5-VL-3B 14.41/13.62/27.59 12.27/10.11/26.11 12.13/9.30/18.22  13.61/10.34/16.06 18.82/14.72/26.79 21.37/16.42/26.53 18.79/15.02/25.05
        GeoChat       14.21/14.19/28.91 17.15/35.42/12.35 12.28/12.23/15.98 13.45/12.02/13.96 14.86/12.54/15.21 13.48/11.59/12.39 13.41/11.50/12.33
        EarthDial     31.94/30.66/55.83 33.78/30.47/74.80 28.16/24.03/33.56 18.03/17.42/14.98 45.84/39.96/80.61 33.77/27.61/56.18 26.74/21.72/34.06
        GeoVLM-R1     36.60/34.15/61.22 37.85/34.02/73.56 34.07/27.65/45.94 19.64/18.46/15.45 46.94/40.96/82.00 34.64/28.63/56.54 30.62/25.39/39.07
        """,
    ),
    "xBD": (
        {
            "xbd-caption": TEXTS,
            "xbd-region-set1": RECALL,
            "xbd-region-set2": RECALL,
            "xbd-set1": RECALL,
            "xbd-set2": RECALL,
            "xbd-set3": RECALL,
            "xbd-detection": BOXES,
            "xbd-refer": BOXES,
        },
        """
        GPT-4o        14.21/10.35/19.52 51.68 71.62 67.95 75.45 70.41 0.2/2.15    -
        InternVL2-8B  13.89/10.37/14.92 14.39 58.33 51.44 61.52 51.12 0.6/1.07    -/0.7
        Qwen2.5-VL-3B 11.98/8.12/19.94  71.19 59.69 51.44 56.16 41.26 -           -
        GeoChat       14.18/10.67/12.20 25.30 57.65 53.32 52.19 49.51 1.15/7.2    0.2/3.09
        EarthDial     87.26/87.26/88.53 53.70 83.09 96.37 82.85 54.01 7.6/21.11   5.1/13.09
        GeoVLM-R1     92.26/92.26/93.37 81.36 83.55 98.93 86.39 68.60 38.15/48.13 24.52/34.52
        """,
    ),
    "VQA": (
        {"rsvqa-lrben": LR_ANSWERS, "rsvqa-hrben": HR_ANSWERS},
        """
        MiniGPTv2     55.16/55.22/39.00/54.96 40.79/50.91/46.46
        Qwen2-VL      38.57/67.59/61.00/55.35 66.44/60.41/63.06
        InternVL2-8B  58.54/72.28/71.00/66.51 67.35/76.91/72.70
        Qwen2.5-VL-3B 59.59/75.04/63.00/68.40 59.89/72.26/66.81
        GeoChat       91.09/90.33/94.00/90.70 58.45/83.19/72.30
        LHRS-Bot      88.51/90.00/89.07/89.19 -
        EarthGPT      -                       62.77/79.53/72.06
        TEOChat       91.70/92.70/94.00/92.29 67.50/81.10/75.04
        EarthDial     92.58/92.75/94.00/92.70 58.89/83.11/72.45
        GeoVLM-R1     91.81/93.20/96/92.66    66.38/82.26/75.27
        """,
    ),
    "TEOChatlas FMoW (on the page early, removed later)": (
        dict.fromkeys(("teochatlas-fmow-high", "teochatlas-fmow-low"), ACCURACY),
        """
        Video-LLaVA   16.6  4.9
        Qwen2.5-VL-3B 20.34 5.45
        GeoChat       59.2  26.3
        TEOChat       75.11 45.5
        GeoVLM-R1     78.53 53.0
        """,
    ),
}

# Benchmark → model → what is doubtful about its figures, which stand as printed.
REMARKS: Mapping[str, Mapping[str, str]] = {
    "levir-mci": {
        "GeoChat": "its columns look scrambled in the publication (ROUGE-L above ROUGE-1); they stand as printed"
    }
}


def published_of(benchmark: str) -> Published:
    """Return model → figure → fraction of one benchmark, over all tables."""
    found: Published = {}
    for columns, lines in TABLES.values():
        for model, figures in _column(benchmark, columns, lines):
            found.setdefault(model, {}).update(figures)
    return found


def tables_of(benchmark: str) -> tuple[str, ...]:
    """Return the tables in which a benchmark stands."""
    return tuple(name for name, (columns, _) in TABLES.items() if benchmark in columns)


def _column(benchmark: str, columns: Columns, lines: str) -> Iterator[tuple[str, dict[str, float]]]:
    if benchmark not in columns:
        return
    place = list(columns).index(benchmark)
    for line in lines.strip().splitlines():
        model, *cells = line.split()
        parts = cells[place].split("/")
        if parts != ["-"]:
            named = zip(columns[benchmark], parts, strict=True)
            yield model, {figure: round(float(value) / 100, 6) for figure, value in named if value != "-"}
