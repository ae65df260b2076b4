"""Photos at the bench: one of the order's, one of a folder's newest, or a file by its path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import EtabliError, UsageError
from bench.events import EventKind
from bench.language import _, msg
from bench.photos import PhotoKind, PhotoStore, attach
from tui.screens.dialogs import Reason
from tui.screens.rows import Option, PickDialog

if TYPE_CHECKING:
    from bench.work import Work
    from tui.screens.bench import BenchScreen

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
NEWEST = 30
_FILE = "file"


class PhotoPath(Reason):
    """Asks for a photo's file or its folder; says what was wrong with the one before, which can be mended."""

    def __init__(self, typed: str, refused: EtabliError | None) -> None:
        said = f"{refused}\n" if refused else ""
        super().__init__(lambda: said + _("The photo's file (JPEG, PNG, WebP), or its folder"))
        self.typed = typed

    def on_mount(self) -> None:
        from textual.widgets import Input

        line = self.query_one(Input)
        line.value = self.typed
        line.cursor_position = len(self.typed)


def newest(folder: Path) -> list[Path]:
    """Return a folder's pictures, the newest first. Raises UsageError where there is none."""
    try:
        found = [each for each in folder.iterdir() if each.suffix.casefold() in PICTURES and each.is_file()]
        found.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    except OSError as error:
        raise UsageError(msg("{folder} cannot be read.", folder=str(folder)), msg("{why}", why=str(error))) from error
    if not found:
        raise UsageError(msg("There is no picture in {folder}.", folder=str(folder)))
    return found[:NEWEST]


class Photos:
    """Lets a person choose a photo and attaches it to the order in hand."""

    def __init__(self, bench: BenchScreen) -> None:
        self.bench = bench

    async def pick(self) -> str | None:
        """Pick one of the order's photos, or attach a new one; return its hash, None where nothing was picked."""
        known = await self.bench.app.at_bench(_attached, self.bench.work)
        if known:
            options = [(_FILE, _("A new photo …")), *known]
            picked = await self.bench.app.push_screen_wait(PickDialog(_("Which photo?"), options, searchable=False))
            if picked != _FILE:
                return picked
        return await self.attach(PhotoKind.EVIDENCE.value)

    async def attach(self, kind: str) -> str | None:
        """Ask for a photo's file until one can be attached; return its hash, None where the person gives up."""
        typed, refused = "", None
        while True:
            path = await self._path(typed, refused)
            if path is None:
                return None
            try:
                return await self.bench.app.at_bench(self._attach, path, kind)
            except EtabliError as error:
                typed, refused = str(path), error
                self.bench.app.bell()

    async def _path(self, typed: str, refused: EtabliError | None) -> Path | None:
        """Ask for a file; a folder shows its newest pictures, and is shown at once the next time."""
        drafts = self.bench.app.drafts
        folder = drafts.photos if refused is None else None
        while True:
            if folder is not None:
                try:
                    found = await self.bench.app.at_bench(newest, folder)
                except UsageError as error:
                    typed, refused = str(folder), error
                else:
                    drafts.photos = folder
                    options = [*((str(each), each.name) for each in found), (_FILE, _("Another file or folder …"))]
                    picked = await self.bench.app.push_screen_wait(PickDialog(str(folder), options, searchable=False))
                    if picked is None:
                        return None
                    if picked != _FILE:
                        return Path(picked)
                    typed, refused = str(folder), None
            said = await self.bench.app.push_screen_wait(PhotoPath(typed, refused))
            if said is None:
                return None
            path = Path(said.strip().strip("'\"")).expanduser()
            if not path.is_dir():
                drafts.photos = path.parent if path.is_file() else drafts.photos
                return path
            folder = path

    def _attach(self, path: Path, kind: str) -> str:
        work = self.bench.work
        store = PhotoStore(self.bench.app.workshop.photos)
        photo = attach(work.desk, store, work.number, path, kind, step=work.step.id if work.step else "")
        work.refresh()
        return photo.sha256


def _attached(work: Work) -> list[Option]:
    """Return the order's photos, the newest first: their hash, and what and when they are."""
    found = [e for e in work.desk.journal.events(order=work.number) if e.kind is EventKind.PHOTO_ATTACHED]
    options = []
    for event in reversed(found):
        sha, kind = event.payload["photo"]["sha256"], PhotoKind(event.payload["kind"])
        options.append((sha, f"{event.at[11:16]}  {kind}  {sha[:12]}"))
    return options
