"""METEOR, BLEU and CIDEr-D equal nltk and pycocoevalcap, in Rust and in the plain twin."""

from __future__ import annotations

import contextlib
import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import nltk
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from nltk.translate.meteor_score import meteor_score
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider

from geovlm_cli import rewards
from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.rewards import reference as twin
from geovlm_cli.rewards import wordnet
from geovlm_cli.task import Batch, Malformed, Sample
from tests.rewards.captioning import Captioned, drawn, read

Say = Callable[[str], None]
SMOOTHING = {"epsilon": SmoothingFunction().method1, "add-one": SmoothingFunction().method2}


class NoWordNet:
    """What nltk's METEOR asks where synonyms are left out."""

    def synsets(self, _: str) -> list[Any]:
        return []


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Write a line that is seen although the test passes."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")

    return write


@pytest.fixture(scope="module")
def with_wordnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let nltk find WordNet 3.0 as Debian ships it."""
    if not wordnet.DEBIAN_FOLDER.is_dir():
        pytest.skip("Debian's package wordnet-base is not here")
    folder = tmp_path_factory.mktemp("nltk_data")
    wordnet.wordnet_corpus(folder)
    nltk.data.path.insert(0, str(folder))
    wordnet._wordnet.cache_clear()
    yield
    nltk.data.path.remove(str(folder))
    wordnet._wordnet.cache_clear()


@pytest.fixture
def without_wordnet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nltk find nothing."""
    monkeypatch.setattr(wordnet, "_wordnet", lambda: None)


def texts_and_references(items: Sequence[Captioned]) -> tuple[list[str], list[tuple[str, ...]]]:
    return [item.text for item in items], [item.references for item in items]


def seen(values: Any, say: Say, name: str) -> None:
    share = float(np.mean((values > 1e-9) & (values < 1 - 1e-9)))
    say(f"{name}: {len(values)} captions, {share:.0%} strictly between 0 and 1")
    assert share >= 0.3


# --- METEOR ----------------------------------------------------------------------------------------------------------------------


def nltk_meteor(item: Captioned, **options: Any) -> float:
    return float(meteor_score([text.split() for text in item.references], item.text.split(), **options))


def compare_meteor(items: Sequence[Captioned]) -> Any:
    """Compare with nltk and the twin, without synonyms."""
    found = rewards.meteor(*texts_and_references(items), synonyms=False)
    for item, value in zip(items, found.tolist(), strict=True):
        assert value == pytest.approx(nltk_meteor(item, wordnet=NoWordNet()), abs=1e-9), item
        assert value == pytest.approx(twin.meteor(item.text, item.references), abs=1e-9), item
    return found


def compare_meteor_with_synonyms(items: Sequence[Captioned]) -> Any:
    found = rewards.meteor(*texts_and_references(items), synonyms=True)
    for item, value in zip(items, found.tolist(), strict=True):
        assert value == pytest.approx(nltk_meteor(item), abs=1e-9), item
    return found


def test_meteor_equals_nltk(say: Say) -> None:
    seen(compare_meteor([drawn(seed) for seed in range(600)]), say, "METEOR, two stages")


@pytest.mark.timeout(3600)
@pytest.mark.slow  # nltk and the twin take minutes
def test_meteor_equals_nltk_on_a_hundred_thousand(say: Say) -> None:
    seen(compare_meteor([drawn(seed) for seed in range(100_000)]), say, "METEOR, two stages")


def test_meteor_with_synonyms_equals_nltk(with_wordnet: None, say: Say) -> None:
    items = [drawn(seed) for seed in range(600)]
    seen(compare_meteor_with_synonyms(items), say, "METEOR, three stages")
    items = [Captioned("an auto beside a sauceboat", ("a car beside the boat",)), *items]
    more, fewer = (rewards.meteor(*texts_and_references(items), synonyms=on) for on in (True, False))
    assert (more != fewer).any()
    assert rewards.meteor_stages() == ("exact", "stem", "synonyms")
    assert (rewards.meteor(*texts_and_references(items)) == more).all()


@pytest.mark.timeout(3600)
@pytest.mark.slow  # nltk takes minutes
def test_meteor_with_synonyms_equals_nltk_on_a_hundred_thousand(with_wordnet: None, say: Say) -> None:
    seen(compare_meteor_with_synonyms([drawn(seed) for seed in range(100_000)]), say, "METEOR, three stages")


def test_the_twin_takes_synonyms_too(with_wordnet: None) -> None:
    for item in [drawn(seed) for seed in range(200)]:
        stems = {twin.stem(token.lower()) for token in item.text.split()}
        plain = twin.meteor(item.text, item.references, synonyms=dict(wordnet.synonyms_of(stems)))
        assert plain == pytest.approx(nltk_meteor(item), abs=1e-9), item


TOKEN = st.sampled_from(["a", "A", "b", "bs", "car", "cars", "Cars", "auto", "autos", "é", "ies", "dying"])
LINE = st.lists(TOKEN, min_size=1, max_size=12).map(" ".join)


@settings(max_examples=300)
@given(LINE, st.lists(LINE, min_size=1, max_size=3).map(tuple))
def test_meteor_of_repeated_words_equals_nltk(text: str, references: tuple[str, ...]) -> None:
    compare_meteor([Captioned(text, references)])


@pytest.mark.parametrize(
    ("name", "three", "two"), [("image_caption/UCM_captions", 51.47, 51.28), ("change/MUDS", 28.31, 27.21)]
)
def test_meteor_of_earthdials_captions_is_the_published_one(
    shared: Path, with_wordnet: None, name: str, three: float, two: float
) -> None:
    texts, references = texts_and_references(read(shared / f"earthdial-preds-dev/{name}.jsonl"))
    meteor = partial(rewards.meteor, texts, references, tokens=NLTKWordTokenizer().tokenize)
    assert 100 * meteor(synonyms=True).mean() == pytest.approx(three, abs=0.005)
    assert 100 * meteor(synonyms=False).mean() == pytest.approx(two, abs=0.005)


def test_without_wordnet_two_stages_run_and_three_are_refused(without_wordnet: None) -> None:
    assert rewards.meteor_stages() == rewards.meteor_stages(synonyms=False) == ("exact", "stem")
    assert rewards.meteor(["an auto"], ["a car"]).tolist() == [0.0]
    with pytest.raises(ConfigError, match="needs nltk and its corpus `wordnet`"):
        rewards.meteor(["an auto"], ["a car"], synonyms=True)


def test_a_wordnet_without_data_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no `data\.adj`"):
        wordnet.wordnet_corpus(tmp_path / "to", tmp_path)


# --- BLEU ------------------------------------------------------------------------------------------------------------------------


def nltk_bleu(item: Captioned, order: int, smoothing: str) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nltk warns of every length without a match
        references, weights = [text.split() for text in item.references], (1 / order,) * order
        return float(sentence_bleu(references, item.text.split(), weights, SMOOTHING.get(smoothing)))


def compare_bleu(items: Sequence[Captioned]) -> Any:
    """Compare with nltk and the twin; returns BLEU-4 with one added."""
    found = np.zeros(len(items))
    for order, smoothing in ((4, "none"), (2, "none"), (1, "none"), (4, "epsilon"), (3, "epsilon"), (4, "add-one")):
        found = rewards.bleu(*texts_and_references(items), order=order, smoothing=smoothing)  # type: ignore[arg-type]  # a Literal
        for item, value in zip(items, found.tolist(), strict=True):
            assert value == pytest.approx(nltk_bleu(item, order, smoothing), abs=1e-9), (item, order, smoothing)
            plain = twin.bleu(item.text, item.references, order=order, smoothing=smoothing)
            assert value == pytest.approx(plain, abs=1e-9), (item, order, smoothing)
    return found


def test_bleu_equals_nltk(say: Say) -> None:
    seen(compare_bleu([drawn(seed) for seed in range(200)]), say, "BLEU-4")


@pytest.mark.timeout(3600)
@pytest.mark.slow  # nltk takes many minutes
def test_bleu_equals_nltk_on_a_hundred_thousand(say: Say) -> None:
    seen(compare_bleu([drawn(seed) for seed in range(100_000)]), say, "BLEU-4")


def coco(scorer: Any, items: Sequence[Captioned]) -> Any:
    """Ask a scorer of pycocoevalcap, which prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        return scorer.compute_score(
            {i: list(item.references) for i, item in enumerate(items)}, {i: [item.text] for i, item in enumerate(items)}
        )


@pytest.mark.parametrize("seed", range(5))
def test_corpus_bleu_equals_pycocoevalcap(seed: int) -> None:
    items = [drawn(1000 * seed + i) for i in range(150)]
    counts = rewards.bleu_counts(*texts_and_references(items))
    assert rewards.corpus_bleu(counts) == pytest.approx(coco(Bleu(4), items)[0], abs=1e-9)
    plain = [twin.bleu_counts(item.text, item.references) for item in items]
    assert counts.tolist() == plain
    assert rewards.corpus_bleu(counts) == pytest.approx(twin.corpus_bleu(plain), abs=1e-9)


def test_weights_count_rows_several_times() -> None:
    items = [drawn(seed) for seed in range(20)]
    weights = np.array([3.0, *[1.0] * 19])
    counts = rewards.bleu_counts(*texts_and_references(items))
    again = rewards.bleu_counts(*texts_and_references([items[0], items[0], *items]))
    assert rewards.corpus_bleu(counts, weights) == pytest.approx(rewards.corpus_bleu(again), abs=1e-12)


def test_an_unread_answer_counts_as_the_empty_text() -> None:
    counts = rewards.bleu_counts([Malformed("no_answer"), "a b"], ["a b c", "a b c"])
    assert counts.tolist() == [[0, 0, 0, 0, 0, 3], [2, 1, 0, 0, 2, 3]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 5}, "order is 5"),
        ({"smoothing": "x"}, "smoothing is x"),
        ({"tokens": "letters"}, "tokens is letters"),
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(rewards.RewardInputError, match=message):
        rewards.bleu(["a"], ["a"], **options)


# --- CIDEr-D ---------------------------------------------------------------------------------------------------------------------


def compare_cider(items: Sequence[Captioned]) -> Any:
    """Compare a corpus with pycocoevalcap."""
    texts, references = texts_and_references(items)
    found = rewards.cider(texts, references)
    mean, each = coco(Cider(), items)
    assert found * rewards.CIDER_SCALE == pytest.approx(each, abs=1e-9)
    assert found.mean() * rewards.CIDER_SCALE == pytest.approx(mean, abs=1e-9)
    return found


def test_cider_equals_pycocoevalcap_and_the_twin(say: Say) -> None:
    items = [drawn(seed) for seed in range(300)]
    found = compare_cider(items)
    seen(found, say, "CIDEr-D")
    documents = [item.references for item in items]
    plain = [twin.cider(item.text, item.references, documents) for item in items[:8]]
    assert found[:8] == pytest.approx(plain, abs=1e-9)


def test_cider_of_the_reference_itself_is_never_above_one() -> None:
    """Rounding alone gives one of these captions 1 + 2e-16."""
    captions = ["c a a k e b g l", "h c a a d", "a a j d i"]
    references = [[caption] for caption in captions]
    assert rewards.cider(captions, references).max() <= 1
    assert max(twin.cider(caption, [caption], references) for caption in captions) <= 1


def test_cider_equals_the_twin_on_small_corpora() -> None:
    for start in range(0, 200, 5):
        items = [drawn(seed) for seed in range(start, start + 5)]
        texts, references = texts_and_references(items)
        plain = [twin.cider(text, refs, references) for text, refs in zip(texts, references, strict=True)]
        assert rewards.cider(texts, references) == pytest.approx(plain, abs=1e-9)


@pytest.mark.timeout(3600)
@pytest.mark.slow  # pycocoevalcap takes a minute
def test_cider_equals_pycocoevalcap_on_a_hundred_thousand(say: Say) -> None:
    corpora = [[drawn(seed) for seed in range(start, start + 2000)] for start in range(0, 100_000, 2000)]
    seen(np.concatenate([compare_cider(items) for items in corpora]), say, "CIDEr-D")


def test_frequencies_of_other_documents_weigh_a_small_batch() -> None:
    items = [drawn(seed) for seed in range(60)]
    texts, references = texts_and_references(items)
    frequencies = rewards.document_frequencies(references)
    assert len(frequencies) == 60
    alone = [
        rewards.cider([text], [refs], frequencies=frequencies)[0] for text, refs in zip(texts, references, strict=True)
    ]
    assert alone == pytest.approx(rewards.cider(texts, references), abs=1e-12)


def test_generations_of_a_prompt_are_weighed_by_the_whole_batch() -> None:
    items = [drawn(seed) for seed in range(30)]
    texts, references = texts_and_references(items)
    batch = Batch([Sample(id=str(i), task="t", reference=refs) for i, refs in enumerate(references)])
    rows = [7, 7, 3]
    found = rewards.cider([texts[row] for row in rows], batch.take(rows))
    assert found == pytest.approx(rewards.cider(texts, references)[rows], abs=1e-12)


# --- all of them -----------------------------------------------------------------------------------------------------------------


def test_the_example_of_nlg_eval_has_its_published_values(shared: Path) -> None:
    texts, *references = [
        (shared / f"nlg-eval-example/{name}.txt").read_text(encoding="utf-8").splitlines()
        for name in ("hyp", "ref1", "ref2")
    ]
    captions = [tuple(pair) for pair in zip(*references, strict=True)]
    bleu = rewards.corpus_bleu(rewards.bleu_counts(texts, captions))
    assert bleu == pytest.approx([0.550000, 0.428174, 0.284043, 0.201143], abs=1e-6)
    assert rewards.cider(texts, captions).mean() * rewards.CIDER_SCALE == pytest.approx(1.242192, abs=1e-6)


METRICS: dict[str, Any] = {
    "meteor": partial(rewards.meteor, synonyms=False),
    "bleu": partial(rewards.bleu, smoothing="add-one"),
    "cider": rewards.cider,
}


@pytest.mark.parametrize("name", METRICS)
def test_words_of_policy_nine_may_be_compared(name: str) -> None:
    metric = METRICS[name]
    references = [("Four Ships, and one port.",), ("quite another caption!",)]
    texts = ["four ships and ONE port", "quite_another caption"]
    assert metric(texts, references, tokens="words") == pytest.approx(
        metric(texts, [texts[:1], ["quite another caption"]], tokens="words")
    )
    assert (metric(texts, references, tokens="words") > metric(texts, references)).all()


@pytest.mark.parametrize("name", METRICS)
def test_bad_truth_and_unread_answers_earn_nothing(name: str) -> None:
    metric = METRICS[name]
    batch = Batch([Sample(id="1", task="t", reference=("...",)), Sample(id="2", task="t", reference=("a b c d e",))])
    assert metric(["...", Malformed("empty")], batch).tolist() == [0.0, 0.0]
    with pytest.raises(rewards.RewardInputError, match="2 rows and the batch has 1"):
        metric(["a", "b"], ["a"])


@pytest.mark.parametrize("name", METRICS)
def test_only_the_first_4000_tokens_count(name: str) -> None:
    metric = METRICS[name]
    text = "a b c d " * 1000
    references = ["a b c d " * 1000, "x y z x"]
    assert metric([text + "e f g h " * 99, "x"], references)[0] == metric([text, "x"], references)[0]


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("several", ["best", "mean"])
def test_the_order_of_references_and_the_size_of_the_batch_do_not_matter(name: str, several: Any) -> None:
    items = [drawn(seed) for seed in range(40)]
    texts, references = texts_and_references(items)
    options = {"meteor": {"several": several}, "cider": {"frequencies": rewards.document_frequencies(references)}}
    metric = partial(METRICS[name], **options.get(name, {}))
    found = metric(texts, references)
    assert metric(texts, [refs[::-1] for refs in references]) == pytest.approx(found, abs=1e-12)
    assert [metric([text], [refs])[0] for text, refs in zip(texts, references, strict=True)] == found.tolist()


def test_meteor_over_references_is_the_best_or_the_mean() -> None:
    items = [drawn(seed) for seed in range(100)]
    for item in items:
        single = [twin.meteor(item.text, [reference]) for reference in item.references]
        for several, expected in (("best", max(single)), ("mean", float(np.mean(single)))):
            found = rewards.meteor([item.text], [item.references], several=several, synonyms=False)  # type: ignore[arg-type]  # a Literal
            assert found[0] == pytest.approx(expected, abs=1e-12)
            assert twin.meteor(item.text, item.references, several=several) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_the_truth_itself_has_all(name: str) -> None:
    metric = METRICS[name]
    references = [(f"{number} ships lie in the port of town {number}",) for number in range(9)]
    expected = 1 - 0.5 / 9**3 if name == "meteor" else 1.0  # METEOR takes off for its one chunk
    assert metric([text for (text,) in references], references) == pytest.approx([expected] * 9, abs=1e-9)


def seconds(metric: Any, words: int) -> float:
    """Return the least CPU seconds that a text takes whose words are all different and half of them in the reference."""
    text = " ".join(f"word{i}" for i in range(words))
    reference = " ".join(f"word{2 * i}" for i in reversed(range(words)))
    batch = Batch([Sample(id=str(i), task="t", reference=(reference,)) for i in range(2)])
    rows = [0] * 20
    metric([text] * 20, batch.take(rows))  # prepares the references
    spent = []
    for _ in range(5):
        start = time.process_time()
        metric([text] * 20, batch.take(rows))
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.mark.parametrize("name", METRICS)
def test_four_times_the_words_cost_about_four_times_as_much(name: str) -> None:
    # A matching of all pairs would cost 16 times as much; 9 leaves room for sorting, caches and a busy machine.
    assert seconds(METRICS[name], 4000) <= 9 * seconds(METRICS[name], 1000) + 0.002
