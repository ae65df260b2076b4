"""One profile: each value with its source and how sure it is; two side by side; a draft approved by the manager."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from textual.app import ComposeResult
from textual.content import Content

from bench.calibre import CalibreProfile, CaseProfile, ProfileLimit
from bench.language import _
from bench.limit import Mark
from bench.quantities import QUANTITIES
from tui.screens.errands import ErrandRoom
from tui.screens.profiles import Line, Profile, approval, compare, origin
from tui.screens.room import Errand
from tui.widgets.page import NARROW, Page, facts, heading, prose, table
from tui.widgets.panel import Panel


class ProfileScreen(ErrandRoom):
    """A profile to read."""

    def __init__(self, profile: Profile, others: Sequence[Line] = ()) -> None:
        super().__init__()
        self.profile = profile
        self.others = others

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()

    def main_word(self) -> str:
        return "" if self.profile.identity.approved else _("Approve")

    def action_main(self) -> None:
        self.do(self._approve)

    def errands(self) -> Sequence[Errand]:
        found = [] if self.profile.identity.approved else [Errand(_("Approve this draft"), self._approve)]
        return [*found, Errand(_("Compare {name} with another").format(name=self.profile.name), self._compare)]

    async def _compare(self) -> None:
        await compare(self, self.profile, self.others)

    async def _approve(self) -> None:
        app, profile = self.app, self.profile
        record = app.workshop.desk.profile_record

        def approved(pin: str | None) -> None:
            desk = app.workshop.desk
            desk.reauthenticate(pin)
            record.approve(profile, desk.operator)

        def signed(pin: str | None) -> Awaitable[None]:
            return app.at_bench(approved, pin)

        identity = profile.identity
        record.must_approve(app.operator)
        if await app.with_pin(_("Approve {id} {version}").format(id=identity.id, version=identity.version), signed):
            self.profile = await app.at_bench(lambda: record.of(profile))  # type: ignore[type-var]
            self.query_one(Page).rewrite()
            self.refresh_bindings()

    def _write(self, width: int) -> list[Content]:
        profile = self.profile
        identity = profile.identity
        head = f"  {identity.id}, {_('version')} {identity.version}, {identity.sha256[:12]}"
        lines = [Content.assemble((profile.name, "bold $primary"), (head, "$text-muted"))]
        approved = "$success" if identity.approved else "bold $warning"
        rule = str(profile.rule) if profile.rule else _("the house's rule decides")
        pairs = [(_("State"), approval(profile)), (_("Origin"), origin(profile)), (_("Decision rule"), rule)]
        if isinstance(profile, CalibreProfile):
            pairs += _about_calibre(profile)
            lines += facts(pairs, width, [approved]) + _calibre(profile, width)
        else:
            pairs += _about_case(profile)
            lines += facts(pairs, width, [approved]) + _case(profile, width)
        if profile.notes:
            lines += heading(_("Notes"))
            for note in profile.notes:
                lines += prose(str(note), width, "", "  ")
        return lines


def _about_calibre(profile: CalibreProfile) -> list[tuple[str, str]]:
    grades = [f"{profile.grade_names.get(grade, grade) or '—'} ({' '.join(p)})" for grade, p in profile.grades.items()]
    cells = ", ".join(dict.fromkeys(cell for cell in (profile.battery, *profile.batteries) if cell))
    return [
        (_("Movement"), str(profile.family)),
        (_("Also called"), ", ".join(profile.aliases)),
        (_("Positions by grade"), "; ".join(grades)),
        (_("Battery"), cells),
        (_("Demagnetising"), _("allowed") if profile.demagnetisable else _("not allowed")),
    ]


def _about_case(profile: CaseProfile) -> list[tuple[str, str]]:
    volume = profile.free_volume
    return [
        (_("Rating"), str(profile.rating)),
        (_("Highest pressure"), str(profile.max_pressure)),
        (_("Free volume"), f"{volume.value} ({volume.mark}; {volume.source})" if volume else "—"),
        (_("A pass holds for"), _("{hours} h").format(hours=f"{profile.validity_hours:g}")),
    ]


def _calibre(profile: CalibreProfile, width: int) -> list[Content]:
    values = [[str(QUANTITIES[key]), str(fact.value)] for key, fact in profile.facts.items()]
    sure = [(fact.mark, fact.source) for fact in profile.facts.values()]
    lines = heading(_("Values")) + _sourced([_("value"), ""], values, sure, width)
    if not profile.facts:
        lines += prose(_("None is known."), width, "$text-muted", "  ")
    lines += heading(_("Limits"))
    if not profile.limits:
        return lines + prose(
            _("No limit is known: figures are measured without a verdict."), width, "$text-muted", "  "
        )
    rows = [[str(entry.limit.quantity), _circumstances(profile, entry), str(entry.limit)] for entry in profile.limits]
    marks = [(entry.limit.mark, entry.limit.source) for entry in profile.limits]
    return lines + _sourced([_("limit of"), _("for"), ""], rows, marks, width)


def _case(profile: CaseProfile, width: int) -> list[Content]:
    rows = [
        [
            stage.label,
            str(stage.pressure),
            str(stage.limit),
            f"{stage.fill:g} + {stage.stabilise:g} + {stage.measure:g} s",
        ]
        for stage in profile.stages
    ]
    marks = [(stage.limit.mark, stage.limit.source) for stage in profile.stages]
    headings = [_("stage"), _("pressure"), _("limit"), _("fill, settle, measure")]
    return heading(_("Stages of the dry test")) + _sourced(headings, rows, marks, width)


def _circumstances(profile: CalibreProfile, entry: ProfileLimit) -> str:
    grade = str(profile.grade_names.get(entry.grade, entry.grade)) if entry.grade else ""
    return " ".join(part for part in (grade, entry.position, entry.wind, entry.stage, entry.temperature) if part)


def _sourced(
    headings: Sequence[str], rows: Sequence[Sequence[str]], marks: Sequence[tuple[Mark, str]], width: int
) -> list[Content]:
    """Return a table with mark and source of each row; where it is narrow, sources are numbered and stand below."""
    styles = ["$warning" if mark is Mark.UNCONFIRMED else "" for mark, _source in marks]
    if width >= NARROW:
        full = [[*row, str(mark), source] for row, (mark, source) in zip(rows, marks, strict=True)]
        return table([*headings, _("how sure"), _("source")], full, width, styles)
    sources = list(dict.fromkeys(source for _mark, source in marks if source))
    numbered = [
        [*row, str(mark), f"[{sources.index(source) + 1}]" if source else ""]
        for row, (mark, source) in zip(rows, marks, strict=True)
    ]
    lines = table([*headings, _("how sure"), ""], numbered, width, styles)
    for n, source in enumerate(sources, 1):
        lines += prose(f"[{n}] {source}", width, "$text-muted", "  ")
    return lines


Shown = dict[str, str]
"""What stands beside each caption of one profile."""


def shown(profile: Profile) -> Shown:
    """Return what a profile says, by captions that two of them share: values, limits, stages, the rest."""
    pairs = _about_calibre(profile) if isinstance(profile, CalibreProfile) else _about_case(profile)
    found = {_("Decision rule"): str(profile.rule) if profile.rule else _("the house's rule decides"), **dict(pairs)}
    if isinstance(profile, CalibreProfile):
        found |= {str(QUANTITIES[key]): f"{fact.value} ({fact.mark})" for key, fact in profile.facts.items()}
        for entry in profile.limits:
            caption = f"{_('limit of')} {entry.limit.quantity} {_circumstances(profile, entry)}".strip()
            found[caption] = f"{entry.limit} ({entry.limit.mark})"
    else:
        for stage in profile.stages:
            times = f"{stage.fill:g} + {stage.stabilise:g} + {stage.measure:g} s"
            found[f"{_('stage')} {stage.label}"] = f"{stage.limit} ({stage.limit.mark}), {times}"
    return found


class DifferenceScreen(ErrandRoom):
    """Two profiles side by side: what differs, and how much is the same."""

    def __init__(self, before: Profile, after: Profile) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def furnish(self) -> ComposeResult:
        yield Panel()
        yield Page(self._write)

    def on_mount(self) -> None:
        self.query_one(Page).focus()

    def _write(self, width: int) -> list[Content]:
        one, other = shown(self.before), shown(self.after)
        keys = list(dict.fromkeys([*one, *other]))
        differing = [key for key in keys if one.get(key, "") != other.get(key, "")]
        title = _("{count} differences, {same} the same").format(count=len(differing), same=len(keys) - len(differing))
        names = [f"{each.name} v{each.identity.version}" for each in (self.before, self.after)]
        rows = [[key, one.get(key) or "—", other.get(key) or "—"] for key in differing]
        return [Content.styled(title, "bold $primary"), Content(""), *table(["", *names], rows, width)]
