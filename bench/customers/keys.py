"""One random key for each customer, in a file of its own: without its key an entry is noise, in every copy of it.

Leave the file out of copies that are kept long. To forget somebody, their key is destroyed: that reaches the copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from bench.customers.sqlite import opened, transaction

_APPLICATION = 0x45744B31
_TABLES = MetaData()
_KEY = Table("key", _TABLES, Column("number", Text, primary_key=True), Column("key", LargeBinary, nullable=False))


class KeyRing:
    """The keys by customer number. Raises CustomerError from everything where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = opened(path, _TABLES, _APPLICATION)

    def close(self) -> None:
        self._engine.dispose()

    def make(self, numbers: Iterable[str]) -> dict[str, bytes]:
        """Make and keep a new key for each number; one that is left from a filing that was cut off gives way."""
        made = {number: Fernet.generate_key() for number in numbers}
        if made:
            with transaction(self._engine, self.path) as connection:
                rows = [{"number": number, "key": key} for number, key in made.items()]
                statement = insert(_KEY)
                connection.execute(statement.on_conflict_do_update(set_={"key": statement.excluded.key}), rows)
        return made

    def all(self) -> dict[str, bytes]:
        with transaction(self._engine, self.path) as connection:
            return {row.number: row.key for row in connection.execute(select(_KEY))}

    def get(self, number: str) -> bytes | None:
        with transaction(self._engine, self.path) as connection:
            return connection.execute(select(_KEY.c.key).where(_KEY.c.number == number)).scalar()

    def destroy(self, numbers: Iterable[str]) -> None:
        """Forget the keys; their bytes are overwritten in the file."""
        gone = [{"gone": number} for number in numbers]
        if gone:
            with transaction(self._engine, self.path) as connection:
                connection.execute(delete(_KEY).where(_KEY.c.number == bindparam("gone")), gone)


def seal(key: bytes, data: bytes) -> bytes:
    return Fernet(key).encrypt(data)


def unseal(key: bytes, sealed: bytes) -> bytes | None:
    """Return what was sealed with this key, None where it is another's or was changed."""
    try:
        return Fernet(key).decrypt(sealed)
    except InvalidToken:
        return None


def unsealed(keys: Mapping[str, bytes], sealed: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return everything that these keys open."""
    found = {number: unseal(keys[number], blob) for number, blob in sealed.items() if number in keys}
    return {number: data for number, data in found.items() if data is not None}
