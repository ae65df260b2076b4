"""What one can do at a step beside the step itself: leave it out, go back, call for help, take over, lift, correct."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import hierarchy
from bench.errors import EtabliError, Refused, UsageError
from bench.language import _, msg
from bench.people import Role
from bench.photos import PhotoKind, PhotoStore, attach
from bench.procedure import guards
from tui.screens.dialogs import Reason
from tui.screens.rows import Option, PickDialog, RowDialog
from tui.widgets.form_lists import LinesField, PickedField
from tui.widgets.panel import Panel

if TYPE_CHECKING:
    from bench.work import Work
    from tui.screens.bench import BenchScreen

Act = Callable[[], Awaitable[None]]


class Acts:
    """The acts that fit the order in hand, for the bench's “more” list."""

    def __init__(self, bench: BenchScreen) -> None:
        self.bench = bench

    @property
    def work(self) -> Work:
        return self.bench.work

    def offered(self) -> list[tuple[Option, Act]]:
        """Return what can be done now, the remedy of what stops the step first."""
        work, step = self.work, self.work.step
        operator = work.desk.operator
        found: list[tuple[Option, Act]] = []
        refusal = self.bench.query_one(Panel).refusal or work.refusal()
        if refusal is not None and step is not None:
            if refusal.rule == "G-38":
                found.append(
                    (("card", _("Read and acknowledge the safety card: {m}").format(m=step.machine)), self.card)
                )
            if refusal.rule == "custody":
                found.append((("take-over", _("Take the watch over")), self.take_over))
            rule = guards.rule(refusal.rule)
            if rule is not None and rule.lifted_by is not None and operator and operator.may_act_as(rule.lifted_by):
                found.append((("lift", _("Lift {rule}, with a reason").format(rule=refusal.rule)), self.lift))
        if operator is not None and operator.may_act_as(Role.MANAGER):
            for alert in work.state.alerts:
                if alert.open:
                    text = str(alert.text)
                    found.append((("accept", _("Accept: {text}").format(text=text)), self._decide(alert.id, True)))
                    found.append((("refuse", _("Refuse: {text}").format(text=text)), self._decide(alert.id, False)))
        if step is not None:
            for reason in step.skip:
                words = _("Leave out: {reason}").format(reason=reason.label)
                found.append((("skip", words), self._skip(reason.id)))
            for target in step.back:
                ahead = work.procedure.get(target)
                words = _("Repeat the work from: {step}").format(step=ahead.title if ahead else target)
                found.append((("back", words), self._back(target)))
        found.append((("help", _("Ask for help")), self._raise("help", lambda: _("What do you need help with?"))))
        found.append((("incident", _("Tell an incident")), self.incident))
        found.append(
            (
                ("information", _("Ask for missing information")),
                self._raise("information", lambda: _("What is missing?")),
            )
        )
        found.append(
            (("supply", _("Order supplies")), self._raise("supply", lambda: _("Which supplies, which reference?")))
        )
        found.append((("photo", _("Attach a photo")), self.photo))
        found.append((("promise", _("Move the promised date")), self.promise))
        for signature in work.state.signatures:
            if signature.void:
                signed = work.procedure.get(signature.step)
                words = _("Sign again: {step}").format(step=signed.title if signed else signature.step)
                found.append((("sign", words), self._sign_again(signature.step)))
        return found

    async def choose(self) -> None:
        """Show the list and do what is picked."""
        offered = await self.bench.app.at_bench(self.offered)
        options = [(str(place), words) for place, ((_kind, words), _act) in enumerate(offered)]
        picked = await self.bench.app.push_screen_wait(PickDialog(_("What else?"), options, searchable=False))
        if picked is not None:
            await offered[int(picked)][1]()

    # -- the acts

    async def card(self) -> None:
        step = self.work.step
        if step is not None:
            await self.bench.app.at_bench(self.work.desk.acknowledge_card, step.machine)

    async def take_over(self) -> None:
        note = await self._reason(lambda: _("In what state do you take the work over?"))
        if note is not None:
            await self.bench.app.at_bench(hierarchy.take_over, self.work, note)

    async def lift(self) -> None:
        refusal = self.bench.query_one(Panel).refusal or self.work.refusal()
        step = self.work.step
        reason = await self._reason(lambda: _("Why is this lifted?"))
        if reason is None or refusal is None or step is None:
            return
        scope = await self.bench.app.at_bench(lambda: guards.scope_of(refusal.rule, self.work.question(step)))

        async def lift(pin: str | None) -> None:
            await self.bench.app.at_bench(hierarchy.lift_rule, self.work, refusal.rule, scope, reason, pin)

        await self.bench.app.with_pin(_("Lift {rule}").format(rule=refusal.rule), lift)

    def _decide(self, alert: str, accept: bool) -> Act:
        async def decide() -> None:
            reason = await self._reason(lambda: _("Why? It stands on the sheet."))
            if reason is None:
                return

            async def decided(pin: str | None) -> None:
                await self.bench.app.at_bench(
                    lambda: hierarchy.decide(self.work, alert, accept=accept, reason=reason, pin=pin)
                )

            await self.bench.app.with_pin(_("Decision"), decided)

        return decide

    def _skip(self, code: str) -> Act:
        async def skip() -> None:
            await self.bench.app.at_bench(self.work.skip, code)

        return skip

    def _back(self, target: str) -> Act:
        async def back() -> None:
            reason = await self._reason(lambda: _("Why is the work repeated?"))
            if reason is not None:
                await self.bench.app.at_bench(self.work.go_back, target, reason)

        return back

    def _raise(self, kind: str, question: Callable[[], str]) -> Act:
        async def tell() -> None:
            text = await self._reason(question)
            if text is not None:
                await self.bench.app.at_bench(hierarchy.raise_alert, self.work, kind, text)
                self.bench.app.notify(_("The hierarchy has been told."))

        return tell

    async def incident(self) -> None:
        severities = [_("note"), _("minor"), _("touches the function"), _("stops the work")]
        options = [(str(n), f"{n}  {words}") for n, words in enumerate(severities)]
        severity = await self.bench.app.push_screen_wait(PickDialog(_("How grave?"), options, searchable=False))
        if severity is None:
            return
        text = await self._reason(lambda: _("What happened?"))
        if text is not None:
            await self.bench.app.at_bench(hierarchy.incident, self.work, int(severity), text)

    async def photo(self) -> None:
        kinds = [(kind.value, str(kind)) for kind in PhotoKind]
        kind = await self.bench.app.push_screen_wait(PickDialog(_("A photo of what?"), kinds, searchable=False))
        if kind is not None:
            await self.attach(kind)

    async def attach(self, kind: str) -> str | None:
        """Ask for a photo's file and attach it; return its hash, None when nothing was given."""
        path = await self._reason(lambda: _("The photo's file (JPEG, PNG, WebP)"))
        if path is None:
            return None
        work, step = self.work, self.work.step
        store = PhotoStore(self.bench.app.workshop.photos)

        def attached() -> str:
            place = Path(path.strip().strip("'\"")).expanduser()
            photo = attach(work.desk, store, work.number, place, kind, step=step.id if step else "")
            work.refresh()
            return photo.sha256

        return await self.bench.app.at_bench(attached)

    async def promise(self) -> None:
        day = await self._reason(lambda: _("The new promised date (2026-12-24)"))
        if day is None:
            return
        reason = await self._reason(lambda: _("Why does it slip?"))
        if reason is None:
            return
        operator = self.work.desk.operator
        told: str | None = ""
        if operator is not None and operator.may_act_as(Role.MANAGER):
            told = await self._reason(lambda: _("How and when was the customer told?"))
        if told is None:
            return
        words = told

        async def move(pin: str | None) -> None:
            await self.bench.app.at_bench(
                lambda: hierarchy.move_promise(self.work, day, reason=reason, told=words, pin=pin)
            )

        if words:
            await self.bench.app.with_pin(_("Move the promised date"), move)
        else:
            await move(None)

    def _sign_again(self, step: str) -> Act:
        async def sign() -> None:
            async def signed(pin: str | None) -> None:
                await self.bench.app.at_bench(self.work.sign_again, step, pin)

            await self.bench.app.with_pin(_("Signature"), signed)

        return sign

    # -- what a form asks for

    async def row(self, event: LinesField.Wanted) -> None:
        """Fill in a line of a table."""
        written = list(event.field.answer or ())
        row = written[event.place] if event.place < len(written) else {}
        given = await self.bench.app.push_screen_wait(RowDialog(event.field.spec, row))
        if given is not None:
            event.field.put(event.place, given)

    async def pick(self, event: PickedField.Wanted) -> None:
        """Pick a defect, or one of the order's photos, or attach a new one."""
        field = event.field
        if field.spec.kind == "defect":
            from bench.defects import defects

            options = [(code, f"{code}  {defect.label}") for code, defect in defects().items()]
            field.put(await self.bench.app.push_screen_wait(PickDialog(str(field.spec.label), options)))
            return
        try:
            field.put(await self.attach(PhotoKind.EVIDENCE.value))
        except EtabliError as error:
            self.bench.query_one(Panel).say_error(error)

    async def answered(self, answer: Callable[..., Any], answers: dict[str, Any]) -> None:
        """Answer a form: with a PIN where it signs, with a reason where a word is queried."""
        step = self.work.step
        if step is None:
            raise UsageError(msg("No step is under way."))
        reason = ""
        while True:
            try:
                if step.meaning is not None:
                    meaning = str(step.meaning)

                    async def signed(pin: str | None, reason: str = reason) -> None:
                        await self.bench.app.at_bench(lambda: answer(answers, reason, pin=pin))

                    if not await self.bench.app.with_pin(meaning, signed):
                        return
                else:
                    await self.bench.app.at_bench(answer, answers, reason)
            except Refused as refused:
                refusal = refused.refusal
                if refusal.rule != "vocabulary" or reason:
                    raise
                given = await self._reason(lambda refusal=refusal: f"{refusal.reason}\n{refusal.remedy}")  # type: ignore[misc]
                if given is None:
                    return
                reason = given
            else:
                return

    async def _reason(self, question: Callable[[], str]) -> str | None:
        given: str | None = await self.bench.app.push_screen_wait(Reason(question))
        return given
