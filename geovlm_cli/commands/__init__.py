"""The commands: name → (module under `geovlm_cli.commands`, one line of help). Listed here so that `geovlm --help` imports none of them."""

COMMANDS: dict[str, tuple[str, str]] = {
    "sft": ("sft", "Fine-tune a model on the answers of your data."),
    "grpo": ("grpo", "Post-train a model with the rewards of its tasks (GRPO)."),
    "eval": ("eval", "Score a model or saved answers, with intervals and reasons."),
    "predict": ("predict", "Answer questions about images; boxes in pixels, overlays."),
    "score": ("score", "Score one completion against a reference and say why."),
    "check": ("check", "Look at data before a GPU is used: truths, rewards, sizes, leakage."),
    "data": ("data", "Show, convert and generate data."),
    "demo": ("demo", "Run the whole path on generated scenes: SFT, GRPO, eval, predict."),
    "tasks": ("tasks", "List the tasks that plugins provide."),
    "profiles": ("profiles", "List the model profiles: box syntax, frame, structure."),
    "benchmarks": ("benchmarks", "List, show and verify the published benchmarks."),
    "plugins": ("plugins", "List and check the installed plugins."),
    "recipes": ("recipes", "List the configurations that ship with geovlm."),
    "init-model": ("init_model", "Build a model folder from a configuration, without weights."),
}
