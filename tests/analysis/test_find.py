"""Finding runs: what is meant, and that nothing is found which a plain look at each run would not find."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlreview.analysis.find import Corpus, Found, find, keep, parse
from mlreview.analysis.find_query import AllOf, AnyOf, Clause, Field, FindError, Node, Not, Words
from mlreview.analysis.find_texts import Texts, as_number, fold, glob
from mlreview.analysis.params import canonical_param
from mlreview.entities import RunTable
from mlreview.names import NOTE_TAG
from tests.tables import run_table, text_column

NAN = math.nan
NOW = np.datetime64("2026-01-02T00:00", "ms")


def corpus(table: RunTable, me: str | None = "ada", timezone: str = "UTC") -> Corpus:
    return Corpus(table, Texts(table), me, NOW, timezone)


def team() -> RunTable:
    table = run_table(
        6,
        metrics={
            "val_AUROC": [0.917, 0.9166, 0.5, NAN, None, math.inf],
            "val_loss": [0.3, 0.4, 0.9, NAN, None, None],
            "shared": [1.0, 2.0, None, None, None, None],
        },
        params={
            "learning_rate": ["0.1", "0.10000000149011612", "0.01", "100", None, "1e-3"],
            "opt_learning_rate": ["0.1"] * 6,
            "hidden_units": ["32", "320", "(32, 16)", "8", None, ""],
            "optimizer/name": ["adam", "Adam", "sgd", "sgd", None, "adamw"],
            "shared": ["a", "b", None, None, None, None],
            "name": ["param called name"] + [None] * 5,
        },
        tags={
            NOTE_TAG: ["# Hockey\nagainst  baseball", "posts; it failed at first", "", None, None, "Straße"],
            "team": ["red", "blue", "red", None, None, "red"],
            "mlflow.parentRunId": ["parent"] * 6,
            "mlreview.state": ["approved"] * 6,
        },
        names=["sports-NN-32", "sports-NN-320", "weather", None, "failed run", "*odd*"],
    )
    return replace(
        table,
        statuses=text_column(["FINISHED", "FINISHED", "FAILED", "RUNNING", "FAILED", "KILLED"]),
        users=text_column(["ada", "bob", "ada@example.org", "Ada", None, "adalbert"]),
    )


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("hockey", [0]),
        ("HOCKEY", [0]),
        ('"hockey against baseball"', [0]),
        ("“hockey against”", [0]),
        ("hockey weather", []),
        ("hockey OR weather", [0, 2]),
        ("hockey | weather", [0, 2]),
        ("sports hockey OR posts", [0, 1]),
        ("(sports posts) OR weather", [1, 2]),
        ("STRASSE", [5]),
        ("-sports", [2, 3, 4, 5]),
        ("NOT sports", [2, 3, 4, 5]),
        ("-(sports OR weather)", [3, 4, 5]),
        ("--sports", [0, 1]),
        ("failed", [2, 4]),
        ("-failed", [0, 1, 3, 5]),
        ('"failed"', [1, 4]),
        ("approved", []),
        ("review:approved", [0, 1, 2, 3, 4, 5]),
        ("parent", []),
        ("lr>0.01", [0, 1, 3]),
        ("lr > 0.01", [0, 1, 3]),
        ("LR>=1e-2", [0, 1, 2, 3]),
        ("lr:0.1", [0, 1]),
        ("learning_rate=.10", [0, 1]),
        ("lr!=0.1", [2, 3, 5]),
        ("-lr=0.1", [2, 3, 4, 5]),
        ("lr:*", [0, 1, 2, 3, 5]),
        ("-lr:*", [4]),
        ("hidden:32", [0, 2]),
        ("hidden_units=32", [0]),
        ('hidden:""', [5]),
        ("hu>8", [0, 1]),
        ("name:NN", [0, 1]),
        ("params.name:called", [0]),
        ("name:sports-*", [0, 1]),
        ('name:"*odd*"', [5]),
        ("optimizer/name:adam", [0, 1, 5]),
        ("params.optimizer:adam", [0, 1, 5]),
        ("optimizer=adam", [0, 1]),
        ("optimizer==Adam", [1]),
        ("lr==0.10", [0, 1]),
        ("user==ADA", [0, 3]),
        ("params.shared:a", [0]),
        ("metrics.shared>1", [1]),
        ("val_auroc>0.9", [0, 1, 5]),
        ("auroc:0.917", [0, 1]),
        ("auroc=0.917", [0]),
        ("auroc:nan", [3]),
        ("auroc:inf", [5]),
        ("auroc:*", [0, 1, 2, 3, 5]),
        ("loss<0.5 AND team:red", [0]),
        ("user:me", [0, 3]),
        ("-user:me", [1, 2, 4, 5]),
        ("owner:ada", [0, 2, 3, 5]),
        ("by=bob", [1]),
        ("status:run", [3]),
        ("status:failed,killed", [2, 4, 5]),
        ("note:*", [0, 1, 5]),
        ("-note:*", [2, 3, 4]),
        ("note:baseball", [0]),
        ("tag:red", [0, 2, 5]),
        ("tag:team", [0, 1, 2, 5]),
        ("param:adam", [0, 1, 5]),
        ("id:run-3", [3]),
        ("started>2025-12-31", [0, 1, 2, 3, 4, 5]),
        ("started:2026-01-01T11:58", [2]),
        ("started:2026", [0, 1, 2, 3, 4, 5]),
        ("started:yesterday", [0, 1, 2, 3, 4, 5]),
        ("started:12h", [0]),
        ("started<722min", [0, 1]),
        ("started>722min", [3, 4, 5]),
        ("duration>29s", [0, 1, 2, 3, 4, 5]),
        ("took<0.5min", []),
        ("http://example", []),
        ("it's", []),
        ("metrics.val_AUROC > 0.9 and params.`optimizer/name` = 'adam'", [0]),
        ("params.optimizer/name ILIKE 'ADAM%'", [0, 1, 5]),
        ("params.learning_rate != '0.1'", [1, 2, 3, 5]),
        ("params.learning_rate IS NULL", [4]),
        ("tags.team = 'red' AND attributes.status = 'FINISHED'", [0]),
        ("tags.\"team\" LIKE '_e%'", [0, 2, 5]),
        ("attributes.run_id IN ('run-1', 'run-2')", [1, 2]),
        ("attributes.status NOT IN ('FAILED')", [0, 1, 3, 5]),
        ("run.start_time >= 1767268800000", [0]),
        ("metrics.val_AUROC != 0.5", [0, 1, 3, 5]),
        ("params.lr>0.01", [0, 1, 3]),
        ("params.learning_rate > 0.01", [0, 1, 3]),
    ],
)
def test_a_search_finds_what_a_person_means(typed: str, rows: list[int]):
    assert np.flatnonzero(find(typed, corpus(team())).rows).tolist() == rows


@pytest.mark.parametrize(
    ("typed", "says", "at"),
    [
        ("hockey lr>", "'lr' has no value after >", 9),
        ('posts "hockey', "quote is not closed", 6),
        ("(hockey", "parenthesis is not closed", 0),
        ("hockey)", "", None),
        ("()", "nothing between", 0),
        ("OR hockey", "nothing before it", 0),
        ("hockey OR", "nothing after it", 7),
        ("modle:x", "'modle' is no parameter, metric or tag", 0),
        ("leerning_rate:1", "Did you mean 'learning_rate'?", 0),
        ("hiden>8", "Did you mean 'hidden_units'?", 0),
        ("usre:me", "Did you mean 'user'?", 0),
        ("zzz:me", "put it in quotes", 0),
        ("x shared>1", "'shared' is a parameter and a metric", 2),
        ("val>1", "'val' could be 'val_AUROC', 'val_loss'", 0),
        ("lr>fast", "'fast' is none", 3),
        ("auroc>good", "compared with a number", 6),
        ("lr=>3", "'=>' is no comparison", 2),
        ("status:bad", "'bad' is no status", 7),
        ("name>3", "can't be used with name", 0),
        ("started:soon", "'soon' is no time", 8),
        ("started:2026-13", "is no time", 8),
        ("duration:5s", "compared by > or <", 9),
        ("tag>3", "doesn't say which one", 0),
        ("attributes.nothing:1", "no attribute", 0),
        ("params.model = x and params.a = 'b'", "A text in quotes belongs here", 15),
        ("metrics.val_AUROC > 0.9 or metrics.a > 1 and x", "joined by AND only", 24),
        ("metrics.val_AUC > 0.9 and metrics.val_loss < 1", "Did you mean metrics.val_AUROC?", 0),
        ("datasets.name = 'x' and a", "Data sets can't be searched", 0),
        ("attributes.size = 'x' and a", "no attribute", 0),
        ("metrics.val_AUROC > 'x' and a", "A number belongs here", 20),
        ("metrics.val_AUROC LIKE 'x'", "LIKE can't be used with a metric", 18),
        ("params.a IN ('x')", "IN can't be used with a parameter", 9),
        ("params.a = 'x' and ", "ends where", 19),
        ("x" * 1001, "at most 1,000 characters", 1000),
    ],
)
def test_a_mistake_is_named_with_its_place(typed: str, says: str, at: int | None):
    if at is None:
        find(typed, corpus(team()))  # a bracket that closes nothing is part of a word
        return
    with pytest.raises(FindError) as raised:
        find(typed, corpus(team()))
    assert says in str(raised.value)
    assert raised.value.at == at
    assert f"(character {at + 1} of the search)" in str(raised.value)


def test_who_asks_must_be_known_for_me():
    with pytest.raises(FindError, match="MLREVIEW_USER"):
        find("user:me", corpus(team(), me=None))


def test_what_was_understood_is_said():
    found = find("lr>0.01 hockey user:me -failed", corpus(team()))
    assert found.reading == (
        "learning_rate (parameter) > 0.01 and a text holds 'hockey' and owner is ada (you) and status is not failed"
    )
    assert found.remarks == (
        "1 of 6 runs have no learning_rate",
        "failed means the status; in quotes it is the word",
    )
    assert find("", corpus(team())).reading == ""


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("-lr:*", "learning_rate (parameter) is not there"),
        ("-auroc:*", "val_AUROC (metric) was not logged"),
        ("-note:*", "note is not there"),
        ("-lr=0.1", "not (learning_rate (parameter) is '0.1')"),
        ("-(lr=0.1 hockey)", "not (learning_rate (parameter) is '0.1' and a text holds 'hockey')"),
        ("-hockey", "no text holds 'hockey'"),
        ("-failed", "status is not failed"),
    ],
)
def test_what_is_turned_round_reads_as_people_say_it(typed: str, reading: str):
    assert find(typed, corpus(team())).reading == reading


def test_a_small_or_is_a_word_and_that_is_said():
    assert "OR in capitals" in find("hockey or weather", corpus(team())).remarks[0]


def test_dates_are_meant_in_the_zone_of_whoever_asks():
    table = run_table(2)  # started 12:00 and 11:59 UTC on 1 January 2026
    assert find("started:2026-01-02", corpus(table, timezone="Pacific/Kiritimati")).count == 2
    assert find("started:2026-01-02", corpus(table, timezone="UTC")).count == 0
    assert find("started:2026-01-01", corpus(table, timezone="no/zone")).count == 2


def test_a_run_that_came_after_the_texts_were_read_has_none_and_breaks_nothing():
    table = team()
    late = Corpus(table, Texts(table.take([5, 3, 1])), "ada", NOW)
    assert np.flatnonzero(find("posts OR strasse", late).rows).tolist() == [1, 5]
    assert np.flatnonzero(find("lr:*", late).rows).tolist() == [1, 3, 5]
    assert np.flatnonzero(find("-lr:*", late).rows).tolist() == [0, 2, 4]


def test_what_was_found_is_a_table_of_its_own():
    table = team()
    kept = keep(table, find("sports", corpus(table)))
    assert (len(kept), kept.total, list(kept.run_ids)) == (2, 2, ["run-0", "run-1"])
    assert keep(table, find("", corpus(table))) is table


# --- against a plain look at each run -------------------------------------------------------------------------------


@dataclass
class Plain:
    """One run as a person would write it down."""

    name: str | None
    user: str | None
    status: str
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def plainly(node: Node, run: Plain) -> bool:
    """Whether a run is meant; written as directly as can be, one run and one text at a time."""
    match node:
        case AllOf():
            return all(plainly(part, run) for part in node.parts)
        case AnyOf():
            return any(plainly(part, run) for part in node.parts)
        case Not():
            return not plainly(node.part, run)
        case Words():
            if not node.quoted and node.text.upper() in ("RUNNING", "FINISHED", "FAILED", "KILLED", "SCHEDULED"):
                return run.status == node.text.upper()
            texts = [run.name, run.user, *run.params.values(), *run.tags.values()]
            return any(fold(node.text) in fold(text) for text in texts if text)
        case Field(space="metric"):
            return node.key in run.metrics and _number_passes(run.metrics[node.key], node)
        case Field():
            column = run.params if node.space == "param" else run.tags
            return node.key in column and _text_passes(node.key, column[node.key], node)
        case Clause(space="metric"):
            value = run.metrics.get(node.key)
            return value is not None and {">": value > node.value, "=": value == node.value}[node.test]  # type: ignore[operator]
        case Clause():
            value = (run.params if node.space == "param" else run.tags).get(node.key)
            if value is None or node.test.startswith("IS"):
                return (value is None) == (node.test == "IS NULL")
            return (value == node.value) == (node.test == "=")


def _number_passes(value: float, node: Field) -> bool:
    if node.value == "*":
        return True
    wanted = float(node.value)
    if math.isnan(wanted):
        return {":": math.isnan(value), "=": math.isnan(value), "!=": not math.isnan(value)}.get(node.test, False)
    digits = len(node.value.partition(".")[2]) if "e" not in node.value else 0
    near = math.isfinite(wanted) and abs(value - wanted) <= (
        0.5 * 10**-digits if "." in node.value else 0
    ) + 1e-12 * abs(wanted)
    return {
        ">": value > wanted,
        ">=": value >= wanted,
        "<": value < wanted,
        "<=": value <= wanted,
        "=": value == wanted,
        "!=": value != wanted,
        ":": near or value == wanted,
    }[node.test]


def _text_passes(key: str, cell: str, node: Field) -> bool:
    typed, number = node.value, as_number(node.value)
    if node.test in (">", "<", ">=", "<="):
        value = as_number(cell)
        return value is not None and number is not None and {
            ">": value > number, "<": value < number, ">=": value >= number, "<=": value <= number,
        }[node.test]  # fmt: skip
    if "*" in typed and not node.quoted:
        return glob(fold(typed), fold(cell)) == (node.test != "!=")
    same = fold(cell) == fold(typed) or canonical_param(key, cell.strip()) == canonical_param(key, typed.strip())
    if node.test == "!=":
        return not same
    if node.test == "=" or not fold(typed):
        return same
    if number is not None:
        return same or (as_number(cell) is None and fold(typed) in fold(cell))
    return fold(typed) in fold(cell)


TEXTS = st.sampled_from(["adam", "Adam W", "32", "32.0", "0.1", "0.10000000149011612", "", " ", "a*b", "Straße", "nan"])
NUMBERS = st.sampled_from([0.0, 0.1, 0.5, -1.0, NAN, math.inf, -math.inf, 1e-9])
RUNS = st.lists(
    st.builds(
        Plain,
        name=st.none() | TEXTS,
        user=st.none() | st.sampled_from(["ada", "bob"]),
        status=st.sampled_from(["RUNNING", "FINISHED", "FAILED"]),
        params=st.dictionaries(st.sampled_from(["lr", "both"]), TEXTS),
        metrics=st.dictionaries(st.sampled_from(["auc", "both"]), NUMBERS),
        tags=st.dictionaries(st.sampled_from(["team", NOTE_TAG]), TEXTS),
    ),
    min_size=1,
    max_size=8,
)
_TEST = st.sampled_from([":", "=", "!=", ">", ">=", "<", "<="])
_WORD = st.builds(Words, st.sampled_from(["adam", "a", "failed", "STRASSE", "0.1", "x"]), st.just(0), st.booleans())
_VALUE = st.sampled_from(["adam", "32", "0.1", "", "a*", "*", "*W", "nan", "strasse", "1e-9"])
_TEXT_FIELD = st.builds(
    Field, st.sampled_from(["lr", "both"]), st.just("param"), _TEST, _VALUE, st.booleans(), st.just(0), st.just(0)
) | st.builds(Field, st.just("team"), st.just("tag"), _TEST, _VALUE, st.booleans(), st.just(0), st.just(0))
_METRIC_FIELD = st.builds(
    Field,
    st.sampled_from(["auc", "both"]),
    st.just("metric"),
    _TEST,
    st.sampled_from(["0.1", "0", "nan", "inf", "-1", "0.50", "1e-9"]),
    st.just(False),
    st.just(0),
    st.just(0),
)
_CLAUSE = st.builds(
    Clause, st.just("param"), st.just("lr"), st.sampled_from(["=", "!=", "IS NULL", "IS NOT NULL"]), TEXTS, st.just(0)
) | st.builds(Clause, st.just("metric"), st.just("auc"), st.sampled_from([">", "="]), NUMBERS, st.just(0))
NODES = st.recursive(
    _WORD | _TEXT_FIELD | _METRIC_FIELD | _CLAUSE,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, max_size=3).map(lambda parts: AllOf(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
    ),
    max_leaves=6,
)


def as_table(runs: list[Plain]) -> RunTable:
    table = run_table(
        len(runs),
        metrics={key: [run.metrics.get(key) for run in runs] for key in ("auc", "both")},
        params={key: [run.params.get(key) for run in runs] for key in ("lr", "both")},
        tags={key: [run.tags.get(key) for run in runs] for key in ("team", NOTE_TAG)},
        names=[run.name for run in runs],
    )
    users, statuses = [run.user for run in runs], [run.status for run in runs]
    return replace(table, users=text_column(users), statuses=text_column(statuses))


def evaluated(node: Node, table: RunTable) -> Found | None:
    """What the real evaluation says; ``None`` where it refuses the value."""
    from mlreview.analysis.find import _Search

    try:
        rows, _ = _Search("", corpus(table)).look(node)
    except FindError:
        return None
    return Found(rows)


@given(RUNS, NODES)
def test_columns_find_just_what_a_plain_look_at_each_run_finds(runs: list[Plain], node: Node):
    found = evaluated(node, as_table(runs))
    if found is not None:
        assert found.rows.tolist() == [plainly(node, run) for run in runs]


PIECES = st.sampled_from(
    [
        *"\"'`()-!:=><|\\*., é\0\u202e\ud800",
        *("!=", "OR", "AND", "NOT", "me", "lr", "val", "params.", "metrics.", "tags.", "user:", "status:", "started:"),
        *("LIKE", "IN", "IS NULL", "and", "'x'", "0.1", "1e400", "7d", "2026-02-30", "9999", "0000", "99999999999999d"),
    ]
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=14).map("".join) | st.lists(PIECES, max_size=14).map(" ".join))
@example("started:9999")
@example("started:0000-01")
@example("lr>1e400")
@example("((((((((((((((((((((((((((((((((((((((((")
@example("-" * 900 + "x")
@example("metrics.`a` > 1e999 and x")
def test_nothing_that_can_be_typed_crashes(typed: str):
    answer = answered(typed)
    if isinstance(answer, FindError):
        assert 0 <= answer.at <= len(typed)
        assert answer.length >= 1
    else:
        assert answer.rows.dtype == bool
        assert len(answer.rows) == 6


def answered(typed: str) -> Found | FindError:
    try:
        return find(typed, corpus(team()))
    except FindError as error:
        return error


@given(st.lists(PIECES, max_size=14).map("".join))
def test_turning_a_search_round_finds_all_other_runs(typed: str):
    try:
        found, turned = find(typed, corpus(team())), find(f"-({typed})", corpus(team()))
    except FindError:
        return
    if parse(typed) != AllOf(()) and not {".", ")"} & set(typed):  # MLflow's syntax knows no such brackets
        assert (found.rows ^ turned.rows).all()
