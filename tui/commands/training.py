"""`etabli training init FOLDER`: a workshop for training, apart from every other."""

from __future__ import annotations

from argparse import Namespace

from bench.language import _
from tui.headless import narrate
from tui.training.workshop import found, new_folder


def run(arguments: Namespace) -> int:
    folder = new_folder(arguments.folder)
    found(folder, arguments.name, arguments.trainee, arguments.trainer)
    print(folder.file)
    narrate(_("Work in it with ETABLI_HOME={folder}; a trainee's PIN is 0000 at first.").format(folder=folder.path))
    narrate(_("A trainer chooses a PIN at the first sign-in: do it before a trainee does."))
    narrate(_("“etabli exercises list” shows the exercises; “etabli exercises start ID --trainee WHO” begins one."))
    return 0
