"""What the SQL reader asks of a database: the few words that differ, and transactions that only read."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mlreview.store import schema

Argument = str | Sequence[str]
"""A text or a list of texts."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one database says what the other says differently. ``$1``, ``$2`` ... are arguments in both.

    Attributes:
        list_table: A list of texts as a table in FROM; its columns are ``key`` (from 0) and ``value``.
        in_list: Whether a text is in a list.
        by_code_point: After a text in ORDER BY.
        history_index: After ``metrics AS m``.
    """

    kind: Literal["sqlite", "postgresql"]
    list_table: str
    in_list: str
    by_code_point: str = ""
    history_index: str = ""

    def listed(self, argument: int, alias: str) -> str:
        """The list in this argument, as a table in FROM."""
        return f"{self.list_table.format(argument=argument)} AS {alias}"

    def within(self, text: str, argument: int) -> str:
        """Condition: this text is in the list of this argument."""
        return self.in_list.format(text=text, argument=argument)


SQLITE = Dialect(
    "sqlite",
    list_table="json_each(${argument})",
    in_list="{text} IN (SELECT value FROM json_each(${argument}))",
    history_index=f"INDEXED BY {schema.HISTORY_INDEX}",
)
POSTGRESQL = Dialect(
    "postgresql",
    # An array, and not JSON: PostgreSQL then knows how long it is. Taking 12,000 ids for 100, it compared each of them
    # with each run.
    list_table="(SELECT key - 1 AS key, value FROM unnest(${argument}::text[]) WITH ORDINALITY AS listed(value, key))",
    in_list="{text} = ANY(${argument}::text[])",
    by_code_point='COLLATE "C"',
)


class Session(Protocol):
    """One transaction that only reads."""

    def select(self, statement: str, arguments: Sequence[Argument], kinds: str) -> list[Any]:
        """Run one statement.

        Args:
            statement: With ``$1``, ``$2`` ... for the arguments.
            arguments: Texts, and lists of them.
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
