"""From what a user types after `--model` to a folder or hub id, and what that model declares about itself. No torch here."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson

from geovlm_cli import checkpoints
from geovlm_cli.errors import ModelError, clean
from geovlm_cli.profiles import NUMBERS_OF_SYNTAX, Profile, profile_from_mapping

logger = logging.getLogger(__name__)

DECLARATION = "geovlm.json"
TINY = "tiny"
_TINY_FOLDER = Path(__file__).parent.parent / "tiny" / "model"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_NEAR = 0.6  # how alike two names of folders must be
_SECONDS = 10.0  # that the hub may take to answer at all
PROFILE_OF_TYPE: Mapping[str, str] = {
    "qwen2_vl": "qwen2-vl",
    "qwen2_5_vl": "qwen2.5-vl",
    "qwen3_vl": "qwen3-vl",
    "internvl": "internvl",
}


_NOT_ASKED = "a dry run does not ask it; add model.profile=… and model.prompt_style=…, or download the model first"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """How a model speaks: its own profile where its folder declares one, else the name of its family's; and the prompt style."""

    profile: Profile | None
    profile_name: str | None
    prompt_style: str


def resolve_model(name: str) -> Path | str:
    """Return the folder that holds the model, or the hub id as it is; a run folder stands for its newest complete checkpoint.

    Raises ModelError for a name that is neither.
    """
    folder = _TINY_FOLDER if name == TINY else Path(name)
    if not folder.exists():
        if name != TINY and _is_hub_id(name):
            return name
        raise ModelError(
            f"There is no model folder {clean(name)}, and it is no hub id of the form `owner/name`.{_similar(Path(name))}"
        )
    if (folder / "run.json").is_file():
        return _of_run(folder)
    if (folder / "config.json").is_file() or is_adapter(folder):
        return folder
    raise ModelError(f"{clean(name)} is no model folder: it holds neither config.json nor adapter_config.json.")


def _similar(missing: Path) -> str:
    """Return " Did you mean `x`?" for a folder beside the missing one, or `tiny`, whose name alone is close, else the empty string."""
    beside = {path.name: path for path in missing.parent.glob("*") if path.is_dir()}
    known = {TINY: TINY, **beside} if missing.parent == Path() else beside
    close = get_close_matches(missing.name, list(known), n=1, cutoff=_NEAR)
    return f" Did you mean `{clean(str(known[close[0]]))}`?" if close else ""


def is_adapter(model: Path | str) -> bool:
    """Is this folder a LoRA adapter?"""
    return isinstance(model, Path) and (model / "adapter_config.json").is_file()


def base_of(adapter: Path) -> str:
    """Return the name of the model that an adapter folder adapts."""
    base = _json(adapter / "adapter_config.json").get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise ModelError(f"{clean(str(adapter / 'adapter_config.json'))} does not name the model that it adapts.")
    return base


def model_info(name: str, *, ask_hub: bool = True) -> ModelInfo:
    """Return what a model declares in `geovlm.json`, else what its family is known for; raises ModelError for an unreadable folder.

    ask_hub: False reads of a hub id what lies in the local cache, and nothing else.
    """
    model = resolve_model(name)
    offline = (unreachable(model) if ask_hub else _NOT_ASKED) if isinstance(model, str) else None
    declaration = _file(model, DECLARATION, offline)
    if declaration is not None:
        return _declared(declaration)
    if isinstance(model, Path) and is_adapter(model):
        return model_info(base_of(model), ask_hub=ask_hub)
    config = _file(model, "config.json", offline)
    model_type = str(_json(config).get("model_type")) if config else ""
    profile = PROFILE_OF_TYPE.get(model_type)
    logger.info("%s declares no profile; as a %s it speaks %s", name, model_type, profile)
    return ModelInfo(None, profile, "system")


def declare(folder: Path, profile: Profile, prompt_style: str) -> None:
    """Write `geovlm.json` beside a model, so that it is asked and read later as it was trained."""
    value = {"profile": profile.describe(), "prompt_style": prompt_style}
    (folder / DECLARATION).write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def _of_run(run: Path) -> Path:
    found = checkpoints.newest(run / "checkpoints", logger.warning)
    if found is None:
        raise ModelError(f"The run {clean(str(run))} has no checkpoint yet; it cannot be used as a model.")
    return found


def _declared(path: Path) -> ModelInfo:
    values = _json(path)
    profile = values.get("profile")
    if not isinstance(profile, dict):
        raise ModelError(f"{clean(str(path))} declares no profile.")
    return ModelInfo(
        profile_from_mapping(_without_idle_keys(profile), clean(str(path))),
        str(profile.get("name")),
        str(values.get("prompt_style", "system")),
    )


def _without_idle_keys(profile: dict[str, Any]) -> dict[str, Any]:
    """Return a declared profile without what `declare` once wrote, unused: limits beside resizing to one size, a frame of angles of boxes that have none."""
    resize = profile.get("resize")
    fixed = resize.get("fixed") if isinstance(resize, dict) else None
    straight = NUMBERS_OF_SYNTAX.get(str(profile.get("box_syntax"))) == 4
    return profile | ({"resize": {"fixed": fixed}} if fixed else {}) | ({"angle_frame": None} if straight else {})


def unreachable(model: str) -> str | None:
    """Return why the hub cannot be asked about a model, as half a sentence, or None where it answers. Asks once; the hub's own client would ask for half a minute."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        get_hf_file_metadata(hf_hub_url(model, "config.json"), timeout=_SECONDS)
    except (HfHubHTTPError, HFValidationError):  # an answer, of which the download makes a sentence
        return None
    except Exception as error:  # noqa: BLE001  # whatever the HTTP client of the day raises
        return f"the hub cannot be reached ({type(error).__name__}); name a model folder, or run it once where there is a network"
    return None


def require(model: str) -> None:
    """Raise ModelError where a hub id is neither in the local cache nor to be had now."""
    _of_hub(model, "config.json", unreachable(model))


def _is_hub_id(name: str) -> bool:
    """A hub id is `owner/name`, unless there is a folder `owner` here, in which `name` is then missing."""
    return bool(_HUB_ID.fullmatch(name)) and not Path(name).parent.is_dir()


def _file(model: Path | str, name: str, offline: str | None) -> Path | None:
    if isinstance(model, str):
        return _of_hub(model, name, offline)
    return model / name if (model / name).is_file() else None


def _of_hub(model: str, name: str, offline: str | None) -> Path | None:
    """Return a file of a hub id, None where it has none. offline: why only the local cache is read."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(model, name, local_files_only=offline is not None))
    except LocalEntryNotFoundError as error:  # a subclass of the next
        if offline and name == DECLARATION:  # few models have one; config.json tells whether the model is there
            return None
        if offline:
            raise ModelError(
                f"{clean(model)} is neither a folder here nor in the local cache of the hub, and {offline}."
            ) from None
        raise not_on_hub(model, error) from error
    except EntryNotFoundError:
        return None
    except Exception as error:
        raise not_on_hub(model, error) from error


def not_on_hub(model: str, error: Exception) -> ModelError:
    """Return the error for a hub id that cannot be fetched."""
    first_line = str(error).strip().partition("\n")[0]
    return ModelError(
        f"{clean(model)} is neither a folder here nor a model that the hub gives ({type(error).__name__}: {clean(first_line)})."
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        value = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{clean(str(path))} cannot be read: {clean(str(error))}.") from None
    if not isinstance(value, dict):
        raise ModelError(f"{clean(str(path))} is not a JSON object.")
    return value
