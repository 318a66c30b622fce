"""The folder that a run leaves (contracts.md section 7): one writer at a time, whole lines only, same inputs → same bytes."""

from geovlm_cli.runs.encoding import canonical
from geovlm_cli.runs.files import RowFile, write_json
from geovlm_cli.runs.folder import RunFolder, config_sha256
from geovlm_cli.runs.rows import Carried, finished_rows

__all__ = ["Carried", "RowFile", "RunFolder", "canonical", "config_sha256", "finished_rows", "write_json"]
