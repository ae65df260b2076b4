"""Copies of a workshop's folder that are proved when they are made, and again before they take its place."""

from bench.backup.making import make
from bench.backup.model import Backup, BackupError, newest, read_all
from bench.backup.pruning import check_keep, prune
from bench.backup.restoring import restore

__all__ = ["Backup", "BackupError", "check_keep", "make", "newest", "prune", "read_all", "restore"]
