from __future__ import annotations

from geovlm_cli.demo import pooled
from tests.demo.conftest import Played


def test_rows_of_all_seeds_weigh_the_same_and_are_paired(played: Played) -> None:
    head, _, *lines = pooled.table([played.out, played.out])
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines}
    assert [cell.strip() for cell in head.split("|")[2:5]] == ["n", "SFT", "SFT + GRPO"]
    for item in played.results["measures"]:
        n, sft, grpo, long_sft, above, beside = cells[item["name"]]
        models = item["models"]
        assert int(n) == 2 * item["n"]
        assert [sft, grpo, long_sft] == [
            f"{100 * models[name]['greedy']['value']:.1f}" for name in ("sft", "grpo", "long-sft")
        ]
        assert float(above.split()[0]) == round(100 * item["change"]["sft"]["value"], 1)
        assert float(beside.split()[0]) == round(100 * item["change"]["long-sft"]["value"], 1)
