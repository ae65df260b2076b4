"""Taking one order in at the screen: the counter's questions; the number is given by the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import EtabliError
from bench.language import N_, Message, _
from bench.order import Contact, Family, RepairOrder, Watch
from bench.procedure.model import FormField
from tui.commands.orders_new import completed, in_contact
from tui.screens.asked import AskingRoom, asked


class NewOrderScreen(AskingRoom):
    """`number` is that of the order that was taken in, "" where it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.number = ""

    def title_now(self) -> str:
        return _("A new repair order: Enter goes on, an empty line may be filled in later.")

    def fields(self) -> Sequence[FormField]:
        desk = self.app.workshop.desk
        procedures = [(each.id, each.title) for each in desk.procedures.all()]
        cases = [(each.identity.id, Message("{name}", {"name": each.name})) for each in desk.profiles.cases()]
        return (
            asked("procedure", "choice", N_("Procedure"), procedures),
            asked("watch.brand", "text", N_("Brand")),
            asked("watch.model", "text", N_("Model"), required=False),
            asked("watch.reference", "text", N_("Reference"), required=False),
            asked("watch.calibre", "text", N_("Calibre, as it is called"), required=False),
            asked("watch.family", "choice", N_("Movement"), [(f.value, f) for f in Family], required=False),
            asked("watch.case", "choice", N_("Case"), cases, required=False),
            asked("watch.case_number", "text", N_("Case number, or “illegible”"), required=False),
            asked("watch.water_resistance", "text", N_("Water resistance as engraved"), required=False),
            asked("watch.materials", "text", N_("Materials as they look"), required=False),
            asked("customer", "text", N_("Customer's number"), required=False),
            asked("accessories", "text", N_("Accessories"), required=False),
            asked("declared", "text", N_("The customer says"), required=False),
            asked("request", "text", N_("Reformulated request"), required=False),
            asked("expectation", "text", N_("Reformulated expectation"), required=False),
            asked("contact", "choice", N_("Means of contact"), [(c.value, c) for c in Contact], required=False),
            asked("promised", "text", N_("Promised date"), required=False),
        )

    async def take(self, answers: Mapping[str, Any]) -> None:
        given = {path: str(value) for path, value in answers.items() if path != "procedure"}
        family = "watch.family" in given
        order = RepairOrder("", "", Watch("", ""), str(answers["procedure"]))
        for path, value in given.items():
            try:
                order = order.with_answers({path: value})
            except EtabliError as error:
                self.blame(path, error)
                return
        workshop = self.app.workshop

        def take_in() -> RepairOrder:
            done = completed(workshop.desk, order, family)
            workshop.desk.open_order(done)
            folder = getattr(workshop, "folder", None)
            if folder is not None and hasattr(folder, "customers"):
                in_contact(folder, done.customer)
            return done

        try:
            done = await self.app.at_bench(take_in)
        except EtabliError as error:
            self.blame("watch.family" if not family and not order.watch.calibre else "watch.calibre", error)
            return
        self._told(done)
        self.number = done.number
        self.dismiss()

    def _told(self, order: RepairOrder) -> None:
        missing = ", ".join(_(name) for name in order.missing())
        words = _("Order {number} is taken in.").format(number=order.number)
        if missing:
            words += " " + _("Still missing before it leaves reception: {missing}.").format(missing=missing)
        self.app.notify(words, markup=False, timeout=10)
