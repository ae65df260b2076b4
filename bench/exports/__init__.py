"""Files for other programs: CSV, XLSX and JSON Lines, streamed, whole or not at all."""

from bench.exports.log import COLUMNS, Between, headings, rows
from bench.exports.whole import whole_file
from bench.exports.writers import write_csv, write_jsonl, write_xlsx

__all__ = ["COLUMNS", "Between", "headings", "rows", "whole_file", "write_csv", "write_jsonl", "write_xlsx"]
