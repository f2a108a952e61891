"""What the SQL reader asks of a database: the few words that differ, and transactions that only read."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mlreview.store import schema


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database says what the other says differently. ``$1``, ``$2`` ... are arguments in both.

    Attributes:
        list_table: A table of a list that is passed as JSON; columns ``key`` (from 0) and ``value`` (text).
        by_code_point: After a text in ORDER BY.
        history_index: After ``metrics AS m``.
    """

    kind: Literal["sqlite", "postgresql"]
    list_table: str
    by_code_point: str = ""
    history_index: str = ""

    def listed(self, argument: int, alias: str) -> str:
        """The list in this argument, as a table in FROM."""
        return f"{self.list_table.format(argument=argument)} AS {alias}"


SQLITE = Dialect(
    "sqlite",
    list_table="json_each(${argument})",
    history_index=f"INDEXED BY {schema.HISTORY_INDEX}",
)
POSTGRESQL = Dialect(
    "postgresql",
    list_table=(
        "(SELECT key - 1 AS key, value FROM json_array_elements_text(${argument}::json)"
        " WITH ORDINALITY AS listed(value, key))"
    ),
    by_code_point='COLLATE "C"',
)


class Session(Protocol):
    """One transaction that only reads."""

    def select(self, statement: str, arguments: Sequence[str], kinds: str) -> list[Any]:
        """Run one statement.

        Args:
            statement: With ``$1``, ``$2`` ... for the arguments.
            arguments: Texts.
            kinds: One letter a column: see ``mlreview.store.columns``.

        Returns:
            One array a column; a ``columns.Category`` for kind ``k``.
        """
        ...


class Database(Protocol):
    """A database that is read. Safe to use from several threads.

    Every method raises ``StoreError`` (or ``SchemaError``) in place of the driver's own errors.
    """

    @property
    def dialect(self) -> Dialect:
        """How it is spoken to."""
        ...

    def transaction(self) -> AbstractContextManager[Session]:
        """One consistent view of the database; nothing can be written in it."""
        ...

    def close(self) -> None:
        """Give back what is kept between transactions."""
        ...
