"""One row as a repair order, or every reason why it is none, each with its column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from bench.calibre import CalibreProfile, CaseProfile
from bench.customers.person import Person, plain
from bench.errors import EtabliError
from bench.import_orders.columns import PERSON, QUOTE, Columns, OwnNames
from bench.import_orders.table import Row
from bench.import_orders.text import twice_encoded
from bench.language import Message, msg
from bench.numbering import check_number
from bench.opening import check_family
from bench.order import PATHS, Family, Quote, RepairOrder, Watch
from bench.procedure.model import Procedure

if TYPE_CHECKING:
    from bench.desk import Desk

_LONGEST = 2000
# What counter software writes where we have words of our own; plain() of both sides is compared.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "watch.family": {
        "mecanique": "mechanical", "meca": "mechanical", "manuel": "mechanical", "manual": "mechanical",
        "hand wound": "mechanical", "remontage manuel": "mechanical", "mecanique manuelle": "mechanical",
        "automatique": "automatic", "auto": "automatic", "mecanique automatique": "automatic",
        "auto quartz": "autoquartz", "kinetic": "autoquartz", "pile": "quartz", "battery": "quartz",
    },
    "contact": {
        "telephone": "phone", "tel": "phone", "e mail": "mail", "email": "mail", "courriel": "mail",
        "courrier": "letter", "lettre": "letter", "en personne": "in-person", "in person": "in-person",
        "sur place": "in-person", "au comptoir": "in-person",
    },
    "watch.glass": {"petit": "small", "petite": "small", "moyen": "medium", "moyenne": "medium", "grand": "large",
                    "grande": "large"},
}  # fmt: skip
_ELECTRONIC = (Family.QUARTZ, Family.AUTOQUARTZ)
Profile = TypeVar("Profile", CalibreProfile, CaseProfile)


@dataclass(frozen=True)
class Problem:
    """Why a row is bad; `column` is its heading, "" where it is the whole row."""

    column: str
    reason: Message


@dataclass(frozen=True)
class Draft:
    """A row as an order; `person` is whom it is for, where the file says so and not by a number."""

    line: int
    order: RepairOrder
    person: Person | None = None


class Reader:
    """Reads rows. Profiles and procedures are looked up once each."""

    def __init__(self, desk: Desk, columns: Columns, own: OwnNames) -> None:
        self._desk = desk
        self._columns = columns
        self._own = {path: {plain(word): meant for word, meant in words.items()} for path, words in own.values.items()}
        self._defaults = own.defaults
        self._procedures: dict[str, Procedure] = {}
        for procedure in desk.procedures.all():
            for name in (procedure.id, procedure.title.fr, procedure.title.en):
                self._procedures[plain(name)] = procedure
        self._calibre: Callable[[str], CalibreProfile | Message] = lru_cache(None)(self._look_up_calibre)
        self._case: Callable[[str], CaseProfile | Message] = lru_cache(None)(self._look_up_case)

    def heading(self, path: str) -> str:
        """Return the heading of the column that a field stands in, its own name where it has none."""
        return self._columns.of.get(path, (path,))[0]

    def read(self, row: Row) -> Draft | list[Problem]:
        """Return the row's order, without a number where the file gives none; or all its problems."""
        if row.problem is not None:
            return [Problem("", row.problem)]
        problems = _garbled(row)
        if problems:
            return problems
        values = self._values(row)
        order = RepairOrder(values.get("number", ""), "", Watch(values.get("watch.brand", ""), ""), "")
        order = self._filled(order, values, problems)
        order = self._with_number_and_procedure(order, values, problems)
        order = self._with_profiles(order, values, problems)
        order = self._with_quote(order, values, problems)
        person = self._person(values, problems)
        for path in ("watch.brand", "procedure"):
            if not values.get(path):
                problems.append(self._problem(path, msg("It is empty.")))
        if person is None and not values.get("customer"):
            problems.append(
                self._problem("customer" if "customer" in self._columns.of else "person.name", msg("It is empty."))
            )
        if order.promised and order.received and order.promised < order.received[:10]:
            problems.append(self._problem("promised", msg("It lies before the day of reception.")))
        return problems or Draft(row.line, order, person)

    def _values(self, row: Row) -> dict[str, str]:
        values = dict(self._defaults)
        for path, headings in self._columns.of.items():
            written = " ".join(cell for heading in headings if (cell := row.cells.get(heading, "")))
            if written:
                values[path] = self._meant(path, written)
        return values

    def _meant(self, path: str, written: str) -> str:
        word = plain(written)
        return self._own.get(path, {}).get(word) or _WORDS.get(path, {}).get(word) or written

    def _filled(self, order: RepairOrder, values: Mapping[str, str], problems: list[Problem]) -> RepairOrder:
        fields = {path: value for path, value in values.items() if path in PATHS}
        try:
            return order.with_answers(fields)
        except EtabliError:
            for path, value in fields.items():
                try:
                    order = order.with_answers({path: value})
                except EtabliError as error:
                    problems.append(self._problem(path, error.what))
            return order

    def _with_number_and_procedure(
        self, order: RepairOrder, values: Mapping[str, str], problems: list[Problem]
    ) -> RepairOrder:
        if order.number:
            try:
                check_number(order.number)
            except EtabliError as error:
                problems.append(self._problem("number", error.what))
        named = values.get("procedure", "")
        procedure = self._procedures.get(plain(named))
        if named and procedure is None:
            problems.append(self._problem("procedure", msg("There is no procedure “{id}”.", id=named)))
        return replace(order, procedure=procedure.id if procedure else named)

    def _with_profiles(self, order: RepairOrder, values: Mapping[str, str], problems: list[Problem]) -> RepairOrder:
        watch = order.watch
        calibre = self._calibre(watch.calibre) if watch.calibre else None
        case = self._case(watch.case) if watch.case else None
        family = watch.family if values.get("watch.family") else None
        if isinstance(calibre, Message):
            problems.append(self._problem("watch.calibre", calibre))
        elif calibre is not None:
            family = family or calibre.family
            watch = replace(watch, calibre=calibre.identity.id)
            if (family in _ELECTRONIC) is not (calibre.family in _ELECTRONIC):
                reason = msg(
                    "{calibre} is {its}, the row says {said}.", calibre=calibre.name, its=calibre.family, said=family
                )
                problems.append(self._problem("watch.family", reason))
        if isinstance(case, Message):
            problems.append(self._problem("watch.case", case))
        elif case is not None:
            watch = replace(watch, case=case.identity.id)
        if family is None:
            if not isinstance(calibre, Message):
                problems.append(self._problem("watch.family", msg("It is empty.")))
            return replace(order, watch=watch)
        order = replace(order, watch=replace(watch, family=family))
        procedure = self._procedures.get(plain(order.procedure))
        if procedure is not None:
            try:
                check_family(procedure, order)
            except EtabliError as error:
                problems.append(self._problem("procedure", error.what))
        return order

    def _with_quote(self, order: RepairOrder, values: Mapping[str, str], problems: list[Problem]) -> RepairOrder:
        reference, how, signed = (values.get(path, "") for path in QUOTE)
        if not (reference or how or signed):
            return order
        if not (reference and how):
            problems.append(self._problem(QUOTE[0], msg("A signed quote needs its number and how it was signed.")))
            return order
        try:
            signed = RepairOrder("", "", Watch("", ""), "").with_answers({"received": signed}).received
        except EtabliError as error:
            problems.append(self._problem(QUOTE[2], error.what))
        return replace(order, quote=Quote(reference, how, signed))

    def _person(self, values: Mapping[str, str], problems: list[Problem]) -> Person | None:
        first, last, phone, mail, address = (values.get(path, "") for path in PERSON)
        if not (first or last or phone or mail or address):
            return None
        if not (phone or mail or address):
            reason = msg("A name alone does not tell who it is: give a telephone, an e-mail address or an address.")
            problems.append(self._problem(PERSON[1], reason))
            return None
        try:
            return Person(f"{first} {last}".strip(), phone, mail, address).check()
        except EtabliError:
            # The reason quotes what was written: it is shown, and never kept.
            problems.append(self._problem(PERSON[1], msg("The name, telephone or e-mail address is not right.")))
            return None

    def _problem(self, path: str, reason: Message) -> Problem:
        return Problem(self.heading(path), reason)

    def _look_up_calibre(self, name: str) -> CalibreProfile | Message:
        return self._look_up(self._desk.profiles.calibre, name)

    def _look_up_case(self, name: str) -> CaseProfile | Message:
        return self._look_up(self._desk.profiles.case, name)

    def _look_up(self, shelf: Callable[[str], Profile], name: str) -> Profile | Message:
        try:
            profile = shelf(name)
            self._desk.profile_record.check_frozen(profile.identity)
        except EtabliError as error:
            return error.what
        return profile


def _garbled(row: Row) -> list[Problem]:
    problems = []
    for heading, cell in row.cells.items():
        if len(cell) > _LONGEST:
            problems.append(Problem(heading, msg("It is longer than {most} signs.", most=_LONGEST)))
        elif "\ufffd" in cell or twice_encoded(cell):
            problems.append(
                Problem(heading, msg("Letters were lost when the file was written: “{cell}”.", cell=cell[:40]))
            )
    return problems
