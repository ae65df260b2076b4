"""Filters of the log under names, in the workshop's folder: a line of words each (tui/log_query.py)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from bench.errors import DataFileError, EtabliError, UsageError
from bench.language import msg
from tui.log_query import parse

FILE_NAME = "filters.toml"


class SavedFilters:
    """The file of a workshop's saved filters; read anew whenever it is asked."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def all(self) -> dict[str, str]:
        """Return {name: line}, sorted by name. Raises DataFileError for a file that cannot be read."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._broken(str(error)) from error
        try:
            kept = tomllib.loads(text).get("filter", {})
        except tomllib.TOMLDecodeError as error:
            raise self._broken(str(error)) from error
        if not isinstance(kept, dict) or not all(isinstance(line, str) for line in kept.values()):
            raise self._broken("[filter]")
        return dict(sorted(kept.items()))

    def line(self, name: str) -> str:
        """Return a saved filter. Raises UsageError naming those that there are."""
        kept = self.all()
        if name not in kept:
            raise UsageError(
                msg("There is no saved filter “{name}”.", name=name),
                remedy=msg("Saved: {known}.", known=", ".join(kept) or "—"),
            )
        return kept[name]

    def save(self, name: str, line: str) -> None:
        """Keep a line under a name, over what that name stood for. Raises UsageError for a line that cannot be read."""
        if not name.strip():
            raise UsageError(msg("A saved filter needs a name."), remedy=msg("Give it one."))
        parse(line)
        self._write({**self.all(), name.strip(): line.strip()})

    def forget(self, name: str) -> None:
        """Take a filter out of the file. Raises UsageError for a name that it has not."""
        self.line(name)
        self._write({kept: line for kept, line in self.all().items() if kept != name})

    def _write(self, kept: dict[str, str]) -> None:
        lines = ["[filter]", *(f"{_quoted(name)} = {_quoted(line)}" for name, line in sorted(kept.items()))]
        half = self.path.with_name(self.path.name + ".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            half.write_text("\n".join(lines) + "\n", encoding="utf-8")
            half.replace(self.path)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise EtabliError(
                msg("The filters cannot be saved in {path}.", path=str(self.path)),
                msg("The system says: {reason}.", reason=error.strerror or str(error)),
                msg("Look at the folder's rights and room."),
            ) from error

    def _broken(self, why: str) -> DataFileError:
        return DataFileError(
            msg("{file} cannot be read.", file=str(self.path)),
            msg("{reason}", reason=why),
            msg("Correct the file, or delete it: it holds nothing but saved filters."),
        )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
