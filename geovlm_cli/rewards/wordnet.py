"""The synonyms of METEOR's third stage: nltk's reader over a WordNet that the user has; nothing is ever downloaded."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from geovlm_cli.errors import ConfigError, DataError
from geovlm_cli.rewards.arguments import one_of

Synonyms = Literal["auto"] | bool

DEBIAN_FOLDER = Path("/usr/share/wordnet")  # where the package wordnet-base puts WordNet 3.0

_DATA_FILES = tuple(f"{kind}.{part}" for kind in ("data", "index") for part in ("adj", "adv", "noun", "verb"))
_OTHER_FILES = ("adj.exc", "adv.exc", "noun.exc", "verb.exc", "cntlist.rev")
_CLASS_OF = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}
_LEXICOGRAPHER_FILES = """
    adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition noun.communication
    noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person noun.phenomenon noun.plant
    noun.possession noun.process noun.quantity noun.relation noun.shape noun.state noun.substance noun.time verb.body verb.change
    verb.cognition verb.communication verb.competition verb.consumption verb.contact verb.creation verb.emotion verb.motion
    verb.perception verb.possession verb.social verb.stative verb.weather adj.ppl
""".split()  # noqa: SIM905  # as a list it would be forty-five lines

_one_reader_at_a_time = threading.Lock()  # nltk's reader seeks in shared files

logger = logging.getLogger(__name__)


def meteor_stages(synonyms: Synonyms = "auto") -> tuple[str, ...]:
    """Return the matching stages that `meteor` runs here: `exact`, `stem`, and `synonyms` where nltk finds its WordNet corpus.

    Raises ConfigError where `synonyms` is True and there is no WordNet.
    """
    return ("exact", "stem", "synonyms") if uses_synonyms(synonyms) else ("exact", "stem")


def uses_synonyms(synonyms: Synonyms) -> bool:
    """Say whether the third stage runs; "auto" takes it where it can be had. Raises ConfigError where it is demanded and is not there."""
    one_of("synonyms", synonyms, ("auto",) if isinstance(synonyms, str) else (True, False))
    found = synonyms is not False and _wordnet() is not None
    if synonyms is True and not found:
        raise ConfigError(
            "METEOR with synonyms needs nltk and its corpus `wordnet`, and they were not found; install nltk and set NLTK_DATA"
            " to a folder with corpora/wordnet (geovlm_cli.rewards.wordnet_corpus makes one from Debian's wordnet-base)."
        )
    return found


def synonyms_of(stems: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return what WordNet has for each stem: the lemmas of one word in all its synsets, as nltk's METEOR takes them."""
    with _one_reader_at_a_time:
        return [(stem, list(_lemmas(stem))) for stem in stems]


@lru_cache(maxsize=100_000)
def _lemmas(stem: str) -> frozenset[str]:
    names = (lemma.name() for synset in _wordnet().synsets(stem) for lemma in synset.lemmas())
    return frozenset(name for name in names if "_" not in name)


@cache
def _wordnet() -> Any:
    """Return nltk's reader, None where nltk or the corpus is missing."""
    try:
        from nltk.corpus import wordnet

        wordnet.ensure_loaded()
    except (ImportError, LookupError, OSError):
        logger.info("METEOR runs without synonyms: nltk or its corpus `wordnet` is not here")
        return None
    return wordnet


def wordnet_corpus(folder: Path | str, source: Path | str = DEBIAN_FOLDER) -> Path:
    """Make an nltk corpus of WordNet 3.0 in `folder`/corpora/wordnet from the data files of `source`, for NLTK_DATA=`folder`.

    Two files that nltk asks for and Debian leaves out are written: `lexnames` from the table of lexnames(5WN), and an empty
    `index.sense`, which METEOR does not read. Returns the corpus folder; raises DataError where a data file is missing.
    """
    corpus = Path(folder) / "corpora" / "wordnet"
    corpus.mkdir(parents=True, exist_ok=True)
    for name in (*_DATA_FILES, *_OTHER_FILES):
        try:
            shutil.copyfile(Path(source) / name, corpus / name)
        except FileNotFoundError as error:
            raise DataError(
                f"`{source}` has no `{name}`; name the folder of a WordNet 3.0 database (Debian's package wordnet-base has one)."
            ) from error
    lines = [f"{i:02d}\t{name}\t{_CLASS_OF[name.split('.')[0]]}\n" for i, name in enumerate(_LEXICOGRAPHER_FILES)]
    (corpus / "lexnames").write_text("".join(lines), encoding="ascii")
    (corpus / "index.sense").touch()
    return corpus
