"""`geovlm score`: one completion, or a file of them, against a reference, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from geovlm_cli.commands._listing import echo_fields, echo_rows
from geovlm_cli.commands._truth import Asked, Job, jobs, truth
from geovlm_cli.errors import ConfigError, DataError, clean
from geovlm_cli.profiles import FRAMES, STRUCTURES, Structure
from geovlm_cli.task import KINDS, Malformed, Task

if TYPE_CHECKING:
    from geovlm_cli.rewards import Explanation, Scores

_PLUGIN_EXIT = 5


@click.command(name="score")
@click.argument("completion", required=False)
@click.option("--file", "file", metavar="FILE", help="Read the completion from a file.")
@click.option("--predictions", metavar="FILE", help="Score every `completion` of a JSONL file, a line each.")
@click.option("--task", metavar="T", help="Task that scores (`geovlm tasks list`).")
@click.option("--kind", type=click.Choice(KINDS), help="Score by the rules of a kind, without a task.")
@click.option("--reference", metavar="VALUE", help="The truth: text, or JSON such as [[10,20,50,60,30]].")
@click.option("--row", metavar="FILE#ID", help="Take task and truth from a row of a data file.")
@click.option("--profile", metavar="P", help="Model profile: box syntax, frame, structure.")
@click.option(
    "--structure",
    type=click.Choice(STRUCTURES),
    help="Default: the profile's; without one think_answer, as in training, and any for --predictions.",
)
@click.option(
    "--frame",
    type=click.Choice(FRAMES),
    help="Frame of the reference's boxes, default: the profile's; without a profile also of the answers'.",
)
@click.option("--image-size", metavar="WxH", help="Size of the image in pixels, where a frame needs it.")
@click.option("--choices", metavar="A,B,…", help="Labels to choose from.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object, or one a line with --predictions.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    completion: str | None,
    file: str | None,
    predictions: str | None,
    profile: str | None,
    structure: Structure | None,
    as_json: bool,
    **typed: Any,
) -> None:
    """Score COMPLETION (`-` reads it from stdin) against a reference: components, total, and one sentence why.

    geovlm score --kind answer --reference yes "<think>x</think><answer>yes</answer>"
    """
    speaker = ctx.obj.plugins.profile(profile) if profile else None
    asked = Asked(ctx.obj, speaker, **typed)
    _check_usage(asked, [completion, file, predictions])
    declared = structure or (speaker.structure if speaker else None)
    if predictions is not None:
        code = _score_file(asked, predictions, declared or "any", as_json=as_json)
    else:
        code = _score_one(asked, _completion(completion, file), declared or "think_answer", as_json=as_json)
    ctx.exit(code)


def _check_usage(asked: Asked, completions: Sequence[str | None]) -> None:
    if sum(value is not None for value in completions) != 1:
        raise ConfigError(
            "Give one completion: as the argument (`-` for stdin), with --file, or many with --predictions."
        )
    if asked.reference is not None and asked.row is not None:
        raise ConfigError("Give the truth once: --reference or --row, not both.")
    if asked.task and asked.kind:
        raise ConfigError("Give --task or --kind, not both.")


def _completion(argument: str | None, file: str | None) -> str:
    """Return the completion as typed, or as a file or stdin holds it; undecodable bytes become U+FFFD."""
    if file is None and argument != "-":
        return cast("str", argument)
    try:
        raw = sys.stdin.buffer.read() if file is None else Path(file).read_bytes()
    except OSError as error:
        raise DataError(f"Cannot read {clean(str(file))}: {error.strerror}.") from error
    return raw.decode("utf-8", "replace").removesuffix("\n")


def _score_one(asked: Asked, completion: str, structure: Structure, *, as_json: bool) -> int:
    from geovlm_cli.rewards import explain, resolve
    from geovlm_cli.rewards.scoring import component_weights

    task, batch = truth(asked)
    found = explain(task, completion, batch, structure=structure)
    if as_json:
        _echo_json(_explained(task, found, structure))
    else:
        weights = component_weights(resolve(task), None)
        rows = [
            {"component": name, "score": f"{value:.4f}", "weight": f"{weights.get(name, 0.0):g}"}
            for name, value in found.components.items()
        ]
        echo_rows([*rows, {"component": "total", "score": f"{found.total:.4f}", "weight": ""}], as_json=False)
        click.echo()
        echo_fields(_words(task, found, structure), as_json=False)
    return _PLUGIN_EXIT if found.reason == "plugin_error" else 0


def _words(task: Task, found: Explanation, structure: Structure) -> dict[str, Any]:
    from geovlm_cli.runs import canonical

    answer = _plain(found.answer)
    text = answer if isinstance(answer, str) else canonical(answer).decode()
    read = {"reason": found.reason} if found.reason else {"answer": text}
    return {**read, "why": found.why, "task": f"{task.name} ({task.kind})", "structure": structure}


def _explained(task: Task, found: Explanation, structure: Structure) -> dict[str, Any]:
    return {
        "task": task.name,
        "structure": structure,
        "components": found.components,
        "total": found.total,
        "reason": found.reason,
        "why": found.why,
        "answer": _plain(found.answer),
    }


def _plain(answer: Any) -> Any:
    """Return a parsed answer as JSON values, None for one that did not parse."""
    from geovlm_cli.data.references import write_reference

    return None if isinstance(answer, Malformed) else write_reference(answer)


def _score_file(asked: Asked, path: str, structure: Structure, *, as_json: bool) -> int:
    """Print a line for each completion, task by task, and return the exit code."""
    from geovlm_cli.rewards import score

    code = 0
    for job in jobs(asked, path):
        scores = score(job.task, job.completions, job.batch, on_error="penalise", structure=structure)
        for line in _lines(job, scores):
            _echo_json(line) if as_json else click.echo(_sentence(line))
        code = _PLUGIN_EXIT if scores.errors else code
    click.echo(f"structure {structure}", err=True)
    return code


def _lines(job: Job, scores: Scores) -> Iterator[dict[str, Any]]:
    columns = {name: column.tolist() for name, column in scores.columns.items()}
    rows = zip(job.ids, scores.total.tolist(), scores.reasons.tolist(), strict=True)
    for number, (name, total, reason) in enumerate(rows):
        components = {component: column[number] for component, column in columns.items()}
        yield {"id": name, "task": job.task.name, "components": components, "total": total, "reason": reason}


def _sentence(line: dict[str, Any]) -> str:
    parts = [f"{name} {value:.4f}" for name, value in line["components"].items()]
    reason = f"  {line['reason']}" if line["reason"] else ""
    return f"{clean(line['id'], 60)}  {line['task']}  {'  '.join(parts)}  total {line['total']:.4f}{reason}"


def _echo_json(value: Any) -> None:
    from geovlm_cli.runs import canonical

    click.echo(canonical(value).decode())
