"""The published JSON Schema of the JSON sheet: `python -m bench.sheet.schema > docs/sheet.schema.json`."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from bench.sheet.model import FORMAT, Sheet


def json_schema() -> dict[str, Any]:
    """Return the schema, closed: a sheet has exactly these fields."""
    schema = TypeAdapter(Sheet).json_schema()
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": FORMAT}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
