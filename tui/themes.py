"""The bench's colours: dark, light, and blue and orange for eyes that do not tell red from green.

Every colour that words are written in has a contrast of at least 4.5 to 1 on every ground it stands on (WCAG 2.2,
1.4.3); a test computes all pairs. No verdict is told by its colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual.color import Color
from textual.theme import Theme

LEAST = 4.5
GROUNDS = ("background", "surface", "panel", "boost")
INKS = ("foreground", "text-muted", "primary", "secondary", "warning", "error", "success")


def _theme(name: str, *, dark: bool, muted: str, **colours: str) -> Theme:
    background, foreground = colours["background"], colours["foreground"]
    primary, panel, boost = colours["primary"], colours["panel"], colours["boost"]
    variables = {
        "text": foreground,
        "text-muted": muted,
        "text-disabled": muted,
        "foreground-muted": muted,
        "foreground-disabled": muted,
        "input-cursor-background": primary,
        "input-cursor-foreground": background,
        "input-selection-background": primary + " 30%",
        "block-cursor-background": primary,
        "block-cursor-foreground": background,
        "block-cursor-blurred-background": boost,
        "block-cursor-blurred-foreground": foreground,
        "block-hover-background": boost,
        "scrollbar": boost,
        "scrollbar-background": panel,
        "scrollbar-corner-color": panel,
        "scrollbar-hover": primary,
        "scrollbar-active": primary,
        "screen-selection-background": primary,
        "screen-selection-foreground": background,
        **{f"text-{ink}": colours[ink] for ink in ("primary", "secondary", "warning", "error", "success")},
        "text-accent": colours["secondary"],
    }
    others = {name: colour for name, colour in colours.items() if name != "primary"}
    return Theme(name, primary, accent=colours["secondary"], dark=dark, variables=variables, **others)  # type: ignore[arg-type]


# Enamel, brass and ink. The colours of verdicts differ in lightness too.
DARK = _theme(
    "dark",
    dark=True,
    muted="#9dabbd",
    primary="#e0ac4f",
    secondary="#7fb7e0",
    warning="#f0c94a",
    error="#ff8a72",
    success="#56cfa1",
    foreground="#dde3ea",
    background="#10151c",
    surface="#151b24",
    panel="#222c39",
    boost="#2b3746",
)
# Silvered dial, blued hands.
LIGHT = _theme(
    "light",
    dark=False,
    muted="#4a5461",
    primary="#7a4a00",
    secondary="#10527f",
    warning="#6b4700",
    error="#a3200d",
    success="#0a5a3b",
    foreground="#1a222c",
    background="#fbfaf6",
    surface="#f3f1ea",
    panel="#e4e1d6",
    boost="#d9d6ca",
)
# Blue is good, orange is bad (Okabe and Ito's pair): told apart with any of the three colour deficiencies.
BLUE_ORANGE = _theme(
    "blue-orange",
    dark=True,
    muted="#a9b2bd",
    primary="#e6e6e6",
    secondary="#c7b8f0",
    warning="#f2e14c",
    error="#ff9d3c",
    success="#66bdf2",
    foreground="#e8ebee",
    background="#0f1216",
    surface="#15191f",
    panel="#222831",
    boost="#2c343f",
)
THEMES = (DARK, LIGHT, BLUE_ORANGE)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (part / 255 for part in Color.parse(colour).rgb)
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pairs(theme: Theme) -> Iterator[tuple[str, str, float]]:
    """Return (ink, ground, contrast) of everything that words are written with: inks on grounds, grounds on fills."""
    colours = {name: str(getattr(theme, name)) for name in (*GROUNDS, *INKS) if name != "text-muted"}
    colours["text-muted"] = theme.variables["text-muted"]
    for ground in GROUNDS:
        for ink in INKS:
            yield ink, ground, contrast(colours[ink], colours[ground])
    for fill in INKS[2:]:
        yield "background", fill, contrast(colours["background"], colours[fill])
