"""The panel of a refusal or an error: what happened, why, what to do, and who may lift it."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from bench.errors import EtabliError, Refusal, Refused
from bench.language import N_, _
from tui.keys import hints

# The key that leads to a refusal's remedy, by its id, and what it does there.
_DECIDES = ("operator", N_("the manager signs in, then decides with {more}"))
_OTHER = ("operator", N_("another person signs in"))
LEADS: dict[str, tuple[str, str]] = {
    "G-01": ("operator", N_("sign in")),
    "G-31": _OTHER,
    **dict.fromkeys(("G-08", "G-39", "register"), ("operator", N_("the manager signs in"))),
    "role": _OTHER,
    "G-38": ("main", N_("read the safety card")),
    "custody": ("main", N_("take the watch over")),
    **dict.fromkeys(("alert", "G-07", "G-23", "G-24", "G-25", "G-26", "G-27", "loop"), _DECIDES),
    **dict.fromkeys(("G-05", "G-06"), ("indication", N_("take a reading as an indication, without a verdict"))),
}
_USUAL = {"main": N_("Enter"), "operator": "F4", "more": "M", "indication": "I"}


class Panel(Widget):
    """Hidden until something is said; speaks the language in force whenever it is drawn."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.refusal: Refusal | None = None
        self.error: EtabliError | None = None
        self.display = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self._name_keys_again())

    def _name_keys_again(self) -> None:
        """A key may be called otherwise now: a line to type in has come under the keyboard, or has gone."""
        if self.refusal is not None:
            self.refresh(layout=True)

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
            return [*rows, (_("Key"), self._lead(*LEADS[refusal.rule]))] if refusal.rule in LEADS else rows
        if self.error is not None:
            error = self.error
            said = [(_("What"), error.what), (_("Why"), error.why), (_("Remedy"), error.remedy)]
            rows = [(caption, str(sentence)) for caption, sentence in said if sentence is not None]
            if hasattr(error, "evidence"):
                rows.append((_("Journal"), _("Kept as interrupted; no value was taken.")))
            return rows
        return []

    def _lead(self, key_id: str, words: str) -> str:
        """Name the key that leads on as it is called here and now: rebound, or another one while a line is typed in."""
        if key_id == "main" and self.screen.focused is not None:
            key_id = "more"  # Enter is the field's under the keyboard
        named = {hint.id: hint.key for hint in hints(self.screen, hidden=True)}
        more = named.get("more") or named.get("more-anywhere", _USUAL["more"])
        key = more if key_id == "more" else named.get(key_id, _(_USUAL[key_id]))
        return f"{key}: " + _(words).format(more=more)

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
