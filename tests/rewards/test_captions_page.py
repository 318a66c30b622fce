"""The code of docs/how-to/score-captions.md runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geovlm_cli.rewards import wordnet

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/score-captions.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=["a-caption", "a-corpus", "wordnet"])
def test_the_code_of_the_page_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "wordnet_corpus" in block and not wordnet.DEBIAN_FOLDER.is_dir():
        pytest.skip("Debian's package wordnet-base is not here")
    monkeypatch.chdir(tmp_path)
    exec(block, {})  # noqa: S102  # the page is ours
    assert (tmp_path / "nltk_data/corpora/wordnet/lexnames").is_file() == ("wordnet_corpus" in block)
