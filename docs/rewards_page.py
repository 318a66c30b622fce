"""The page docs/reference/rewards.md: prose that stands here, and everything else from the code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from geovlm_cli import rewards
from geovlm_cli.rewards import guards, kinds, protocols_of_kind, variants, vlm_r1
from geovlm_cli.rewards.adapters import MixedRewards, MixedScores, ms_swift, trl, verl
from geovlm_cli.rewards.explanation import PLAIN
from geovlm_cli.rewards.reference import common
from geovlm_cli.task import KINDS, Task

HEAD = """# Parsers, scores, penalties

Written by `make docs` from the code; a test compares the two and runs the examples.

Everything here stands in `geovlm_cli.rewards` and needs no task, no plugin and no torch. Parsers take texts, scores take what parsers gave
(or plain Python values) and references, and both work on whole batches in Rust.

```pycon
>>> from geovlm_cli import Malformed, rewards
>>> rewards.set_f1([("airport", "river"), Malformed("empty")], [("airport",), ("port",)]).round(3).tolist()
[0.667, 0.0]
>>> rewards.rouge(["two ships in a port"], ["two ships"]).round(3).tolist()
[0.571]
>>> rewards.token_recall(["forest, river"], [("river", "forest")]).tolist()
[1.0]

```

Boxes carry their frame; IoU is taken in the frame of the reference, and a profile says how a model writes them.

```pycon
>>> from geovlm_cli import Batch, Profile, Sample
>>> from geovlm_cli.boxes import boxes
>>> profile = Profile(name="mine", structure="plain", box_syntax="internvl", frame="permille")
>>> truth = boxes("pixel", [[0, 0, 50, 50]])
>>> batch = Batch([Sample(id="1", task="t", reference=truth, image_size=(100, 100))], profile)
>>> answers = rewards.boxes(["<ref>a ship</ref><box>[[0, 0, 500, 250]]</box>"], batch)
>>> rewards.detection(answers, batch).tolist(), rewards.ap(answers, batch, threshold=0.5).round(3).tolist()
([0.5], [1.0])

```

`score` does all steps for a task: structure, parser, one column a component, the weighted total.

```pycon
>>> from geovlm_cli import Task
>>> task = Task(name="landcover", kind="labels", summary="Name the land cover.", vocabulary=("forest", "river"))
>>> rows = Batch([Sample(id="1", task="landcover", reference=("forest",))] * 2, Profile(name="mine"))
>>> completions = ["<think>trees</think><answer>forest, river</answer>", "forest"]
>>> found = rewards.score(task, completions, rows, weights={"f1": 1.0, "length": -0.1})
>>> found.columns["f1"].round(3).tolist(), found.reasons.tolist()
([0.667, 0.0], ['', 'no_answer'])

```

A component is a float64 in [0, 1]. A row whose answer cannot be read has 0 and a named reason; a row whose truth cannot be scored has 0 and the reason
`bad_truth`. Wrong shapes, lengths, dtypes and options raise `RewardInputError`, a `ValueError` that names the argument and the row. Model output raises nothing.
"""
SYNTAXES = """## Box syntaxes

A profile declares one; nothing is guessed.

| syntax | an answer | numbers |
|---|---|---|
| `qwen-json` | `[{"bbox_2d": [10, 20, 30, 40], "label": "ship"}]`, perhaps in a json fence; the one syntax with labels | 4 |
| `list4` | `[10, 20, 30, 40], [1, 2, 3, 4]`, `[[…], […]]`, `[[…]][[…]]`, `[]` | 4 |
| `list5` | the same with an angle in degrees, counter-clockwise on screen | 5 |
| `geochat` | `<p>two ships</p> {<10><20><30><40>\\|<45>}<delim>{<1><2><3><4>}`; a missing angle is 0 | 4 or 5 |
| `internvl` | `<ref>two ships</ref><box>[[10, 20, 30, 40], [1, 2, 3, 4]]</box>`, the tags may be missing | 4 |

Four-number boxes are clipped to the image, five-number ones are not. In a grounded text (`grounded`) the same marks stand among words.
"""
COMPILED = {  # a compiled function's words stand in its stub
    "iou": "IoU of boxes float64[n, 5] and float64[m, 5] of one frame, pairwise and exact, of turned boxes too: float64[n, m]; 0 where the union is 0.",
    "DocumentFrequencies": "Document frequencies of n-grams for `cider`, of any references: `DocumentFrequencies(documents, *, tokens)`, a list of texts a document. tokens: `blanks` or `words`.",
    "Texts": "The answer texts of completions, held by the engine: `texts[i]` is the answer or None, `think(i)` the think body; `format` float64[n], `reasons` uint8[n].",
    "RewardInputError": "A `ValueError`: an argument has the wrong shape, length, type or value; the sentence names the argument and the row.",
    "RewardInternalError": "A mistake of ours inside the engine, as an `Exception` and never a crash; please report it.",
    "assign": "The one-to-one pairs (row, column) of greatest summed IoU among those of at least `min_iou`: int64[k, 2], by row. greedy: the greatest free pair again and again, among equals the first row, then the first column.",
}
PARSERS = (
    (
        "label",
        "one label of the row's choices, else of the task's vocabulary, else any; equality after normalisation",
        "`empty` `unknown_label`",
    ),
    (
        "labels",
        "labels between commas, semicolons, newlines, or a JSON list; unknown ones count as wrong",
        "`empty` `too_many` and those of JSON",
    ),
    ("answer", "what the reference asks for: a count, yes or no, or a word", "`bad_number` `unknown_label` `empty`"),
    ("count", "a plain count such as `12`", "`bad_number`"),
    ("yes_no", "the bare word yes or no", "`unknown_label`"),
    ("text", "the trimmed text", "`empty` `too_long`"),
    (
        "box",
        "exactly one box in the profile's syntax",
        "`empty` `too_many` `wrong_arity` `invalid_box` `wrong_type` and those of JSON",
    ),
    (
        "boxes",
        "any number of boxes; an item that is no box counts as a false one",
        "`wrong_type` `too_many` `too_deep` and those of JSON",
    ),
    ("grounded", "a text with boxes written among its words", "those of `boxes` and `text`"),
)
TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Labels and short answers", ("set_f1", "recall", "jaccard", "equal", "token_recall", "geochat_equal")),
    (
        "Boxes",
        (
            "detection",
            "detection_max",
            "referring",
            "matches",
            "box_precision",
            "box_recall",
            "box_f1",
            "any_match",
            "digit_boxes",
            "ap",
            "iou",
            "assign",
        ),
    ),
    (
        "Texts",
        (
            "lcs_f",
            "rouge",
            "coco_rouge",
            "meteor",
            "meteor_stages",
            "wordnet_corpus",
            "bleu",
            "bleu_counts",
            "corpus_bleu",
            "cider",
            "document_frequencies",
            "DocumentFrequencies",
            "levenshtein",
            "token_jaccard",
            "lexical",
            "sbert",
            "hslr",
        ),
    ),
    ("Text with boxes", ("grounding",)),
    ("Penalties", ("repetition", "length", "overlong")),
)
AROUND = (
    "score",
    "Scores",
    "components",
    "component_weights",
    "variants",
    "resolve",
    "check_frame_is_declared",
    "protocols_of_kind",
    "read_structure",
    "Texts",
    "Answers",
    "BoxAnswers",
    "explain",
    "Explanation",
    "unusable",
    "RewardInputError",
    "RewardInternalError",
)
CONSTANTS = """| constant | is |
|---|---|
| `FORMAT` | the name of the host's own component, `format` |
| `REASONS` | the reasons by code, below; code 0, the empty name, is an answer that was read |
| `CIDER_SCALE` | 10: what pycocoevalcap multiplies CIDEr-D with and `cider` does not |
"""


def page() -> str:
    """Return the page."""
    parts = [
        HEAD,
        SYNTAXES,
        _parsers(),
        _scores(),
        _around(),
        _adapters(),
        _components(),
        _protocols(),
        _vlm_r1(),
        _limits(),
        _reasons(),
    ]
    return "\n".join(parts)


def _parsers() -> str:
    rows = [(f"`{name}`", reads, reasons) for name, reads, reasons in PARSERS]
    text = (
        "## Parsers\n\n`parser(texts, batch)` gives one answer a text: a value, or `Malformed(reason)`. Those of JSON are `bad_json`, `bad_fence`, `duplicate_key`, "
        "`too_deep`, `bad_number` and `wrong_type`; a structure that cannot be read comes first (`no_answer`, `many_answers` …).\n\n"
    )
    return text + _table(("parser", "reads", "reasons"), rows)


def _scores() -> str:
    blocks = ["## Scores\n"]
    for topic, names in TOPICS:
        found = [name for name in names if hasattr(rewards, name)]
        blocks += [f"### {topic}\n", *(_function(name, getattr(rewards, name)) for name in found)]
    return "\n".join(blocks)


def _around() -> str:
    blocks = (_function(name, getattr(rewards, name)) for name in AROUND)
    return "\n".join(["## Tasks and completions\n", *blocks, CONSTANTS])


def _adapters() -> str:
    members: dict[str, Callable[..., Any]] = {
        "MixedRewards": MixedRewards,
        "MixedRewards.of": MixedRewards.of,
        "MixedRewards.rows": MixedRewards.rows,
        "MixedRewards.score": MixedRewards.score,
        "MixedScores": MixedScores,
        "trl.TrlRewards": trl.TrlRewards,
        "trl.TrlRewards.functions": trl.TrlRewards.functions,
        "verl.compute_score_of": verl.compute_score_of,
        "ms_swift.reward_classes": ms_swift.reward_classes,
    }
    head = "## Adapters\n\nIn `geovlm_cli.rewards.adapters`; [how](../how-to/score-in-other-trainers.md) to use them.\n"
    return "\n".join([head, *(_function(name, member) for name, member in members.items())])


def _function(name: str, function: Callable[..., Any]) -> str:
    text = COMPILED.get(name) or inspect.getdoc(function) or ""
    return f"**`{name}{_signature(function)}`**\n\n{text}\n"


def _signature(function: Callable[..., Any]) -> str:
    if inspect.isclass(function):
        return ""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # compiled
        return ""
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in parameters if p.name != "self"]
    return str(inspect.Signature(bare))


def _components() -> str:
    rows = []
    for kind in KINDS:
        task = Task(name="t", kind=kind, summary="")
        own = list(kinds.resolve(task).rewards)
        more = [name for name in variants(task) if name not in own]
        rows.append((f"`{kind}`", _listed(own), _listed(more)))
    text = (
        "## Reward components by kind\n\n`rewards.<task>: {f1: 1.0, repetition: -0.2}` in the configuration mixes them; the first one is the default, with `format` beside it.\n\n"
        + _table(("kind", "computed by default", "by name"), rows)
    )
    penalties = _listed(guards.guards(Task(name="t", kind="text", summary="")))
    return f"{text}\nEvery task also has the penalties {penalties}, at a weight of at most 0.\n"


def _protocols() -> str:
    rows = [(f"`{kind}`", _listed(protocol.name for protocol in protocols_of_kind(kind))) for kind in KINDS]
    text = "".join(f"\n*Of {name}.* {_whole(module)}\n" for name, module in _protocol_modules())
    return (
        "## Protocols by kind\n\nBeside `strict` and a task's own, `geovlm eval --protocol NAME` measures any task of a kind under these.\n\n"
        + _table(("kind", "protocols"), rows)
        + text
    )


def _protocol_modules() -> Iterable[tuple[str, ModuleType]]:
    from geovlm_cli.rewards.protocols import captions, coco
    from geovlm_cli.rewards.protocols import vlm_r1 as catalogue

    return (("boxes", coco), ("captions", captions), ("every kind", catalogue))


def _vlm_r1() -> str:
    methods = {function: f"`{name}`" for name, function in vlm_r1.METHODS.items()}
    functions = [*methods, vlm_r1.rec, vlm_r1.length, vlm_r1.repetition]
    catalogue = [
        (f"`{function.__name__}({_positional(function)})`", methods.get(function, ""), _first(function))
        for function in functions
    ]
    bugs = [(f"`{name}`", text) for name, text in vlm_r1.BUGS.items()]
    return "\n".join(
        [
            "## The VLM-R1 catalogue\n",
            _whole(vlm_r1),
            "",
            "```pycon",
            ">>> from geovlm_cli.rewards import vlm_r1",
            '>>> vlm_r1.yes_no("<answer>not sure</answer>", "no"), vlm_r1.yes_no("<answer>not sure</answer>", "no", bugs=["substring"])',
            "(0.0, 1.0)",
            "",
            "```",
            "",
            _table(("reward", "method of `accuracy`", "is"), catalogue),
            _table(("bug", "what it does"), bugs),
        ]
    )


def _positional(function: Callable[..., Any]) -> str:
    parameters = inspect.signature(function).parameters.values()
    return ", ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)


_UNICODE = (
    "\nCharacters are those of Unicode 18.0 (case folding: 16.0), whatever Python runs; the plain twin has the tables of that Python. "
    "[What follows from it](../explanation/exactness.md#which-unicode)\n"
)


def _limits() -> str:
    rows = [
        ("completion", f"{common.MAX_BYTES:,} bytes", "`too_long`"),
        ("JSON depth", str(common.MAX_DEPTH), "`too_deep`"),
        ("a number, an integer", f"{common.MAX_NUMBER}, {common.MAX_INTEGER} characters", "`bad_number`"),
        ("boxes of an answer", str(common.MAX_BOXES), "`too_many`"),
        ("labels of an answer", str(common.MAX_LABELS), "`too_many`"),
        ("coordinates", f"±{common.MAX_MAGNITUDE:g}", "no box"),
        ("words that `lcs_f`, `rougeL`, `rougeLsum` and `coco_rouge` read", f"the first {common.MAX_WORDS:,}", ""),
        ("letters that `levenshtein` reads", f"the first {common.MAX_CHARACTERS:,}", ""),
        ("detections that `ap` ranks", "100 of a class and an image", ""),
    ]
    return "## Bounds\n\n" + _table(("of", "is", "beyond it"), rows) + _UNICODE


def _reasons() -> str:
    rows = [(f"`{name}`", PLAIN[name].replace("<", "\\<")) for name in rewards.REASONS if name]
    return "## Reasons\n\n" + _table(("reason", "means"), rows)


def _first(thing: Any) -> str:
    """Return the first sentence of a docstring."""
    lines = (inspect.getdoc(thing) or "").split("\n\n")[0].split("\n")
    return " ".join(line.strip() for line in lines).replace("|", "\\|")


def _whole(module: ModuleType) -> str:
    return " ".join((inspect.getdoc(module) or "").split())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines) + "\n"
