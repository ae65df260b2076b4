"""The profiles of calibres and cases: searched by any name, opened with Enter, two compared, drafts approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult

from bench.calibre import CalibreProfile, CaseProfile
from bench.language import N_, _
from tui.screens.errands import ErrandRoom
from tui.screens.room import Errand
from tui.screens.rows import PickDialog
from tui.widgets.panel import Panel
from tui.widgets.picklist import Column, PickList
from tui.widgets.tabs import Tabs

Profile = CalibreProfile | CaseProfile
FILTERS = (
    ("calibres", N_("calibres")),
    ("cases", N_("cases")),
    ("own", N_("the workshop's")),
    ("drafts", N_("drafts")),
)


@dataclass(frozen=True)
class Line:
    """One profile with its approval as the record has it."""

    profile: Profile

    @property
    def case(self) -> bool:
        return isinstance(self.profile, CaseProfile)

    @property
    def kind(self) -> str:
        return str(self.profile.family) if isinstance(self.profile, CalibreProfile) else _("case")

    @property
    def state(self) -> str:
        return approval(self.profile)

    @property
    def text(self) -> str:
        """What a search looks through: every name of it, case-folded."""
        aliases = self.profile.aliases if isinstance(self.profile, CalibreProfile) else ()
        return " ".join((self.profile.name, self.profile.identity.id, *aliases, self.kind, self.state)).casefold()

    def fits(self, filter_: str) -> bool:
        """Whether a filter lets it through."""
        identity = self.profile.identity
        match filter_:
            case "calibres":
                return not self.case
            case "cases":
                return self.case
            case "own":
                return identity.origin != "shipped"
        return not identity.approved


def approval(profile: Profile) -> str:
    """Return whether verdicts may rest on it, as symbol and word."""
    return "✔ " + _("approved") if profile.identity.approved else "✘ " + _("draft")


def origin(profile: Profile) -> str:
    """Return whose profile it is, in words."""
    return _("Établi") if profile.identity.origin == "shipped" else _("workshop")


class ProfilesScreen(ErrandRoom):
    """Every profile that is right; a broken file is named by `etabli profiles check`."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[Line] = ()

    def furnish(self) -> ComposeResult:
        yield Tabs(FILTERS, "calibres")
        yield PickList[Line](
            [
                Column(N_("name"), 0, lambda line: line.profile.name),
                Column(N_("profile"), 0, lambda line: line.profile.identity.id),
                Column(N_("kind"), 14, lambda line: line.kind),
                Column(N_("version"), 8, lambda line: line.profile.identity.version, wide_only=True),
                Column(N_("origin"), 9, lambda line: origin(line.profile), wide_only=True),
                Column(
                    N_("state"),
                    12,
                    lambda line: line.state,
                    style=lambda line: "$success" if line.profile.identity.approved else "$warning",
                ),
            ],
            nothing=N_("No profile here."),
            text=lambda line: line.text,
        )
        yield Panel()

    def on_screen_resume(self) -> None:
        self.query_one(PickList).focus()
        self.look(self.reload)

    async def reload(self) -> None:
        """Read the profiles again, with their approvals."""
        self.lines = await self.app.at_bench(self._read)
        self.refill()

    def _read(self) -> list[Line]:
        desk = self.app.workshop.desk
        calibres = [Line(desk.profile_record.of(profile)) for profile in desk.profiles.calibres()]
        return calibres + [Line(desk.profile_record.of(profile)) for profile in desk.profiles.cases()]

    def refill(self) -> None:
        tabs = self.query_one(Tabs)
        tabs.counts = {name: sum(line.fits(name) for line in self.lines) for name, _words in FILTERS}
        tabs.refresh()
        self.query_one(PickList).fill([line for line in self.lines if line.fits(tabs.taken)])
        self.refresh_bindings()

    def main_word(self) -> str:
        return _("Open")

    def errands(self) -> Sequence[Errand]:
        picked = self.query_one(PickList).picked
        if not isinstance(picked, Line):
            return ()
        name = picked.profile.name
        return [Errand(_("Compare {name} with another").format(name=name), self._compare)]

    async def _compare(self) -> None:
        picked = self.query_one(PickList).picked
        if isinstance(picked, Line):
            await compare(self, picked.profile, self.lines)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        from tui.screens.profile import ProfileScreen

        line = event.row
        assert isinstance(line, Line)
        self.app.push_screen(ProfileScreen(line.profile, self.lines))


async def compare(room: ErrandRoom, profile: Profile, lines: Sequence[Line]) -> None:
    """Ask for another profile of the same sort and show both side by side."""
    from tui.screens.profile import DifferenceScreen

    others = {
        str(place): line.profile
        for place, line in enumerate(lines)
        if type(line.profile) is type(profile) and line.profile.identity != profile.identity
    }
    options = [(place, f"{other.name}  ({other.identity.id})") for place, other in others.items()]
    question = _("Compare {name} with which?").format(name=profile.name)
    picked = await room.app.push_screen_wait(PickDialog(question, options))
    if picked is not None:
        await room.app.push_screen(DifferenceScreen(profile, others[picked]))
