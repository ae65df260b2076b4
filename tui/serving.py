"""The web server that shows a workshop in browsers, each tab a program of its own that only reads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
from aiohttp import web
from textual_serve.server import Server, to_int

from bench.errors import UsageError
from bench.language import _, current, msg
from tui.folder import Folder

HERE = "127.0.0.1"
MOST_SESSIONS = 12
"""So many tabs at once: each is a process of some 70 MB."""
LAST_SECONDS = 2.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_here(host: str) -> bool:
    """Whether only programs of this machine reach a server bound to `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check(folder: Folder, host: str) -> None:
    """Raise EtabliError where there is nothing to follow yet, or too little protects it on a network."""
    settings = folder.settings()
    folder.read_journal().close()
    if not settings.pins and not is_here(host):
        raise UsageError(
            msg("This workshop asks for no PIN: everybody on the network of {host} could read its orders.", host=host),
            remedy=msg("Leave the server at 127.0.0.1, or let the house ask for PINs: “pins = true” in workshop.toml."),
        )


class FollowServer(Server):
    """Serves one workshop. `announce` is told the address once it is reached there."""

    def __init__(self, folder: Folder, host: str, port: int, announce: Callable[[str], None]) -> None:
        """`port` 0 takes a free one."""
        super().__init__(_command(), host, port, title="Établi", templates_path=str(Path(__file__).with_name("web")))
        self._announce = announce
        self._sessions: set[asyncio.Task[Any]] = set()
        os.environ["ETABLI_HOME"] = str(folder.path)
        os.environ["ETABLI_LANG"] = current()

    def run(self) -> None:
        """Serve until Ctrl+C or SIGTERM. Raises UsageError where the address cannot be taken."""
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self._until_ended())

    async def _until_ended(self) -> None:
        logging.getLogger("textual-serve").setLevel(logging.ERROR)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C comes as KeyboardInterrupt
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, ended.set)
        runner = web.AppRunner(await self._make_app(), shutdown_timeout=LAST_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
            host, port = runner.addresses[0][:2]
            self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
            await ended.wait()
        except OSError as error:
            raise UsageError(
                msg("The address {host}:{port} cannot be served.", host=self.host, port=self.port),
                msg("The system says: {reason}.", reason=error.strerror or str(error)),
                msg("Choose another port with --port; 0 takes a free one."),
            ) from error
        finally:
            for session in self._sessions:
                session.cancel()  # its window is told, its program ends
            await runner.cleanup()

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing here: the address is announced once it is known."""

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only pages of this server: another site that is open in the browser gets nothing.

        A server of this machine alone answers to this machine's names alone, so that no foreign name that leads here
        (DNS rebinding) makes a foreign page one of ours.
        """
        called = urlsplit(f"//{request.host}").hostname or ""
        origin = request.headers.get("Origin")
        if (is_here(self.host) and not is_here(called)) or (origin and urlsplit(origin).netloc != request.host):
            raise web.HTTPForbidden(text="403: not a page of this server")
        response = await handler(request)
        if not response.prepared:
            response.headers.update({"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"})
        return response

    @aiohttp_jinja2.template("index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """Give the page of one tab; it asks no other server for anything."""
        return {
            "lang": current(),
            "title": self.title,
            "opening": _("Établi opens …"),
            "ended": _("This window was left."),
            "again": _("Open it again"),
            "font_size": to_int(request.query.get("fontsize", "16"), 16),
        }

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Start a session's program, as long as there are not too many."""
        session = asyncio.current_task()
        if session is None or len(self._sessions) >= MOST_SESSIONS:
            raise web.HTTPServiceUnavailable(text=_("Too many windows are open."))
        self._sessions.add(session)
        try:
            return await super().handle_websocket(request)
        finally:
            self._sessions.discard(session)


def _command() -> str:
    words = [sys.executable, "-m", "tui.follow_app"]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
