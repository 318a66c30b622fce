from __future__ import annotations

import torch

from geovlm_cli.training.optimizer import MuonAdamW


def network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.LayerNorm(8), torch.nn.Linear(8, 4))


def train(model: torch.nn.Module, optimizer: MuonAdamW, steps: int) -> None:
    for step in range(steps):
        optimizer.zero_grad()
        model(torch.full((2, 6), float(step + 1))).square().sum().backward()
        optimizer.step()


def test_hidden_matrices_go_to_muon_and_the_rest_to_adamw() -> None:
    model = network()
    optimizer = MuonAdamW(model, learning_rate=1e-2, weight_decay=0.0)
    train(model, optimizer, 1)
    kinds = {name: "momentum_buffer" in optimizer.state[value] for name, value in model.named_parameters()}
    assert kinds == {
        "0.weight": True,
        "0.bias": False,
        "1.weight": False,
        "1.bias": False,
        "2.weight": True,
        "2.bias": False,
    }


def test_a_scheduler_drives_both_halves() -> None:
    model = network()
    optimizer = MuonAdamW(model, learning_rate=1e-2, weight_decay=0.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.0 if step else 1.0)
    train(model, optimizer, 1)
    scheduler.step()
    before = [value.detach().clone() for value in model.parameters()]
    train(model, optimizer, 1)
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_saved_and_loaded_it_goes_on_as_before() -> None:
    whole, cut = network(), network()
    train(whole, MuonAdamW(whole, learning_rate=1e-2, weight_decay=0.1), 2)
    first = MuonAdamW(cut, learning_rate=1e-2, weight_decay=0.1)
    train(cut, first, 2)
    second = MuonAdamW(cut, learning_rate=5.0, weight_decay=0.0)
    second.load_state_dict(first.state_dict())
    again = network()
    train(again, (optimizer := MuonAdamW(again, learning_rate=1e-2, weight_decay=0.1)), 2)
    train(again, optimizer, 3)
    train(cut, second, 3)
    assert all(torch.equal(one, two) for one, two in zip(cut.parameters(), again.parameters(), strict=True))
