"""`python -m geovlm_cli`."""

from geovlm_cli.cli import main

main()
