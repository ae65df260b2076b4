"""`etabli profiles list · show · check · diff · approve`: what calibres and cases should measure."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.calibre import CalibreProfile, CaseProfile
from bench.errors import ExitCode, UsageError
from bench.language import _, msg
from bench.quantities import QUANTITIES, Value
from profiles.difference import differences
from profiles.library import Library
from tui import lines, proof
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    if arguments.act == "check":
        return _check(arguments.files)
    if arguments.act == "approve":
        return _approve(arguments)
    library = Folder.home().profiles()
    if arguments.act == "list":
        _list(library, arguments)
    elif arguments.act == "diff":
        _diff(library, arguments.id, arguments.other)
    else:
        _show(library, arguments.id)
    return 0


def _approve(arguments: Namespace) -> int:
    from tui.workshop import Workshop

    with Workshop.open(Folder.home(), instruments=False) as workshop:
        operator = workshop.operator(arguments.by)
        proof.sign_in(workshop.desk, operator)
        profile = _either(workshop.folder.profiles(), arguments.id)
        workshop.desk.profile_record.approve(profile, operator)
        print(f"{profile.identity.id} {profile.identity.version} {profile.identity.sha256[:12]}: {_('approved')}")
    return 0


def _diff(library: Library, name: str, other: str | None) -> None:
    after = _either(library, name)
    before = _either(library, other) if other else library.shipped_calibre(name)
    if before is None:
        raise UsageError(
            msg("{id} overrides no profile of ours.", id=name), remedy=msg("Name the profile to compare it with.")
        )
    rows = [[each.key, each.before or "—", each.after or "—"] for each in differences(before, after)]
    print(lines.table([_("field"), _version(before), _version(after)], rows))


def _version(profile: CalibreProfile | CaseProfile) -> str:
    return f"{profile.identity.id} {profile.identity.version}"


def _either(library: Library, name: str) -> CalibreProfile | CaseProfile:
    """Return the calibre or case of that name. Raises UsageError."""
    try:
        return library.calibre(name)
    except UsageError as no_calibre:
        try:
            return library.case(name)
        except UsageError:
            raise no_calibre from None


def _list(library: Library, wanted: Namespace) -> None:
    calibres = library.search(
        " ".join(wanted.words),
        maker=wanted.maker,
        diameter=Value.parse("diameter", f"{wanted.diameter} mm") if wanted.diameter else None,
        beat_rate=Value.parse("beat_rate", f"{wanted.beat_rate} A/h") if wanted.beat_rate else None,
    )
    all_of_them = not (wanted.words or wanted.maker or wanted.diameter or wanted.beat_rate)
    rows = [
        [
            p.identity.id,
            p.name,
            str(p.family),
            p.identity.version,
            _origin(p.identity.origin),
            _approved(p.identity.approved),
        ]
        for p in calibres
    ]
    rows += [
        [
            p.identity.id,
            p.name,
            _("case"),
            p.identity.version,
            _origin(p.identity.origin),
            _approved(p.identity.approved),
        ]
        for p in (library.cases() if all_of_them else ())
    ]
    print(lines.table([_("profile"), _("name"), _("kind"), _("version"), _("origin"), _("state")], rows))


def _origin(word: str) -> str:
    return {"shipped": _("Établi"), "workshop": _("workshop")}.get(word, word)


def _approved(approved: bool) -> str:
    return _("approved") if approved else _("draft")


def _show(library: Library, name: str) -> None:
    profile = _either(library, name)
    identity = profile.identity
    print(f"{profile.name}  ({identity.id}, {_('version')} {identity.version}, {identity.sha256[:12]})")
    rule = profile.rule or _("the house's rule decides")
    print(f"{_origin(identity.origin)}, {_approved(identity.approved)}; {rule}\n")
    if isinstance(profile, CalibreProfile):
        _show_calibre(profile)
    else:
        _show_case(profile)
    for note in profile.notes:
        print(f"\n{note}")


def _show_calibre(profile: CalibreProfile) -> None:
    facts = [
        [str(QUANTITIES[key]), str(fact.value), str(fact.mark), fact.source] for key, fact in profile.facts.items()
    ]
    print(lines.table([_("value"), "", _("how sure"), _("source")], facts))
    limits = []
    for entry in profile.limits:
        circumstances = [part for part in (entry.grade, entry.position, entry.wind, entry.stage) if part]
        limit = entry.limit
        limits.append([str(limit.quantity), " ".join(circumstances), str(limit), str(limit.mark), limit.source])
    print()
    print(lines.table([_("limit of"), _("for"), "", _("how sure"), _("source")], limits))


def _show_case(profile: CaseProfile) -> None:
    rows = [
        [stage.label, str(stage.pressure), str(stage.limit), str(stage.limit.mark), stage.limit.source]
        for stage in profile.stages
    ]
    print(lines.table([_("stage"), _("pressure"), _("limit"), _("how sure"), _("source")], rows))
    volume = profile.free_volume
    print(f"\n{_('free volume')}: {volume.value if volume else '—'}   {_('highest pressure')}: {profile.max_pressure}")


def _check(files: list[str]) -> int:
    """Check every file, or the named ones of the workshop; a mistake anywhere is a failure."""
    problems = [str(problem) for problem in Folder.home().profiles().problems]
    if files:
        names = {Path(file).name for file in files}
        problems = [problem for problem in problems if any(name in problem for name in names)]
    for problem in problems:
        print(problem)
    if problems:
        return ExitCode.FAILURE
    print(_("No mistake found."), file=sys.stderr)
    return ExitCode.OK
