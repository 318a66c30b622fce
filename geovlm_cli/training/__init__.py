"""Training: SFT and GRPO on TRL's trainers. Import `geovlm_cli.training.sft` or `.grpo` to train; `rows` and `plan` need no torch."""
