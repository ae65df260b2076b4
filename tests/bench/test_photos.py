"""Photos: a picture is kept without what the camera adds; what is none, or too large, is refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from journal_material import opened
from PIL import Image, ImageCms, PngImagePlugin

from bench.errors import EtabliError, Refused, UsageError
from bench.events import Draft, EventKind
from bench.journal import Journal
from bench.people import Operator, Role
from bench.photos import PhotoStore, attach, kinds_attached

GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return PhotoStore(tmp_path / "photos")


def picture(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> Image.Image:
    """A picture whose upper left corner is bright, and nothing else."""
    image = Image.new(mode, size, 0)
    image.paste(Image.new(mode, (10, 10), "white"), (0, 0))
    return image


def from_a_camera(path: Path, orientation: int = 1, **saving: Any) -> Path:
    exif = Image.Exif()
    exif[MAKE] = "SecretCam"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 29.5), 3: "E", 4: (2.0, 17.0, 40.2)})
    picture().save(path, exif=exif, **saving)
    return path


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_photo_loses_place_and_camera(store: PhotoStore, tmp_path: Path, suffix: str) -> None:
    path = from_a_camera(tmp_path / f"IMG.{suffix}")
    assert b"SecretCam" in path.read_bytes()
    photo = store.add(path)
    kept = store.get(photo.sha256)
    assert kept.name == photo.name == f"{photo.sha256}.{suffix}"
    assert b"SecretCam" not in kept.read_bytes()
    with Image.open(kept) as image:
        assert (dict(image.getexif()), image.size) == ({}, (60, 40))
        assert (photo.width, photo.height, photo.bytes) == (60, 40, kept.stat().st_size)


def test_what_a_file_carries_behind_its_picture_is_not_kept(store: PhotoStore, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SecretName")
    picture().save(path, pnginfo=text)
    path.write_bytes(path.read_bytes() + b"SecretTail")
    kept = store.get(store.add(path).sha256).read_bytes()
    assert b"Secret" not in kept


def test_a_photo_taken_sideways_stands_upright(store: PhotoStore, tmp_path: Path) -> None:
    photo = store.add(from_a_camera(tmp_path / "a.png", orientation=6))
    assert (photo.width, photo.height) == (40, 60)
    with Image.open(store.get(photo.sha256)) as image:
        assert image.getpixel((39, 0)) == (255, 255, 255)
        assert image.getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("suffix", "modes"),
    [
        ("jpg", ["1", "L", "RGB", "CMYK"]),
        ("png", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]),
        ("webp", ["L", "RGB", "RGBA"]),
    ],
)
def test_every_kind_of_pixel_is_kept(store: PhotoStore, tmp_path: Path, suffix: str, modes: list[str]) -> None:
    for mode in modes:
        path = tmp_path / f"a.{suffix}"
        Image.new(mode, (8, 8), 1).save(path)
        assert store.add(path).width == 8


def test_what_is_transparent_stays_so(store: PhotoStore, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (8, 8), (255, 0, 0, 7)).save(path)
    with Image.open(store.get(store.add(path).sha256)) as image:
        assert image.getpixel((0, 0)) == (255, 0, 0, 7)


def test_sixteen_bits_of_grey_keep_their_greys(store: PhotoStore, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("I;16", (8, 8), 0x8000).save(path)
    with Image.open(store.get(store.add(path).sha256)) as image:
        assert image.getpixel((0, 0)) == 0x80


def test_a_colour_profile_is_applied_before_it_is_dropped(store: PhotoStore, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture().save(path, icc_profile=lab)
    with Image.open(store.get(store.add(path).sha256)) as image:
        assert "icc_profile" not in image.info
        assert image.getpixel((0, 0)) == (255, 255, 255)
    picture().save(path, icc_profile=b"nonsense")
    assert store.add(path).width == 60


def test_the_same_photo_twice_is_kept_once(store: PhotoStore, tmp_path: Path) -> None:
    path = from_a_camera(tmp_path / "a.jpg")
    assert store.add(path) == store.add(path)
    assert len(list(store.folder.iterdir())) == 1
    assert store.verify() == []


def test_a_photo_that_was_changed_or_lost_is_named(store: PhotoStore, tmp_path: Path) -> None:
    photo = store.add(from_a_camera(tmp_path / "a.jpg"))
    path = store.get(photo.sha256)
    path.write_bytes(path.read_bytes() + b"x")
    assert [photo.sha256 in str(problem) for problem in store.verify([photo.sha256])] == [True]
    store.add(tmp_path / "a.jpg")
    assert store.verify([photo.sha256]) == []
    path.unlink()
    assert "gone" in str(store.verify([photo.sha256])[0])
    for name in (photo.sha256, "../../etc/passwd", "*"):
        with pytest.raises(UsageError, match="no photo"):
            store.get(name)


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a picture"),
        (b"Dear customer", "not a picture"),
        (b"%PDF-1.7 ...", "not a picture"),
        (b"II*\x00 a scanner's TIFF", "not a picture"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
        (png_of(10_001, 10_000), "too many pixels"),
        (png_of(60_000, 60_000), "too many pixels"),
        (png_of(9_500, 10_000), "not a picture"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_no_photo_is_refused_and_nothing_is_kept(
    store: PhotoStore, tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why):
        store.add(path)
    assert not store.folder.exists()


def test_a_photo_that_was_cut_off_is_refused(store: PhotoStore, tmp_path: Path) -> None:
    whole = from_a_camera(tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) - 40])
    with pytest.raises(UsageError, match="not a picture"):
        store.add(tmp_path / "a.jpg")


def test_200_megabytes_are_refused_without_being_read(store: PhotoStore, tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(UsageError, match="too large for a photo: 200 MB"):
        store.add(path)
    with pytest.raises(UsageError, match="cannot be read"):
        store.add(tmp_path / "none.jpg")


def test_a_folder_that_cannot_be_written_leaves_nothing_half(store: PhotoStore, tmp_path: Path) -> None:
    store.folder.write_text("in the way")
    with pytest.raises(EtabliError, match="cannot be kept"):
        store.add(from_a_camera(tmp_path / "a.jpg"))
    assert store.folder.read_text() == "in the way"


def test_a_photo_is_attached_to_an_open_order(store: PhotoStore, tmp_path: Path) -> None:
    path = from_a_camera(tmp_path / "Madame Dupont.jpg")
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        journal.append([opened("R-1")])
        someone = Operator("cl", "Claire", frozenset({Role.RECEPTION}))
        desk = cast(Any, SimpleNamespace(journal=journal, operator=someone))
        photo = attach(desk, store, "R-1", path, "case-number", note="back")
        [event] = journal.events(order="R-1", kinds=[EventKind.PHOTO_ATTACHED])
        assert event.payload == {
            "photo": {"sha256": photo.sha256, "name": photo.name, "width": 60, "height": 40},
            "kind": "case-number",
            "step": "",
            "note": "back",
        }
        assert kinds_attached(journal.events(order="R-1")) == {"case-number"}

        head = journal.head()
        with pytest.raises(UsageError, match="kind"):
            attach(desk, store, "R-1", path, "selfie")
        with pytest.raises(UsageError, match="no order R-2"):
            attach(desk, store, "R-2", path, "before")
        with pytest.raises(Refused, match="G-01"):
            attach(cast(Any, SimpleNamespace(journal=journal, operator=None)), store, "R-1", path, "before")
        assert journal.head() == head

        journal.append([Draft(EventKind.ORDER_CLOSED, {"head": "", "events": 1, "outcome": "done"}, "R-1", "cl")])
        with pytest.raises(UsageError, match="closed"):
            attach(desk, store, "R-1", path, "before")


def test_an_animated_picture_is_kept_as_its_first(store: PhotoStore, tmp_path: Path) -> None:
    data = io.BytesIO()
    picture().save(data, "WEBP", save_all=True, append_images=[Image.new("RGB", (60, 40), "red")])
    (tmp_path / "a.webp").write_bytes(data.getvalue())
    with Image.open(store.get(store.add(tmp_path / "a.webp").sha256)) as image:
        assert getattr(image, "n_frames", 1) == 1
