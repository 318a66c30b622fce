"""Oil slicks: is there one in the image?

Question    Is there an oil slick? Answer yes or no.
Completion  <think>A dark streak spreads behind the ship.</think><answer>Yes.</answer>
Reference   yes
Scores      format 1.0, exact 1.0
"""

from collections.abc import Iterator

from geovlm_cli import Malformed, Sample, Task, each, hookimpl


def read(text: str, sample: Sample) -> str | Malformed:
    word = text.strip().removesuffix(".").casefold()
    return word if word in ("yes", "no") else Malformed("unknown_label")


def right(answer: str, sample: Sample) -> float:
    return float(answer == sample.reference)


@hookimpl
def geovlm_tasks() -> Iterator[Task]:
    ask = "Is there an oil slick? Answer yes or no."
    scores = {"exact": each(right)}
    yield Task(
        name="oil-spill", kind="answer", summary="Find oil slicks.", prompt=ask, parse=each(read), rewards=scores
    )
