"""The folder that a run leaves (contracts.md section 7): one writer at a time, whole lines only, same inputs → same bytes."""

from geovlm_cli.runs.encoding import canonical
from geovlm_cli.runs.files import RowFile, write_json
from geovlm_cli.runs.folder import RunFolder, config_sha256

__all__ = ["RowFile", "RunFolder", "canonical", "config_sha256", "write_json"]
