from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from cartage.operators import pins

if TYPE_CHECKING:
    from pathlib import Path


def _include(folder: Path) -> Path:
    (folder / "integrations").mkdir(parents=True)
    (folder / "mappings" / "netsuite").mkdir(parents=True)
    (folder / "integrations" / "a.yaml").write_text("name: a", encoding="utf-8")
    (folder / "mappings" / "netsuite" / "order.yaml").write_text("from: file", encoding="utf-8")
    return folder


def test_an_edit_after_extract_does_not_reach_the_run(tmp_path: Path) -> None:
    include = _include(tmp_path / "include")
    digest = pins.keep(str(tmp_path / "staging"), pins.collect(include, {}))
    (include / "mappings" / "netsuite" / "order.yaml").write_text("from: an edit", encoding="utf-8")
    pins.lay_out(str(tmp_path / "staging"), digest, tmp_path / "run")
    assert (tmp_path / "run" / "mappings" / "netsuite" / "order.yaml").read_text() == "from: file"


def test_a_revision_replaces_the_file_and_settings_are_laid_over(tmp_path: Path) -> None:
    include = _include(tmp_path / "include")
    revisions = {"mappings/netsuite/order.yaml": "from: revision", pins.OVERLAY: "orders: {tax: erp}"}
    digest = pins.keep(str(tmp_path / "staging"), pins.collect(include, revisions))
    overlay = pins.lay_out(str(tmp_path / "staging"), digest, tmp_path / "run")
    assert overlay == "orders: {tax: erp}"
    assert (tmp_path / "run" / "mappings" / "netsuite" / "order.yaml").read_text() == "from: revision"


def test_the_same_settings_share_a_pin(tmp_path: Path) -> None:
    include = _include(tmp_path / "include")
    first, second = (pins.keep(str(tmp_path / "staging"), pins.collect(include, {})) for _ in range(2))
    assert first == second
    assert len(list((tmp_path / "staging" / "pins").iterdir())) == 1


def test_a_write_that_breaks_off_leaves_no_half_pin(tmp_path: Path) -> None:
    """Half a pin would be taken for a whole one by every later run with the same settings."""
    include, staging = _include(tmp_path / "include"), tmp_path / "staging"
    script = (
        "import pathlib, resource\n"
        "from cartage.operators import pins\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        f"pins.keep({str(staging)!r}, pins.collect(pathlib.Path({str(include)!r}), {{}}))\n"
    )
    broken = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert "File too large" in broken.stderr
    digest = pins.keep(str(staging), pins.collect(include, {}))
    pins.lay_out(str(staging), digest, tmp_path / "run")
    assert (tmp_path / "run" / "integrations" / "a.yaml").read_text() == "name: a"
