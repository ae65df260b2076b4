"""A file that is written whole or not at all: beside its place first, then in it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import EtabliError, UsageError
from bench.language import Message, msg


@contextmanager
def whole_file(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Give the path to write to; when the block ends well, what was written there stands at `path`.

    Whatever else happens, nothing is left beside it and what stood at `path` stands. Raises UsageError where a file is
    there and `force` is not given, EtabliError where the disk is full or the place cannot be written.
    """
    if path.exists() and not path.is_file():  # a folder, a device: nothing to put a file in the place of
        raise UsageError(msg("{path} is not a file.", path=str(path)), remedy=msg("Give the name of a file with -o."))
    if path.exists() and not force:
        raise _exists(path)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield half
        with half.open("rb+") as written:
            os.fsync(written.fileno())
        if path.exists() and not force:  # somebody else was quicker
            raise _exists(path)
        half.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


def _exists(path: Path) -> UsageError:
    return UsageError(
        msg("{path} exists; it is not overwritten.", path=str(path)),
        remedy=msg("Give another name with -o, or overwrite it with --force."),
    )


def _not_written(path: Path, error: OSError) -> EtabliError:
    remedy: Message = msg("Give another place with -o.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC):
        remedy = msg("Nothing was written. Make room, or give a place on another disk with -o.")
    return EtabliError(
        msg("{path} cannot be written.", path=str(path)),
        msg("The system says: {reason}.", reason=error.strerror or str(error)),
        remedy,
    )
