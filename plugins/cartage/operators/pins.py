"""The settings and mappings a run uses: resolved once by `extract`, kept, and read by every later step.

A pin is a JSON file in staging, named by its own digest, so that runs with the same settings share it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cartage.staging.area import Staging, publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from airflow.sdk import ObjectStoragePath

FOLDERS = ("integrations", "mappings", "expectations")
OVERLAY = "overlays/settings.yaml"


def collect(include: Path, revisions: Mapping[str, str]) -> dict[str, str]:
    """Gather every small file a run depends on.

    Args:
        include: the include folder.
        revisions: newest revision by relative path; ``overlays/settings.yaml`` lies over the
            settings, any other path replaces that file.

    Returns:
        Text by path relative to `include`.
    """
    texts = {
        path.relative_to(include).as_posix(): path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for path in sorted((include / folder).rglob("*.yaml"))
    }
    return texts | dict(revisions)


def keep(root: str, texts: Mapping[str, str]) -> str:
    """Write the texts where every worker can read them, once and whole, and give their digest."""
    body = json.dumps(texts, sort_keys=True, ensure_ascii=False).encode()
    digest = hashlib.sha256(body).hexdigest()[:32]
    path = _path(root, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        publish(path, body)  # half a pin would stand in the way of every later run with these settings
    return digest


def lay_out(root: str, digest: str, folder: Path) -> str | None:
    """Write a pin's files into a local folder.

    Returns:
        The settings' overlay, when the run has one.
    """
    texts: dict[str, str] = json.loads(_path(root, digest).read_bytes())
    overlay = texts.pop(OVERLAY, None)
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return overlay


def _path(root: str, digest: str) -> ObjectStoragePath:
    return Staging(root).root / "pins" / f"{digest}.json"
