"""The panel of a refusal or an error: what happened, why, what to do, and who may lift it."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from bench.errors import EtabliError, Refusal, Refused
from bench.language import N_, _

# The key that leads to a refusal's remedy, where one does.
KEYS = {
    "G-01": N_("F4: sign in"),
    "G-31": N_("F4: another person signs in"),
    "G-39": N_("F4: the manager signs in"),
    "role": N_("F4: another person signs in"),
    "G-38": N_("M: read the safety card"),
    "custody": N_("M: take the watch over"),
    "alert": N_("M: the manager decides"),
    "G-07": N_("M: the manager decides"),
    "G-23": N_("M: the manager decides"),
    "G-25": N_("M: the manager decides"),
    "G-26": N_("M: the manager decides"),
    "G-27": N_("M: the manager decides"),
    "loop": N_("M: the manager decides"),
    "G-05": N_("I: take a reading as an indication, without a verdict"),
    "G-06": N_("I: take a reading as an indication, without a verdict"),
}


class Panel(Widget):
    """Hidden until something is said; speaks the language in force whenever it is drawn."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.refusal: Refusal | None = None
        self.error: EtabliError | None = None
        self.display = False

    @property
    def shown(self) -> bool:
        return self.refusal is not None or self.error is not None

    def say(self, refusal: Refusal) -> None:
        """Show a guard's refusal."""
        self.refusal, self.error = refusal, None
        self._changed()

    def say_error(self, error: EtabliError) -> None:
        """Show an error, a refusal as such."""
        self.refusal, self.error = (error.refusal, None) if isinstance(error, Refused) else (None, error)
        self._changed()

    def clear(self) -> None:
        """Hide the panel."""
        self.refusal = self.error = None
        self._changed()

    def _changed(self) -> None:
        self.display = self.shown
        self.refresh(layout=True)

    def rows(self) -> list[tuple[str, str]]:
        """Return (caption, sentence) pairs of what is said, translated now."""
        if self.refusal is not None:
            refusal = self.refusal
            rows = [
                (_("Rule"), refusal.rule),
                (_("Reason"), str(refusal.reason)),
                (_("Remedy"), str(refusal.remedy)),
                (_("May be lifted by"), str(refusal.lifted_by)),
            ]
            return [*rows, (_("Key"), _(KEYS[refusal.rule]))] if refusal.rule in KEYS else rows
        if self.error is not None:
            error = self.error
            said = [(_("What"), error.what), (_("Why"), error.why), (_("Remedy"), error.remedy)]
            rows = [(caption, str(sentence)) for caption, sentence in said if sentence is not None]
            if hasattr(error, "evidence"):
                rows.append((_("Journal"), _("Kept as interrupted; no value was taken.")))
            return rows
        return []

    def render(self) -> Content:
        rows = self.rows()
        interrupted = hasattr(self.error, "evidence")
        title = _("REFUSED") if self.refusal else _("INTERRUPTED") if interrupted else _("NOT POSSIBLE")
        width = max((len(caption) for caption, _sentence in rows), default=0)
        parts: list[Content | str | tuple[str, str]] = [(f"✘ {title}", "bold $error")]
        for caption, sentence in rows:
            parts += [
                "\n",
                (caption.ljust(width + 2), "$primary"),
                _hanging(sentence, self.size.width - width - 2, width + 2),
            ]
        return Content.assemble(*parts)


def _hanging(sentence: str, width: int, indent: int) -> str:
    """Fold a sentence into lines of `width`, later ones indented under the first."""
    if width < 12:
        return sentence
    lines: list[str] = []
    line = ""
    for word in sentence.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return ("\n" + " " * indent).join([*lines, line])
