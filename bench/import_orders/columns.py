"""Which column is what: the headings of counter software in French and English, and a workshop's own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bench import datafile
from bench.customers.person import plain
from bench.errors import UsageError
from bench.language import msg
from bench.order import PATHS

PERSON = ("person.first_name", "person.name", "person.phone", "person.mail", "person.address")
QUOTE = ("quote.reference", "quote.how", "quote.signed_at")
IMPORTABLE = ("number", "procedure", *PATHS, *QUOTE, *PERSON)
# Personal, and of no use to a workshop: neither the record nor the customers' file takes it.
_UNWANTED = "person.unwanted"

_HEADINGS = {
    "number": "order; order number; order no; no; no or; or; no ordre; ordre; ordre de reparation",
    "customer": "customer number; customer reference; customer id; customer no; client; no client; "
    "reference client; ref client; code client; id client; client id; customer",
    "custom": "external reference; ticket; dossier; no dossier; reference externe; our reference; "
    "reference dossier; ref dossier; ref externe",
    "procedure": "service; prestation; intervention",
    "declared": "customer says; symptom; fault; panne; panne declaree; symptome; le client declare; declare; defaut",
    "request": "reformulated request; work asked; demande; demande reformulee; travaux demandes; travail demande",
    "expectation": "attente; attente reformulee; attentes",
    "received": "received on; date received; recu; date de reception; depose le; date de depot; depot",
    "promised": "promised on; promised date; promised for; due; due date; promis; promis pour; date "
    "promise; delai; echeance; restitution prevue",
    "accessories": "accessoires",
    "warranty": "warranty until; under warranty until; garantie; garantie jusqu au; sous garantie jusqu au",
    "declared_value": "value; valeur; valeur declaree",
    "complaint_of": "earlier order; reclamation; reclamation sur; or precedent; ordre precedent",
    "origin": "cause; origine",
    "contact": "means of contact; contact by; moyen de contact; contact par; contact prefere",
    "watch.brand": "brand; marque",
    "watch.model": "model; modele",
    "watch.reference": "reference; ref; watch reference; reference montre",
    "watch.case_number": "case number; case no; serial; serial number; serial no; no boite; no serie",
    "watch.movement_number": "movement number; movement no; no mouvement",
    "watch.family": "family; type; movement type; famille; type de mouvement",
    "watch.calibre": "calibre; caliber; cal; movement; mouvement",
    "watch.grade": "grade; execution",
    "watch.case": "case; case profile; profil de boite",
    "watch.water_resistance": "water resistance; water resistance engraved; wr; etancheite; etancheite gravee",
    "watch.glass": "glass; glass class; verre; classe de verre",
    "watch.materials": "material; materials; metal; matiere; matieres; materiau",
    "watch.size": "size; diameter; taille; diametre",
    "watch.complications": "complications; complication",
    "quote.reference": "quote; quote number; devis; no devis",
    "quote.how": "quote accepted by; accord; accord par; devis accepte par",
    "quote.signed_at": "quote signed; devis signe; date d accord",
    "person.name": "name; customer name; client name; last name; surname; nom; nom client; nom de famille; "
    "raison sociale; company",
    "person.first_name": "first name; given name; prenom; prenom client",
    "person.phone": "phone; telephone; phone number; tel; mobile; portable; gsm; no telephone; tel client",
    "person.mail": "mail; e mail; email; e mail address; email address; courriel; adresse mail; adresse "
    "email; adresse e mail",
    "person.address": "address; adresse; street; rue; postcode; postal code; zip; code postal; cp; city; town; "
    "ville; country; pays",
    _UNWANTED: "date of birth; birth date; birthday; date de naissance; ne le; nationality; nationalite; "
    "identity card; carte d identite; iban",
}
_SMALL_WORDS = {"de", "du", "des", "le", "la", "les", "l", "d", "au", "of", "the", "on"}
_NUMBER = {"n": "numero", "no": "numero", "nr": "numero", "num": "numero"}


def _key(heading: str) -> str:
    """Return what headings are compared by: "N° de série", "numero serie" and "No. série" are one."""
    words = plain(heading.replace("°", "o")).split()
    return " ".join(_NUMBER.get(word, word) for word in words if word not in _SMALL_WORDS)


_KNOWN = {_key(path): path for path in IMPORTABLE} | {
    _key(words): path for path, headings in _HEADINGS.items() for words in headings.split(";")
}


class OwnNames(BaseModel):
    """A mapping file (TOML): what the counter's software calls things.

    `columns` gives a heading its field ("" leaves the column out), `defaults` a field that no column has its value,
    `values` what the words in a field mean here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: Literal["", ";", ",", "\t"] = ""
    columns: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)

    @field_validator("columns")
    @classmethod
    def _into_fields(cls, columns: dict[str, str]) -> dict[str, str]:
        _check_known(path for path in columns.values() if path)
        return columns

    @field_validator("defaults", "values")
    @classmethod
    def _of_fields(cls, given: Mapping[str, object]) -> Mapping[str, object]:
        _check_known(given)
        return given

    @classmethod
    def load(cls, path: Path) -> OwnNames:
        """Read a mapping file. Raises DataFileError naming the file, the key and the reason."""
        return datafile.load(path, cls)


@dataclass(frozen=True)
class Columns:
    """The headings of each field, in the file's order; `left_out` are those that nothing is made of."""

    of: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]

    @property
    def people(self) -> bool:
        return any(path in self.of for path in PERSON)


def recognise(headings: Iterable[str], own: OwnNames, *, people: bool, name: str) -> Columns:
    """Say what each heading is.

    Raises UsageError where two columns claim one field, where a field that every order needs has no column, and for
    personal columns unless `people` go to the customers' file.
    """
    found: dict[str, tuple[str, ...]] = {}
    left_out = []
    for heading in headings:
        path = own.columns[heading] if heading in own.columns else _KNOWN.get(_key(heading), "")
        if path:
            found[path] = (*found.get(path, ()), heading)
        else:
            left_out.append(heading)
    for path, several in found.items():
        if len(several) > 1 and path not in PERSON and path != _UNWANTED:
            raise UsageError(
                msg(
                    "In {file}, several columns are “{field}”: {headings}.",
                    file=name,
                    field=path,
                    headings=_list(several),
                ),
                remedy=msg("Say in a mapping file which one it is, and leave the others out."),
            )
    personal = [h for path in (*PERSON, _UNWANTED) if not people or path == _UNWANTED for h in found.get(path, ())]
    if personal:
        raise UsageError(
            msg("{file} has columns about people: {headings}.", file=name, headings=_list(personal)),
            msg("The record cannot forget anybody, so it holds customer numbers only."),
            msg(
                "Leave them out (columns in a mapping file), or file names, telephones and addresses with --customers."
            ),
        )
    needed = ["procedure", "watch.brand"]
    lacking = [path for path in needed if path not in found and not own.defaults.get(path)]
    for either, other in (("watch.family", "watch.calibre"), ("customer", "person.name")):
        if not {either, other} & {*found, *own.defaults}:
            lacking.append(either)
    if lacking:
        raise UsageError(
            msg("{file} has no column for: {fields}.", file=name, fields=", ".join(lacking)),
            msg(
                "Its columns: {headings}.",
                headings=_list([h for several in found.values() for h in several] + left_out),
            ),
            msg("Name the columns in a mapping file, or give a default there."),
        )
    return Columns(found, tuple(left_out))


def _check_known(paths: Iterable[str]) -> None:
    for path in paths:
        if path not in IMPORTABLE:
            raise ValueError(f"unknown field {path!r}; known: {', '.join(IMPORTABLE)}")


def _list(headings: Iterable[str]) -> str:
    return ", ".join(f"“{heading}”" for heading in headings)
