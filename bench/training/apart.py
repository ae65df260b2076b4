"""Training data lives apart: a journal is a training workshop's from its first order to its last, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.errors import EtabliError
from bench.events import EventKind
from bench.language import N_, msg

if TYPE_CHECKING:
    from bench.training.runs import Reads

MODE = N_("TRAINING MODE")
"""What stands on everything that leaves a training workshop."""


def check_apart(journal: Reads, *, training: bool) -> None:
    """Raise EtabliError where a journal was begun for training and is opened without that, or the other way round."""
    first = next(journal.events(kinds=[EventKind.ORDER_OPENED]), None)
    if first is None or bool(first.payload.get("house", {}).get("training")) is training:
        return
    if training:
        raise EtabliError(
            msg("This folder's journal holds customers' orders: it cannot become a training workshop."),
            msg("Its workshop.toml says “training = true”; the order {number} was opened without.", number=first.order),
            msg("Take “training = true” out, and make a folder for training: “etabli training init FOLDER”."),
        )
    raise EtabliError(
        msg("This folder's journal is a training workshop's: nothing of it may pass for real work."),
        msg("Its workshop.toml no longer says “training = true”; the order {number} is an exercise.",
            number=first.order),
        msg("Put “training = true” back under [house]; customers' orders belong into a folder of their own."),
    )  # fmt: skip
