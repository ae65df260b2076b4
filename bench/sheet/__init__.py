"""The tracking sheet (fiche de suivi d'intervention): content from the journal alone; PDF/A, HTML and JSON."""

from bench.sheet.content import content, events_of
from bench.sheet.layout import to_html, to_json, to_pdf

__all__ = ["content", "events_of", "to_html", "to_json", "to_pdf"]
