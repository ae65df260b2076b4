"""Photos of an order: checked, stripped of what a camera writes beside the picture, kept under their hash."""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import EtabliError, Refused, UsageError
from bench.events import Draft, Event, EventKind
from bench.language import N_, Message, _, msg

if TYPE_CHECKING:
    from PIL.Image import Image

    from bench.desk import Desk

MAX_BYTES = 40_000_000
MAX_PIXELS = 100_000_000
# What is read, and what it is kept as; a photo with more pictures in it (MPO) is kept as its first.
_KEPT_AS = {"JPEG": ("JPEG", "jpg"), "MPO": ("JPEG", "jpg"), "PNG": ("PNG", "png"), "WEBP": ("WEBP", "webp")}
# JPEG and WebP lose next to nothing at this quality: what is to be read on a photo stays readable.
_SAVING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 95, "method": 2},
}
_HEIC = re.compile(rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class PhotoKind(StrEnum):
    """What a photo is of, or what it shows."""

    CASE_NUMBER = "case-number"
    MOVEMENT_NUMBER = "movement-number"
    CONDITION = "condition"
    BEFORE = "before"
    AFTER = "after"
    PART = "part"
    EVIDENCE = "evidence"

    def __str__(self) -> str:
        return _(_KINDS[self])


_KINDS = {
    PhotoKind.CASE_NUMBER: N_("case number"),
    PhotoKind.MOVEMENT_NUMBER: N_("movement number"),
    PhotoKind.CONDITION: N_("condition"),
    PhotoKind.BEFORE: N_("before"),
    PhotoKind.AFTER: N_("after"),
    PhotoKind.PART: N_("part"),
    PhotoKind.EVIDENCE: N_("evidence"),
}


@dataclass(frozen=True)
class Photo:
    """A photo as it is kept. `name` is its file in the store: the name it came with may name the customer."""

    sha256: str
    name: str
    width: int
    height: int
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """Return what the record keeps of it."""
        return {"sha256": self.sha256, "name": self.name, "width": self.width, "height": self.height}


class PhotoStore:
    """The photos of a workshop in one folder, each a file named by the SHA-256 of its bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, path: Path) -> Photo:
        """Keep the picture of a file, upright and without any metadata; the same picture is kept once.

        Raises UsageError for what is no picture, is over 40 MB or 100 megapixels (seen before it is decoded) or has
        a format that is not read; EtabliError where the store cannot be written, and then nothing is left of it.
        """
        data, suffix, size = _plain(_read(path), path.name)
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"{sha256}.{suffix}"
        self._write(name, data)
        return Photo(sha256, name, *size, len(data))

    def get(self, sha256: str) -> Path:
        """Return the file of a photo. Raises UsageError for one that is not here."""
        found = sorted(self.folder.glob(f"{sha256}.*")) if _SHA256.fullmatch(sha256) else []
        if not found:
            raise UsageError(
                msg("There is no photo {name}.", name=sha256[:12]),
                remedy=msg("Restore the folder {folder} from its last copy.", folder=str(self.folder)),
            )
        return found[0]

    def verify(self, expected: Iterable[str] = ()) -> list[Message]:
        """Return what is wrong: files whose bytes are not those of their name, and `expected` photos that are gone."""
        problems = []
        kept = {path.stem: path for path in sorted(self.folder.glob("*")) if _SHA256.fullmatch(path.stem)}
        for sha256, path in kept.items():
            try:
                changed = hashlib.sha256(path.read_bytes()).hexdigest() != sha256
            except OSError as error:
                problems.append(msg("{file} cannot be read: {reason}.", file=path.name, reason=error.strerror or ""))
                continue
            if changed:
                problems.append(msg("The photo {file} was changed after it was attached.", file=path.name))
        gone = [sha256 for sha256 in dict.fromkeys(expected) if sha256 not in kept]
        return problems + [msg("The photo {file} is gone.", file=sha256) for sha256 in gone]

    def _write(self, name: str, data: bytes) -> None:
        target = self.folder / name
        half = self.folder / f".{name}.{os.getpid()}"
        try:
            if target.exists() and target.read_bytes() == data:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            with half.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            half.replace(target)
            _flush_folder(self.folder)
        except OSError as error:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            raise EtabliError(
                msg("The photo cannot be kept in {folder}.", folder=str(self.folder)),
                msg("The system says: {reason}.", reason=error.strerror or str(error)),
                msg("Free the disk or mend the folder's rights; nothing was attached."),
            ) from error


def attach(
    desk: Desk, store: PhotoStore, number: str, path: Path, kind: str, *, step: str = "", note: str = ""
) -> Photo:
    """Keep a photo and attach it to an order, at a step where one is named.

    Raises UsageError for an unknown or closed order, an unknown kind or what is no picture; Refused while nobody is
    signed in (G-01). The photo is on the disk before the record speaks of it.
    """
    from bench.procedure.guards import nobody_signed_in

    if desk.operator is None:
        raise Refused(nobody_signed_in())
    if kind not in set(PhotoKind):
        raise UsageError(
            msg("“{kind}” is no kind of photo.", kind=kind),
            remedy=msg("Known: {known}.", known=", ".join(each.value for each in PhotoKind)),
        )
    row = desk.journal.order(number)
    if row is None or row.closed:
        missing = msg("There is no order {number}.", number=number)
        raise UsageError(
            missing if row is None else msg("The order {number} is closed.", number=number),
            remedy=msg("Attach the photo to an order that is open."),
        )
    photo = store.add(path)
    payload = {"photo": photo.to_json(), "kind": kind, "step": step, "note": note}
    desk.journal.append([Draft(EventKind.PHOTO_ATTACHED, payload, number, desk.operator.id)])
    return photo


def kinds_attached(events: Iterable[Event]) -> frozenset[str]:
    """Return the kinds of photo that an order's events attach: what `RepairOrder.missing` asks for."""
    return frozenset(event.payload["kind"] for event in events if event.kind is EventKind.PHOTO_ATTACHED)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(
                msg("{file} is too large for a photo: {size} MB.", file=path.name, size=round(size / 1e6)),
                msg("At most {most} MB are taken.", most=MAX_BYTES // 1_000_000),
                msg("Save it smaller, or take it anew at a lower resolution."),
            )
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            msg("{file} cannot be read.", file=path.name),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Check the path: {path}.", path=str(path)),
        ) from None


def _plain(data: bytes, name: str) -> tuple[bytes, str, tuple[int, int]]:
    """Return the bytes of the picture alone, how its file ends, and its size. Raises UsageError."""
    from PIL import Image, ImageOps

    if _HEIC.match(data):
        raise UsageError(
            msg("{file} is a HEIC picture, which is not read here.", file=name),
            remedy=msg("Save it as JPEG, or set the camera to “most compatible”."),
        )
    try:
        with warnings.catch_warnings():
            # Its own warning comes below our limit, which is checked here before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
    except Image.DecompressionBombError:
        raise _too_many_pixels(name) from None
    except Exception as error:
        raise _no_picture(name, error) from None
    if picture.width * picture.height > MAX_PIXELS:
        raise _too_many_pixels(name)
    form, suffix = _KEPT_AS[picture.format or ""]
    try:
        picture.load()
        upright = _in_srgb(ImageOps.exif_transpose(picture), form)
        # A picture made of the pixels only: nothing that came with them can follow.
        bare = Image.frombytes(upright.mode, upright.size, upright.tobytes())
        out = io.BytesIO()
        bare.save(out, form, **_SAVING[form])
    except Exception as error:  # a broken picture makes the decoders raise nearly anything
        raise _no_picture(name, error) from None
    return out.getvalue(), suffix, bare.size


def _in_srgb(picture: Image, form: str) -> Image:
    """Return the picture with plain colours: its own colour profile is applied, since it is not kept."""
    from PIL import ImageCms

    mode = "RGB" if form == "JPEG" or not picture.has_transparency_data else "RGBA"
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # 16 bits of grey, as microscope cameras write them
        return picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    if picture.mode in ("L", "1"):
        return picture.convert("L")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            done = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if done is not None and picture.mode == "RGBA":
                done.putalpha(picture.getchannel("A"))
            picture = done or picture
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the colours stay as they are
    return picture.convert(mode)


def _too_many_pixels(name: str) -> UsageError:
    return UsageError(
        msg("{file} has too many pixels for a photo.", file=name),
        msg("At most {most} megapixels are taken.", most=MAX_PIXELS // 1_000_000),
        msg("Save it smaller, or take it anew at a lower resolution."),
    )


def _no_picture(name: str, error: Exception) -> UsageError:
    return UsageError(
        msg("{file} is not a picture that can be read.", file=name),
        msg("Found: {reason}.", reason=str(error).partition("<")[0].strip(" .") or type(error).__name__),
        msg("Give a whole JPEG, PNG or WebP file."),
    )


def _flush_folder(folder: Path) -> None:
    """Bring the folder's new entry to the disk, where folders can be opened (not on Windows)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network disks know no flush of a folder
    finally:
        os.close(descriptor)
