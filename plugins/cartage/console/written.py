"""What people write: settings and mappings, as files say them and as revisions lie over them, checked and compared."""

from __future__ import annotations

import difflib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cartage import yamlfile, yamltext
from cartage.console.flows import all_flows
from cartage.errors import SettingsError
from cartage.integrations import include_folder
from cartage.mapping.source import load_source
from cartage.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from cartage.console.flows import Flow
    from cartage.ledger import Ledger, Revision

Kind = Literal["settings", "mapping", "expectations"]

_PATHS: dict[Kind, str] = {"settings": "integrations", "mapping": "mappings", "expectations": "expectations"}

_TITLES: dict[Kind, str] = {
    "settings": "Run settings of {}",
    "mapping": "Mapping {}",
    "expectations": "Expectations of {}",
}

FOLDERS = ("integrations", "mappings", "expectations")

EMPTY_OVERLAY = "settings: {}\n"


@dataclass(frozen=True)
class Text:
    """One thing that people write.

    Attributes:
        kind: run settings of an integration, a mapping, or expectations.
        name: the integration, ``netsuite/order``, or the record.
    """

    kind: Kind
    name: str

    @property
    def path(self) -> str:
        """Its file, relative to the include folder."""
        return f"{_PATHS[self.kind]}/{self.name}.yaml"

    @property
    def title(self) -> str:
        """What people call it."""
        return _TITLES[self.kind].format(self.name)

    @property
    def file_text(self) -> str:
        """What its file says."""
        return (include_folder() / self.path).read_text(encoding="utf-8")

    @property
    def beginning(self) -> str:
        """What one writes over when there is no revision: the file; over settings, nothing."""
        return EMPTY_OVERLAY if self.kind == "settings" else self.file_text

    @property
    def as_file(self) -> str:
        """What a revision says by which one goes back to the file, whatever that will say after the next deploy."""
        return EMPTY_OVERLAY if self.kind == "settings" else ""

    @property
    def flows(self) -> list[Flow]:
        """The flows that it may change; what a file does not say, it may: expectations hold wherever a record goes."""
        flows = all_flows().flows
        if self.kind == "settings":
            return [each for each in flows if each.integration.name == self.name]
        system = self.name.partition("/")[0]
        return [each for each in flows if self.kind == "expectations" or system in systems_of(each)]


def systems_of(flow: Flow) -> tuple[str, str]:
    """Give the systems that a flow's integration joins."""
    return flow.integration.storefront.system, flow.integration.erp.system


def all_texts() -> list[Text]:
    """Give all settings, mappings and expectations there are files of."""
    names = dict.fromkeys(each.integration.name for each in all_flows().flows)
    found = [Text("settings", name) for name in names]
    for kind in ("mapping", "expectations"):
        folder = include_folder() / _PATHS[kind]
        found += [
            Text(kind, each.relative_to(folder).with_suffix("").as_posix()) for each in sorted(folder.rglob("*.yaml"))
        ]
    return found


def in_force(text: Text, ledger: Ledger) -> tuple[str, Revision | None]:
    """Give what the next run will read, and the revision it stands in; None when only the file counts."""
    latest = ledger.revisions.latest(text.kind, text.name)
    return (latest.body if latest else "") or text.beginning, latest


def check(text: Text, body: str) -> SettingsError | None:
    """Say what is wrong with a text, None when nothing is; the error's line is one of the text."""
    try:
        if text.kind == "settings":
            load_settings(text.name, include_folder(), body)
            return None
        with laid_out({text.path: body}, only=text.path) as folder:
            if text.kind == "expectations":
                from cartage.quality import load_suite  # Great Expectations takes seconds to import

                load_suite(text.name, folder)
                return None
            system, _, name = text.name.partition("/")
            if is_source(body):
                load_source(system, name, folder)
            else:
                system_module(system, "offered").check(name, folder)
    except SettingsError as error:
        return error
    return None


def is_source(body: str) -> bool:
    """Say whether a mapping reads a system's records; else it makes what the system is sent."""
    data = yamlfile.parse(body, "text").data
    return isinstance(data, dict) and "tables" in data


def system_module(system: str, name: str) -> ModuleType:
    """Give a module of a system.

    Raises:
        SettingsError: the system has none: it cannot do this.
    """
    try:
        return import_module(f"cartage.systems.{system}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"cartage.systems.{system}.{name}":
            raise
        raise SettingsError(f"{system} cannot be written for here: it has no module `{name}`") from error


def said(error: SettingsError) -> str:
    """Give an error's words without the place, which is shown beside them."""
    place = f"{error.file}:{error.line}: " if error.file and error.line else f"{error.file}: " if error.file else ""
    return str(error).removeprefix(place)


def line_in_text(text: Text, error: SettingsError) -> int | None:
    """Give the line of the text that is at fault; None when it is one of the file beneath it."""
    beneath = text.kind == "settings" and error.file != "revision"
    return None if beneath else error.line


@contextmanager
def laid_out(changed: dict[str, str], only: str | None = None) -> Iterator[Path]:
    """Give a copy of the include folder with some files changed, or with only one of them in it."""
    include = include_folder()
    with tempfile.TemporaryDirectory(prefix="cartage-console-") as made:
        folder = Path(made)
        texts = {} if only else {
            path.relative_to(include).as_posix(): path.read_text(encoding="utf-8")
            for each in FOLDERS
            for path in (include / each).rglob("*.yaml")
        }  # fmt: skip
        for name, body in {**texts, **changed}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(body, encoding="utf-8")
        yield folder


def difference(before: str, after: str, lines: int = 2) -> tuple[tuple[str, str], ...]:
    """Give what differs: a sign (``+``, ``-``, a space, ``@`` for a gap) and the line."""
    found = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=lines, lineterm=""))[2:]
    return tuple(("@", "") if line.startswith("@@") else (line[:1], line[1:]) for line in found)


def steps(text: Text, history: Sequence[Revision], limit: int) -> list[tuple[Revision, tuple[tuple[str, str], ...]]]:
    """Give revisions with what each changed from the one before, the first from the file.

    Args:
        text: what was written.
        history: its revisions, newest first, one more than `limit` where there are as many.
        limit: how many to give.
    """
    bodies = [*(each.body or text.beginning for each in history), text.beginning]
    return [(each, difference(bodies[at + 1], bodies[at])) for at, each in enumerate(history[:limit])]


def patch(text: Text, body: str) -> str:
    """Give what is in force as a patch for the repository.

    Comments of the file stay. What of settings cannot be put into it (a value that others refer to) stands above the
    patch, to be put there by hand: tools pass over it.
    """
    before = text.file_text
    left: list[str] = []
    after = _merged(before, body, left) if text.kind == "settings" else body
    by_hand = "".join(f"# by hand: {each}\n" for each in left)
    return by_hand + unified(text.path, before, after)


def unified(path: str, before: str, after: str) -> str:
    """Give a change of a file below the include folder as `git apply` takes it; nothing when there is none."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/include/{path}", f"b/include/{path}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _merged(before: str, overlay: str, left: list[str]) -> str:
    """Put what an overlay says where the file has it, or beside it; what cannot be put there is `left`."""
    after = before
    for path, value in _leaves(yamlfile.parse(overlay, "revision").data, ()):
        try:
            after = yamltext.put(after, path, value)
        except SettingsError as error:
            left.append(f"{yamlfile.dotted(path)}: {value} ({error})")
    return after


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    else:
        yield path, value
