"""`etabli serve`: the workshop in a browser, to look at: a second screen, a manager's office."""

from __future__ import annotations

import sys
from argparse import Namespace

from bench.catalogue import _


def run(arguments: Namespace) -> int:
    """Serve until Ctrl+C; the address goes to stdout. Raises EtabliError."""
    from bench.errors import UsageError
    from bench.language import msg
    from tui import serving
    from tui.folder import Folder

    if not 0 <= arguments.port <= 65535:
        raise UsageError(msg("There is no port {port}: they go from 0 to 65535.", port=arguments.port))
    folder = Folder.home()
    serving.check(folder, arguments.host)
    if not serving.is_here(arguments.host):
        print(
            _(
                "Warning: everybody on the network of {host} can open this page, and what goes over it is not "
                "encrypted: PINs and orders can be read on the way. Keep it to a network you trust, or leave it at "
                "127.0.0.1 and come by a tunnel (ssh -L)."
            ).format(host=arguments.host),
            file=sys.stderr,
        )

    def announce(address: str) -> None:
        print(address, flush=True)
        print(_("Read only, beside the bench. Ctrl+C ends it."), file=sys.stderr, flush=True)

    serving.FollowServer(folder, arguments.host, arguments.port, announce).run()
    return 0
