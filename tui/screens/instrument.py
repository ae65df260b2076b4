"""One instrument: who it is, what it can, its certificates and checks; what may be done with it stands in the menu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from textual.app import ComposeResult
from textual.content import Content

from bench.impact import Review, review
from bench.instrument import Capability, Identity, LinkState
from bench.language import _, number
from bench.metrology import CalibrationState, Certificate, DailyCheck, InstrumentRecord
from bench.quantities import QUANTITIES, unit_text
from bench.registration import Registrar, must_manage
from bench.reviews import last_finding
from tui.screens.dialogs import Reason
from tui.screens.errands import ErrandRoom
from tui.screens.instruments import Line, calibration_style, calibration_words, check_words, link_words
from tui.screens.room import Errand
from tui.widgets.order_header import show_date
from tui.widgets.page import NARROW, Page, facts, heading, prose, table
from tui.widgets.panel import Panel


@dataclass(frozen=True)
class Sight:
    """What is shown of an instrument, read in one go in the bench's thread."""

    line: Line
    identity: Identity | None
    capabilities: tuple[Capability, ...]
    review: Review | None = None
    """The newest finding against it."""

    @property
    def record(self) -> InstrumentRecord:
        return self.line.record


class InstrumentScreen(ErrandRoom):
    """One line of the register, opened."""

    def __init__(self, instrument: str) -> None:
        super().__init__()
        self.instrument = instrument
        self.sight: Sight | None = None

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_screen_resume(self) -> None:
        self.query_one(Page).focus()
        self.look(self.reload)

    async def reload(self) -> None:
        """Read the instrument again."""
        self.sight = await self.app.at_bench(self._read)
        self.query_one(Page).rewrite()
        self.refresh_bindings()

    def _read(self) -> Sight:
        from drivers.registry import capabilities, is_manual

        desk = self.app.workshop.desk
        pool = desk.pool
        here = any(record.id == self.instrument for record in pool.records())
        record = self._registrar().record(self.instrument)
        state = pool.state(record.id) if here else None
        return Sight(
            Line(record, state, is_manual(record), desk.clock.now().date()),
            pool.identity(record.id) if here else None,
            pool.capabilities(record.id) if here else capabilities(record),
            last_finding(desk.journal, record.id),
        )

    def _registrar(self) -> Registrar:
        desk = self.app.workshop.desk
        return Registrar(desk.journal, desk.pool.records(), desk.clock)

    def link_changed(self, instrument: str, _state: LinkState) -> None:
        """A cable came out or is back."""
        if instrument == self.instrument:
            self.look(self.reload)

    # -- what can be done

    def main_word(self) -> str:
        return _("Daily check") if self._checkable() else ""

    def _checkable(self) -> bool:
        sight = self.sight
        return sight is not None and sight.record.daily_check is not None and sight.line.link is not None

    def action_main(self) -> None:
        self.do(self._check)

    def errands(self) -> Sequence[Errand]:
        sight = self.sight
        if sight is None:
            return ()
        found = [Errand(_("Daily check"), self._check)] if self._checkable() else []
        found.append(Errand(_("Enter a certificate"), self._certificate))
        if sight.record.suspended:
            found.append(Errand(_("Release it, with a reason"), self._release))
        else:
            found.append(Errand(_("Suspend it, with a reason"), self._suspend))
        if sight.line.link is not None and not sight.line.by_hand:
            found.append(Errand(_("Watch its wire"), self._wire))
        simulation = getattr(self.app.workshop, "simulation", None)
        if sight.record.simulated and simulation is not None:
            found.append(Errand(_("Faults of the simulated instrument"), self._faults))
        if sight.review is not None:
            found.append(Errand(_("Impact review: what became of the watches"), self._review))
        found.append(Errand(_("Verdicts that rest on it"), self._verdicts))
        return found

    async def _check(self) -> None:
        from tui.screens.check import CheckScreen

        if self._checkable():
            await self.app.push_screen(CheckScreen(self.instrument))

    async def _certificate(self) -> None:
        from tui.screens.certificate import CertificateScreen

        assert self.sight is not None and self.app.operator is not None
        must_manage(self.app.operator)
        await self.app.push_screen(CertificateScreen(self.sight.record, self.sight.capabilities))

    async def _suspend(self) -> None:
        await self._stand(_("Suspend {id}"), lambda: _("Why is it taken out of use?"), Registrar.suspend)

    async def _release(self) -> None:
        assert self.app.operator is not None
        must_manage(self.app.operator)
        await self._stand(_("Release {id}"), lambda: _("Why may it be used again?"), Registrar.release)

    async def _stand(self, purpose: str, question: Callable[[], str], act: Callable[..., None]) -> None:
        """Suspend or release with a reason and the PIN of who is signed in."""
        app = self.app
        reason = await app.push_screen_wait(Reason(question))
        if reason is None:
            return

        def acted(pin: str | None) -> None:
            desk = app.workshop.desk
            desk.reauthenticate(pin)
            act(self._registrar(), self.instrument, reason, desk.operator)

        def signed(pin: str | None) -> Awaitable[None]:
            return app.at_bench(acted, pin)

        await app.with_pin(purpose.format(id=self.instrument), signed)
        await self.reload()

    async def _wire(self) -> None:
        from tui.screens.wire import WireScreen

        assert self.sight is not None
        await self.app.push_screen(WireScreen(self.sight.record))

    async def _faults(self) -> None:
        from tui.screens.faults import FaultsScreen

        await self.app.push_screen(FaultsScreen(self.instrument))

    async def _review(self) -> None:
        from tui.screens.review import ReviewScreen

        assert self.sight is not None and self.sight.review is not None
        await self.app.push_screen(ReviewScreen(self.sight.review))

    async def _verdicts(self) -> None:
        from tui.screens.review import ReviewScreen

        assert self.sight is not None
        sight = self.sight

        def found() -> Review:
            errors = {entry.quantity: 0.0 for entry in sight.capabilities}
            return review(self.app.workshop.desk.journal, sight.record, errors, cause="asked")

        await self.app.push_screen(ReviewScreen(await self.app.at_bench(found)))

    # -- the page

    def _write(self, width: int) -> list[Content]:
        sight = self.sight
        if sight is None:
            return [Content("")]
        line, record = sight.line, sight.record
        lines = [Content.assemble((record.id, "bold $primary"), f"  {record.kind}")]
        state = [(_("Link"), link_words(line)), (_("Calibration"), calibration_words(line))]
        lines += facts(state, width, ["", calibration_style(line)])
        if record.suspended:
            lines += prose(_("Suspended: {reason}").format(reason=record.suspended), width, "bold $error", "  ")
        lines += heading(_("Identity")) + facts(_identity(sight), width)
        if record.daily_check is not None:
            lines += heading(_("Daily check")) + facts(_check(record.daily_check, line), width)
        lines += heading(_("Certificates")) + _certificates(record, line.today, width)
        lines += heading(_("What it measures")) + _capabilities(sight.capabilities, width)
        return lines


def _identity(sight: Sight) -> list[tuple[str, str]]:
    record, identity = sight.record, sight.identity
    answers = ""
    if identity is not None:
        serial = f" n° {identity.serial}" if identity.serial else ""
        answers = f"{identity.model}{serial} {identity.firmware}".strip()
    return [
        (_("Register"), f"{record.model} n° {record.serial}"),
        (_("At the port"), answers or _("nobody has answered yet")),
        (_("Protocol"), record.dialect),
        (_("Port"), record.connection + (f" ({_('simulated')})" if record.simulated else "")),
        (_("Adapter"), " ".join(f"{key}={value}" for key, value in dict(record.options.get("usb") or {}).items())),
    ]


def _check(check: DailyCheck, line: Line) -> list[tuple[str, str]]:
    quantity = check.quantity
    return [
        (_("Today"), check_words(line)),
        (_("Reference"), f"{quantity.name}: {check.reference} ± {number(check.expanded)}"),
        (_("Limits"), str(check.limit)),
        (_("Certificate"), check.certificate),
        (_("Valid until"), show_date(check.due.isoformat()) if check.due else ""),
    ]


def _certificates(record: InstrumentRecord, today: date, width: int) -> list[Content]:
    if not record.certificates:
        return prose(_("None: no verdict may rest on it."), width, "$error", "  ")
    newest = record.certificate
    headings = [_("number"), _("laboratory"), _("issued"), _("due"), ""]
    rows, styles = [], []
    for each in sorted(record.certificates, key=lambda c: c.issued, reverse=True):
        rows.append(
            [each.number, each.laboratory, _day(each.issued), _day(each.due), _remark(each, newest, record, today)]
        )
        styles.append("bold" if each is newest else "")
    lines = table(headings, rows, width, styles)
    if newest is not None and newest.expanded:
        rows = [[_named(key), *_points(newest, key)] for key in newest.expanded if key in QUANTITIES]
        lines += [Content("")]
        lines += table([_("quantity"), "U (k = 2)", _("as found"), _("as left"), _("tolerance")], rows, width)
    return lines


def _points(certificate: Certificate, key: str) -> list[str]:
    stated = (certificate.expanded, certificate.as_found, certificate.as_left, certificate.tolerance)
    return [number(figures[key]) if key in figures else "—" for figures in stated]


def _named(key: str) -> str:
    """Return a quantity with its unit: what stands beside it are bare figures."""
    quantity = QUANTITIES[key]
    return f"{quantity} [{unit_text(quantity.unit)}]"


def _remark(certificate: Certificate, newest: Certificate | None, record: InstrumentRecord, today: date) -> str:
    if certificate.serial != record.serial:
        return _("of another serial number")
    if certificate is not newest:
        return _("replaced")
    if certificate.due < today:
        return str(CalibrationState.EXPIRED)
    return _("found out of tolerance") if certificate.found_out else ""


def _day(day: date) -> str:
    return show_date(day.isoformat())


def _capabilities(capabilities: Sequence[Capability], width: int) -> list[Content]:
    headings = [_("quantity"), _("lowest"), _("highest"), _("resolution"), _("accuracy")]
    if width >= NARROW:
        headings.append(_("source"))
    rows = []
    for entry in capabilities:
        accuracy = _figure(entry.accuracy)
        if entry.accuracy_relative:
            accuracy += f" + {number(round(100 * entry.accuracy_relative, 6))} %"
        row = [_named(entry.quantity), _figure(entry.low), _figure(entry.high), _figure(entry.resolution), accuracy]
        rows.append([*row, entry.source] if width >= NARROW else row)
    return table(headings, rows, width)


def _figure(figure: float | None) -> str:
    return "—" if figure is None else number(figure)
