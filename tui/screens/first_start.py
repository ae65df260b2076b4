"""The assistant of the first start: language, workshop, first operator, then instruments or the demonstration."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from bench.errors import EtabliError
from bench.language import N_, _, current, msg
from bench.procedure.model import Choice, FormField
from tui.first_start import FirstStart
from tui.screens.room import Room
from tui.widgets.form import Form
from tui.widgets.panel import Panel


def _field(id_: str, kind: str, label: str, *choices: tuple[str, str]) -> FormField:
    """Return a field whose words are sentences of the program, translated whenever they are drawn."""
    answers = tuple(Choice.model_construct(id=choice, label=msg(words)) for choice, words in choices)
    return FormField.model_construct(id=id_, kind=kind, label=msg(label), choices=answers)


FIELDS = (
    _field("language", "choice", N_("Language"), ("en", "English"), ("fr", "Français")),
    _field("workshop", "text", N_("Name of the workshop")),
    _field("person", "text", N_("Your name")),
    _field(
        "then",
        "choice",
        N_("And then"),
        ("begin", N_("begin")),
        ("look", N_("look for instruments")),
        ("demo", N_("only try the demonstration")),
    ),
)


class Welcome(Widget):
    """What this is about; after a look, who answers on which port."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = ""
        self.lines: list[str] = []
        self.looking = False

    def render(self) -> Content:
        if self.looking:
            return Content.assemble(
                (_("Asking every port who is there; this takes a few seconds a port …"), "$primary")
            )
        if self.lines:
            how = _("Register them with “etabli instruments register”, or try readings keyed in by hand.")
            return Content("\n").join(
                [
                    Content.assemble((_("The workshop is made."), "bold $success")),
                    *(Content("  " + line) for line in self.lines),
                    Content.assemble((how, "$text-muted")),
                ]
            )
        return Content("\n").join(
            [
                Content.assemble(
                    (_("Welcome. There is no workshop here yet; a few answers make one."), "bold $primary")
                ),
                Content.assemble((_("It will be in {folder}").format(folder=self.folder), "$text-muted")),
            ]
        )


class FirstStartScreen(Room):
    """Enter goes from answer to answer; the last one opens the bench."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "main", N_("Begin"), id="main")]

    def __init__(self, first: FirstStart) -> None:
        super().__init__()
        self.first = first
        self.busy = False

    def furnish(self) -> ComposeResult:
        yield Welcome()
        yield Panel()
        yield Form()

    async def on_mount(self) -> None:
        self.query_one(Welcome).folder = str(self.first.folder.path)
        await self.query_one(Form).ask(FIELDS, {"language": current(), "then": "begin"})

    def on_descendant_focus(self) -> None:
        """Speak the language that was chosen as soon as the keyboard goes on."""
        wanted = self.query_one(Form).answers().get("language")
        if wanted in ("en", "fr") and wanted != current():
            self.app.speak(wanted)

    def main_word(self) -> str:
        return "" if self.busy else _("Begin")

    def action_main(self) -> None:
        if self.query_one(Welcome).lines:
            self.app.start_over()
        elif not self.busy:
            missing = self.query_one(Form).first_missing()
            if missing is not None:
                missing.take()
                missing.nag()
            else:
                self.on_form_complete()

    def on_form_complete(self) -> None:
        answers = dict(self.query_one(Form).answers())
        self.busy = True
        self.query_one(Panel).clear()
        self.run_worker(self._do(answers), exit_on_error=False)

    async def _do(self, answers: dict[str, Any]) -> None:
        try:
            if answers["then"] == "demo":
                self.app.start_over(self.first.demonstration)
                return
            make = self.first.make
            await self.app.at_bench(make, answers["workshop"], answers["person"], answers["language"])
            if answers["then"] == "begin":
                self.app.start_over()
                return
            welcome = self.query_one(Welcome)
            welcome.looking = True
            self.query_one(Form).display = False
            welcome.refresh(layout=True)
            welcome.lines = await self.app.at_bench(self.first.look)
            welcome.looking = False
            welcome.refresh(layout=True)
            self.set_focus(None)
        except EtabliError as error:
            self.query_one(Panel).say_error(error)
        finally:
            self.busy = False
            self.refresh_bindings()
