"""The procedures to read: the tree of one with its stages and branches, and each step with its rules and criteria."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from bench.language import N_, Message, _
from bench.procedure.model import END, FormField, Procedure, Step, StepKind
from tui.screens.errands import ErrandRoom
from tui.widgets.page import Page, facts, heading, prose
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList

KINDS = {
    StepKind.INSTRUCTION: N_("instruction"),
    StepKind.CHECKLIST: N_("checklist"),
    StepKind.FORM: N_("form"),
    StepKind.MEASUREMENT: N_("measurement"),
    StepKind.DECISION: N_("decision"),
    StepKind.SIGNOFF: N_("signature"),
    StepKind.COUNT: N_("count"),
    StepKind.WAIT: N_("wait"),
}
OUTCOMES = {
    "pass": N_("passed"),
    "fail": N_("not passed"),
    "conditional": N_("passed with reserve"),
    "not-measured": N_("not measured"),
    "no-verdict": N_("no verdict"),
    "no-limit": N_("no limit"),
    "skipped": N_("left out"),
    "done": N_("done"),
    "*": N_("anything else"),
}


class ProceduresScreen(ErrandRoom):
    """One procedure a line."""

    def furnish(self) -> ComposeResult:
        yield PickList[Procedure](
            [
                Column(N_("title"), 0, lambda p: str(p.title)),
                Column(N_("for"), 0, lambda p: ", ".join(str(family) for family in p.families), wide_only=True),
                Column(N_("procedure"), 24, lambda p: p.id),
                Column(N_("version"), 8, lambda p: p.version),
                Column(N_("steps"), 6, lambda p: str(len(p.steps))),
                Column(N_("origin"), 9, lambda p: _("Établi") if p.origin == "shipped" else _("workshop")),
            ],
        )
        yield Panel()

    def on_mount(self) -> None:
        self.query_one(PickList).focus()
        self.look(self._load)

    async def _load(self) -> None:
        self.query_one(PickList).fill(await self.app.at_bench(self.app.workshop.desk.procedures.all))

    def main_word(self) -> str:
        return _("Open")

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        procedure = event.row
        assert isinstance(procedure, Procedure)
        self.app.push_screen(TreeScreen(procedure))


@dataclass(frozen=True)
class Row:
    """A line of the tree: a stage's title, or a step of it."""

    procedure: Procedure
    step: Step | None = None
    stage: str = ""

    @property
    def title(self) -> str:
        if self.step is None:
            return self.stage
        return f"  {self.step.title}"

    @property
    def kind(self) -> str:
        return _(KINDS[self.step.kind]) if self.step else ""

    @property
    def leads(self) -> str:
        """Where its outcomes lead, branches only."""
        return ", ".join(f"{words} → {target}" for words, target in branches(self.procedure, self.step)[:2])

    @property
    def guards(self) -> str:
        from bench.criteria.support import guards_of

        return " ".join(sorted(guards_of(self.step))) if self.step else ""


def branches(procedure: Procedure, step: Step | None) -> list[tuple[str, str]]:
    """Return (outcome, title of the step it leads to) of each branch that the step names."""
    if step is None:
        return []
    return [(outcome_words(step, outcome), _target(procedure, target)) for outcome, target in step.next.items()]


def outcome_words(step: Step, outcome: str) -> str:
    """Return an outcome in words: a verdict's, or the choice that gives it."""
    if outcome in OUTCOMES:
        return _(OUTCOMES[outcome])
    choices = [choice for entry in step.fields for choice in entry.choices if choice.id == outcome]
    if choices:
        return str(choices[0].label)
    rule = next((rule for rule in step.outcome if rule.result == outcome), None)
    entry = step.field(rule.field) if rule else None
    if rule is None or entry is None:
        return outcome
    return f"{entry.label}: {_answer(entry, rule.equals)}"


def _answer(entry: FormField, equals: str) -> str:
    """Return an answer that a rule asks for, in words; "!x" is anything but x."""
    taken = equals.removeprefix("!")
    labels = {"yes": _("Yes"), "no": _("No"), **{choice.id: str(choice.label) for choice in entry.choices}}
    words = labels.get(taken, taken)
    return _("not {answer}").format(answer=words) if equals.startswith("!") else words


def _target(procedure: Procedure, target: str) -> str:
    step = procedure.get(target)
    return _("end") if target == END else str(step.title) if step else target


def tree(procedure: Procedure) -> list[Row]:
    """Return the lines of a procedure: each stage once, its steps under it."""
    titles = {stage.id: str(stage.title) for stage in procedure.stage}
    rows: list[Row] = []
    stage = ""
    for step in procedure.steps:
        if step.stage and step.stage != stage:
            stage = step.stage
            rows.append(Row(procedure, None, f"{stage}  {titles.get(stage, '')}".strip()))
        rows.append(Row(procedure, step))
    return rows


class _Title(Widget):
    def __init__(self, procedure: Procedure) -> None:
        super().__init__()
        self.procedure = procedure

    def render(self) -> Content:
        p = self.procedure
        about = f"  {p.id}, {_('version')} {p.version}, {p.sha256[:12]}"
        return Content.assemble((f" {p.title}", "bold $primary"), (about, "$text-muted"))


class TreeScreen(ErrandRoom):
    """The steps of one procedure; typed letters search, Enter opens a step."""

    def __init__(self, procedure: Procedure) -> None:
        super().__init__()
        self.procedure = procedure
        self._language = ""

    def furnish(self) -> ComposeResult:
        yield _Title(self.procedure)
        yield Panel()
        yield PickList[Row](
            [
                Column(N_("step"), 0, lambda row: row.title, style=lambda r: "" if r.step else "bold $primary"),
                Column(N_("kind"), 12, lambda row: row.kind),
                Column(N_("role"), 18, lambda row: str(row.step.role) if row.step else "", wide_only=True),
                Column(N_("rules"), 0, lambda row: row.guards, wide_only=True),
                Column(N_("branches"), 0, lambda row: row.leads),
            ],
        )

    def on_mount(self) -> None:
        self.query_one(PickList).fill(tree(self.procedure))
        self.query_one(PickList).focus()

    def retranslate(self) -> None:
        self.query_one(PickList).fill(tree(self.procedure))
        super().retranslate()

    def main_word(self) -> str:
        return _("Open the step")

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        row = event.row
        assert isinstance(row, Row)
        steps = self.procedure.steps
        step = row.step or next((each for each in steps if each.stage == row.stage.partition(" ")[0]), None)
        if step is not None:
            self.app.push_screen(StepScreen(self.procedure, step))


class StepScreen(ErrandRoom):
    """Everything one step says, asks, stops and proves."""

    def __init__(self, procedure: Procedure, step: Step) -> None:
        super().__init__()
        self.procedure = procedure
        self.step = step

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()

    def _write(self, width: int) -> list[Content]:
        step = self.step
        lines = [Content.assemble((str(step.title), "bold $primary"), (f"  {step.id}", "$text-muted"))]
        lines += prose(str(step.instruction), width, "", "  ")
        lines += [Content(""), *facts(self._about(), width)]
        if step.measure is not None:
            lines += heading(_("Measures")) + facts(_measures(step), width)
        if step.fields:
            lines += heading(_("Asks"))
            for entry in step.fields:
                lines += _asked(entry, width)
        lines += self._ways(width) + self._rules(width) + self._criteria(width)
        return lines

    def _about(self) -> list[tuple[str, str]]:
        from bench.operations import operations

        step = self.step
        operation = operations().get(step.operation) if step.operation else None
        return [
            (_("Kind"), _(KINDS[step.kind])),
            (_("Role"), str(step.role)),
            (
                _("Stage of the work"),
                next((f"{s.id}  {s.title}" for s in self.procedure.stage if s.id == step.stage), ""),
            ),
            (_("Module"), step.module),
            (_("Operation of the quote"), str(operation.label) if operation else step.operation),
            (_("Technical level"), str(step.level) if step.level else ""),
            (_("Waits"), _("{minutes} min").format(minutes=f"{step.wait.minutes:g}") if step.wait else ""),
            (_("Signed for"), str(step.meaning) if step.meaning else ""),
            (_("May be left out"), "; ".join(str(reason.label) for reason in step.skip)),
            (_("At most"), _("{count} visits, then the manager decides").format(count=step.max_visits))
            if step.max_visits
            else ("", ""),
        ]

    def _ways(self, width: int) -> list[Content]:
        procedure, step = self.procedure, self.step
        pairs = branches(procedure, step)
        if "*" not in step.next:
            pairs.append((_("else"), _target(procedure, procedure.following(step.id))))
        pairs += [(_("back, with a reason"), _target(procedure, target)) for target in step.back]
        return heading(_("Leads to")) + facts([(outcome, f"→ {target}") for outcome, target in pairs], width)

    def _rules(self, width: int) -> list[Content]:
        from bench.criteria.support import guards_of
        from bench.procedure.guards import RULES

        codes = sorted(guards_of(self.step))
        if not codes:
            return []
        lines = heading(_("Rules that stop here"))
        for code in codes:
            rule = RULES.get(code)
            said = str(rule.rule) + " " + _("Lifted by: {who}.").format(who=rule.who) if rule else ""
            lines += facts([(code, said or code)], width)
        return lines

    def _criteria(self, width: int) -> list[Content]:
        from bench.criteria import criteria

        known = criteria()
        codes = sorted(self.step.all_criteria())
        if not codes:
            return []
        pairs = [(code, str(known[code].text) if code in known else code) for code in codes]
        return heading(_("Criteria that it supports")) + facts(pairs, width)


def _measures(step: Step) -> list[tuple[str, str]]:
    from bench.quantities import QUANTITIES

    assert step.measure is not None
    measure = step.measure
    runs = []
    for run in measure.run:
        positions = run.positions if isinstance(run.positions, str) else " ".join(run.positions)
        runs.append(" ".join(part for part in (run.program, positions, run.wind, run.label) if part))
    judged = [str(QUANTITIES[key]) for key in (*measure.judged, *measure.derive)]
    return [
        (_("Instrument"), str(measure.instrument)),
        (_("Programs"), "; ".join(runs)),
        (_("Judged"), ", ".join(judged)),
        (_("Decision rule"), measure.rule),
    ]


def _asked(entry: FormField, width: int) -> list[Content]:
    choices = ", ".join(str(choice.label) for choice in entry.choices or ())
    columns = ", ".join(str(column.label) for column in entry.columns)
    need = "" if entry.required else f" ({_('may stay empty')})"
    said: list[Message | str] = [part for part in (choices, columns) if part]
    lines = prose(f"• {entry.label}{need}", width, "", "  ")
    for part in said:
        lines += prose(str(part), width, "$text-muted", "    ")
    return lines
