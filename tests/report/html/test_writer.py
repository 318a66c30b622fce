"""The page as a whole: its figures, its behaviour in a browser, and foreign text that tries to be more than text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from PIL import Image

from geovlm_cli.boxes import boxes
from geovlm_cli.data.source import DataSet
from geovlm_cli.evaluation import Settings, evaluate
from geovlm_cli.evaluation.slices import slices
from geovlm_cli.profiles import Profile
from geovlm_cli.report import html
from geovlm_cli.report.overlay import PREDICTED, TRUTH
from geovlm_cli.runs import RunFolder
from geovlm_cli.task import ImageRef, Sample, Task

Dump = Callable[[Path], str]

PROFILE = Profile(name="p", structure="answer", box_syntax="list5", frame="percent")
SCENE = Task(name="scene", kind="label", summary="")
SHIPS = Task(name="ships", kind="boxes", summary="")
HOSTILE = (
    "<script>document.title='OWNED'</script>",
    "</script><script>document.title='OWNED'</script>",
    '"><img src=x onerror="document.title=\'OWNED\'">',
    "' onmouseover='document.title=1",
    "javascript:document.title='OWNED'",
    "</pre></dd></style><svg onload=\"document.title='OWNED'\">",
    "{{ 7 * 7 }}{% raw %}",
    "<!-- --><base href='https://example.org/'>",
    "a\u202eevil\u2066\u200b\u0000\ud800",
    "x" * 30_000,
)


def run_of(tmp_path: Path, samples: Sequence[Sample], *tasks: Task) -> Path:
    """Evaluate saved answers into a run folder, write its report, and return the folder."""
    named = {task.name: task for task in tasks}
    dataset = DataSet(list(samples), "test", [], "0" * 64, f"{tmp_path}/<b>rows</b>.jsonl")
    with RunFolder.create(tmp_path / "run", command="eval", config={}, seed=0) as run:
        evaluate(dataset, named, PROFILE, run=run, settings=Settings(draws=20))
        assert html.write(run.path, samples, named, PROFILE, slices) == run.path / "report" / "index.html"
    return tmp_path / "run"


def scenes(tmp_path: Path) -> list[Sample]:
    Image.new("RGB", (64, 48), (90, 120, 80)).save(tmp_path / "image.png")
    return [
        Sample(
            id=f"s{i}",
            task="scene",
            images=(ImageRef(str(tmp_path / "image.png")),),
            question="What is it?",
            reference=truth,
            completion=f"<answer>{answer}</answer>",
            meta={"class": truth},
        )
        for i, (truth, answer) in enumerate([("port", "port"), ("port", "farm"), ("farm", "farm"), ("farm", "")])
    ]


def ships() -> list[Sample]:
    return [
        Sample(
            id=f"b{i}",
            task="ships",
            question="Find ships.",
            reference=boxes("percent", [[10, 10, 30, 30, 20]]),
            completion=f"<answer>{answer}</answer>",
            meta={"size_group": "small"},
        )
        for i, answer in enumerate(["[10,10,30,30,20]", "[12,10,30,30,20],[1,2,3]", "no"])
    ]


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text inside elements of a class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.found)


def test_the_figures_are_those_of_the_results(tmp_path: Path) -> None:
    run = run_of(tmp_path, [*scenes(tmp_path), *ships()], SCENE, SHIPS)
    page = (run / "report" / "index.html").read_text(encoding="utf-8")
    results = orjson.loads((run / "results.json").read_bytes())
    expected = [
        f"{100 * metric['value']:.2f}"
        for metrics in results["metrics"].values()
        for part in metrics.values()
        for metric in part.values()
    ]
    assert re.findall(r'<td class="number value">([^<]*)</td>', page) == expected
    assert "bad_number" in page or "wrong_arity" in page or "bad_json" in page


def test_rows_stand_worst_first_with_answer_truth_and_completion(tmp_path: Path) -> None:
    run = run_of(tmp_path, ships(), SHIPS)
    page = (run / "report" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<bdi>(.*?)</bdi>", page) == ["b2", "b1", "b0"]
    assert "&lt;answer&gt;[12,10,30,30,20],[1,2,3]&lt;/answer&gt;" in page
    assert "No image could be shown" in page
    assert page.count("<polygon") == 2 * 5  # three truths and two answers, each with its halo


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    samples = scenes(tmp_path)
    run = run_of(tmp_path, samples, SCENE)
    before = (run / "report" / "index.html").read_bytes()
    html.write(run, samples, {"scene": SCENE}, PROFILE, slices)
    assert (run / "report" / "index.html").read_bytes() == before


def hostile_samples(tmp_path: Path) -> list[Sample]:
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    Image.new("RGB", (8, 8)).save(path)
    return [
        Sample(
            id=f"{i} {text}",
            task="scene",
            images=(ImageRef(str(path), text), ImageRef(str(tmp_path / text[:40].replace("/", "").replace("\0", "")))),
            question=text,
            reference=text,
            completion=f"<answer>{text}</answer>{text}",
            meta={"class": text.replace("\ud800", ""), "question_type": "javascript:1"},
        )
        for i, text in enumerate(HOSTILE)
    ]


def test_foreign_text_stays_text(tmp_path: Path, dump: Dump) -> None:
    task = Task(name="scene", kind="label", summary="", images=2)
    run = run_of(tmp_path, hostile_samples(tmp_path), task)
    page = run / "report" / "index.html"
    seen = Elements(dump(page))
    assert (seen.count("script"), seen.count("style"), seen.count("base"), seen.count("title")) == (1, 1, 0, 1)
    attributes = [(tag, name, value or "") for tag, attrs in seen.found for name, value in attrs.items()]
    assert [item for item in attributes if item[1].startswith("on") or item[1] == "style"] == []
    sources = [value for _, name, value in attributes if name in ("src", "href", "xlink:href", "action")]
    assert [value for value in sources if not value.startswith(("#", "data:image/webp;base64,"))] == []
    text = page.read_text(encoding="utf-8")
    assert "OWNED" not in re.findall(r"<title>(.*?)</title>", dump(page))[0]
    assert "\u202e" not in text
    assert "\\u202e" in text
    assert "x" * 20_000 not in text
    headings = re.findall(r'<th scope="row">(.*?)</th>|<bdi>(.*?)</bdi>|<option[^>]*>(.*?)</option>', text)
    assert max(len(unescape(found)) for heading in headings for found in heading) <= 160
    assert "49{%" not in text


def test_the_policy_stops_a_script_that_got_in(tmp_path: Path, dump: Dump) -> None:
    page = run_of(tmp_path, ships(), SHIPS) / "report" / "index.html"
    injected = tmp_path / "injected.html"
    evil = "<script>document.title = 'OWNED'</script><img src=x onerror=\"document.title = 'OWNED'\"><style>a{color:red}</style>"
    injected.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{evil}</main>"), encoding="utf-8")
    assert "<title>OWNED" not in dump(injected)
    assert "3 shown</output>" in dump(injected)  # and the page's own script has run


def test_every_card_with_an_image_is_a_picture_too(tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    pair = [
        Sample(
            id="dir/p.png",
            task="ships",
            images=(ImageRef(str(image), "before"), ImageRef(str(image), "after")),
            question="Find ships.",
            reference=boxes("percent", [[25, 25, 75, 75, 0]]),
            completion="<answer>[50,50,100,100,0]</answer>",
        ),
        Sample(
            id="gone",
            task="ships",
            images=(ImageRef(str(tmp_path / "gone.png")),),
            completion="",
            reference=boxes("percent", [[1, 1, 2, 2, 0]]),
        ),
    ]
    run = run_of(tmp_path, [*scenes(tmp_path), *pair], SCENE, SHIPS)
    folder = run / "report" / "overlays"
    names = [path.name for path in sorted(folder.iterdir())]
    assert names == ["000001-s3.png", "000002-s1.png", "000003-s0.png", "000004-s2.png", "000006-dir-p.png"]
    with Image.open(folder / names[-1]) as opened:
        assert opened.size[0] == 2 * 640 + 4  # before and after, enlarged tenfold to be seen
        drawn = np.asarray(opened.convert("RGB"))[:480, 640 + 4 :]
        assert tuple(drawn[240, 160]) == TRUTH
        assert tuple(drawn[360, 320]) == PREDICTED
        assert opened.size[1] > 480  # question, answer and truth stand below
    (folder / "000099-stale.png").write_bytes(b"")
    (folder / "mine.png").write_bytes(b"")
    html.write(run, [*scenes(tmp_path), *pair], {"scene": SCENE, "ships": SHIPS}, PROFILE, slices)
    assert [path.name for path in sorted(folder.iterdir())] == [*names, "mine.png"]
    page = (run / "report/index.html").read_text(encoding="utf-8")
    assert f"{tmp_path}" not in page
    assert f"…/{tmp_path.name}/gone.png does not exist" in page


def test_a_flaw_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    (sample, *_) = ships()
    gone = str(tmp_path / "gone.png")
    sample.images, sample.flaw = (ImageRef(gone),), f"boxes that need the image's size: Image {gone} does not exist"
    whole = [*ships()[1:], sample]
    page = (run_of(tmp_path, whole, SHIPS) / "report/index.html").read_text(encoding="utf-8")
    assert f"Image …/{tmp_path.name}/gone.png does not exist" in page
    assert str(tmp_path) not in page


def test_published_figures_stand_on_the_page(tmp_path: Path) -> None:
    run = run_of(tmp_path, scenes(tmp_path), SCENE)
    table = [
        ["benchmark", "figure", "A <b>model</b>", "ours", "95 % interval", "n", "rows"],
        ["aid", "accuracy", "91.14", "50.00", "", "4", "4"],
    ]
    html.write(
        run, scenes(tmp_path), {"scene": SCENE}, PROFILE, slices, html.Published({"Scenes": table}, ["† a misprint"])
    )
    page = (run / "report/index.html").read_text(encoding="utf-8")
    assert '<a href="#published">' in page
    assert "A &lt;b&gt;model&lt;/b&gt;</th>" in page
    assert '<td class="number">91.14</td><td class="number ours">50.00</td>' in page
    assert "† a misprint" in page


def test_the_page_names_no_other_place(tmp_path: Path) -> None:
    page = (run_of(tmp_path, scenes(tmp_path), SCENE) / "report" / "index.html").read_text(encoding="utf-8")
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in unescape(page)


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [("task", "ships", ["b2", "b1", "b0"]), ("reason", "empty", ["s3"]), ("slice", "class=port", ["s1", "s0"])],
)
def test_the_gallery_is_filtered(tmp_path: Path, dump: Dump, name: str, value: str, left: list[str]) -> None:
    page = run_of(tmp_path, [*scenes(tmp_path), *ships()], SCENE, SHIPS) / "report" / "index.html"
    driven = tmp_path / "driven.html"
    act = f"const e = document.querySelector('.filters').elements.{name}; e.value = '{value}'; e.dispatchEvent(new Event('change', {{bubbles: true}}));"
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    driven.write_text(text.replace("</body>", f"<script>{act}</script></body>"), encoding="utf-8")
    articles: list[Any] = re.findall(r"<article([^>]*)>.*?<bdi>(.*?)</bdi>", dump(driven), flags=re.DOTALL)
    assert [name for attributes, name in articles if "hidden" not in attributes] == left
