"""The ``mlreview`` command: thin commands over the functions that the pages use.

Exit code 0: fine. 1: the answer is no. 2: the question could not be answered.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from mlreview import __version__, names
from mlreview.cli_gate import gate_command
from mlreview.cli_keys import keys
from mlreview.cli_notes import note_group
from mlreview.cli_production import production_command
from mlreview.cli_promote import promote_command
from mlreview.cli_reproduce import reproduce_commands
from mlreview.cli_review import review_group
from mlreview.entities import Aggregate, Direction, Experiment
from mlreview.errors import BadInputError, MlreviewError, NotFoundError

if TYPE_CHECKING:
    from mlreview.entities import ModelVersion
    from mlreview.store.base import RunStore, RunWriter


class _Group(click.Group):
    """Turns our errors into a message on standard error and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MlreviewError as error:
            click.echo(f"mlreview: {error}", err=True)
            sys.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="mlreview")
def main() -> None:
    """Review a machine-learning model before it ships, the way code is reviewed."""


def _tracking_uri_option(command: Any) -> Any:
    return click.option(
        "--tracking-uri",
        metavar="URI",
        help=f"MLflow tracking store. Else MLREVIEW_TRACKING_URI, MLFLOW_TRACKING_URI, {names.DEFAULT_TRACKING_URI}.",
    )(command)


@main.command()
@click.option(
    "--data",
    type=click.Choice(["auto", "newsgroups", "breast-cancer"]),
    default="auto",
    show_default=True,
    help="What to train on; auto takes the sports posts where they can be had, else the bundled breast-cancer data.",
)
@click.option("--quick", is_flag=True, help="Four runs in less than a minute instead of the whole experiment.")
@click.option("--experiment", metavar="NAME", help="Name of the experiment to make.")
@click.option("--force", is_flag=True, help="Train again even when the demo's runs are there.")
@_tracking_uri_option
def demo(data: str, quick: bool, experiment: str | None, force: bool, tracking_uri: str | None) -> None:
    """Train the demo experiment: hockey against baseball posts, small networks, every kind of fit."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from mlreview.demo import run_demo
    from mlreview.demo.aliases import write_aliases
    from mlreview.settings import load_settings

    uri = load_settings(tracking_uri=tracking_uri).tracking_uri
    if uri.startswith(("http://", "https://")):
        # MLflow's client, which trains, would try a dead server for minutes.
        store = _open_store(tracking_uri)
        store.experiments()
        store.close()
    console = Console()
    bar = Progress(
        TextColumn("{task.description}", style="progress.description", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task("Preparing", total=None)
        result = run_demo(
            tracking_uri=uri,
            data=cast(Any, data),
            quick=quick,
            experiment=experiment,
            force=force,
            say=lambda text: console.print(text, markup=False, highlight=False),
            progress=lambda done, total, name: bar.update(task, completed=done, total=total, description=name),
        )
        bar.update(task, visible=False)
    if result.skipped:
        console.print(f"Nothing to do: {result.experiment_name!r} is there already. --force trains it again.")
    else:
        if not quick:
            write_aliases(Path.cwd(), lambda text: console.print(text, markup=False, highlight=False))
        console.print(f"{len(result.run_ids)} runs in {result.experiment_name!r}, {result.seconds:.0f} s.")


@main.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--with-mlflow", is_flag=True, help="Also serve MLflow's own UI on a free loopback port, and link to it.")
@_tracking_uri_option
@click.argument("streamlit_options", nargs=-1, type=click.UNPROCESSED)
def app(with_mlflow: bool, tracking_uri: str | None, streamlit_options: Sequence[str]) -> None:
    """Serve the dashboard. Options that are not ours go to Streamlit, such as --server.port 8502."""
    from mlreview.serve import serve

    sys.exit(serve(tracking_uri=tracking_uri, with_mlflow=with_mlflow, streamlit_options=streamlit_options))


@main.command()
@click.option("--experiment", required=True, metavar="NAME", help="Name or id of the experiment.")
@click.option("--metric", metavar="KEY", help="Ranking metric; guessed when not given, and said so.")
@click.option(
    "--direction", type=click.Choice(["max", "min"]), help="Which way is better; else the metric's name says."
)
@click.option(
    "--by",
    type=click.Choice(["last", "best", "min", "max"]),
    default="last",
    show_default=True,
    help="Which value of each run ranks: the last one, or one over all steps.",
)
@click.option("--baseline", metavar="RUN", help="Id of the run to compare with; none for no comparison.")
@click.option("--find", "search", metavar="TEXT", help="Only the runs that this search means, as typed on the page.")
@click.option("--group-by", metavar="KEY", multiple=True, help="Groups by this parameter or tag; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="Rows to print: 20, and all as CSV or Markdown.")
@click.option("--json", "form", flag_value="json", help="For machines; a value that JSON has no number for is a text.")
@click.option("--csv", "form", flag_value="csv", help="The whole ranking; formulas are neutralised.")
@click.option("--markdown", "form", flag_value="markdown", help="The whole ranking as a table.")
@_tracking_uri_option
def leaderboard(
    experiment: str,
    metric: str | None,
    direction: str | None,
    by: str,
    baseline: str | None,
    search: str | None,
    group_by: Sequence[str],
    limit: int | None,
    form: str | None,
    tracking_uri: str | None,
) -> None:
    """Rank the runs of an experiment, as the dashboard does."""
    from mlreview import cli_leaderboard
    from mlreview.analysis.aliases import read_aliases, substitute
    from mlreview.analysis.baseline import BASELINE_COLUMNS, choose_baseline
    from mlreview.analysis.diagnosis_read import diagnose_rows
    from mlreview.analysis.evaluation import EVIDENCE_TAGS, weigh
    from mlreview.analysis.leaderboard import choose_ranking, summarise_metrics
    from mlreview.analysis.leaderboard_report import leaderboard_report
    from mlreview.analysis.team import team_choice
    from mlreview.analysis.trust import Reading, judge, rank_substituted
    from mlreview.entities import RunQuery
    from mlreview.settings import load_settings

    form = form or "text"
    aliases = read_aliases(load_settings(tracking_uri=tracking_uri).metric_aliases)
    store = _open_store(tracking_uri)
    try:
        found = _experiment(store, experiment)
        table = store.runs(RunQuery((found.experiment_id,), tags=BASELINE_COLUMNS))
        choice = choose_ranking(table, metric, cast(Direction | None, direction), team_choice([found]))
        if choice is None:
            raise NotFoundError(
                f"None of the {len(table):,} runs of {experiment!r} has a metric that suits ranking.",
                hint="Name one with --metric.",
            )
        whole, table = table, cli_leaderboard.narrowed(store, table, found.experiment_id, search)
        limit = limit or (len(table) if form in ("csv", "markdown") else 20)
        substituted = substitute(table, choice.metric, aliases)
        if choice.metric not in substituted.table.metrics:
            some = ", ".join(repr(summary.name.key) for summary in summarise_metrics(table)[:5])
            raise NotFoundError(
                f"No run of {experiment!r} has the metric {choice.metric!r}.",
                hint=f"There are: {some}{' and more' if len(table.metrics) > 5 else ''}." if some else "",
            )
        reading = Reading(store.runs, store.extremes, store.datasets, store.logged_models)
        ranking = rank_substituted(substituted, choice.direction, cast(Aggregate, by), reading)
        if group_by:
            groups = cli_leaderboard.group_by(store, table, found.experiment_id, group_by, ranking)
            return cli_leaderboard.show_groups(groups, choice.metric, form)
        ranking, tried = cli_leaderboard.among_all(whole, table, ranking, aliases, reading)
        shown = tuple(table.run_ids[ranking.rows[: max(limit, names.MAX_SHOWN_ROWS)]])
        query = RunQuery(run_ids=shown, lifecycle="all", metrics=(), params=None, tags=EVIDENCE_TAGS)
        details = store.runs(query)
        place = {run_id: at for at, run_id in enumerate(details.run_ids)}
        ranked = details.take([place[run_id] for run_id in shown[: ranking.ranked]])
        values = ranking.values[: len(ranked)]
        training = any(one.training for one in summarise_metrics(whole) if one.name.key == choice.metric)
        data = store.datasets(shown)
        evidence = weigh(values, ranked, data, choice.metric, choice.direction, tried, training=training)
        picked = choose_baseline(table, [found], _model_versions(store), baseline)
        trust = judge(substituted, ranking, ranked, evidence, picked, reading, aliases, store.experiments())
        rows = ranking.rows[: min(limit, names.MAX_SHOWN_ROWS)]
        fit = diagnose_rows(store, table, (choice.metric, choice.direction), rows, saved_models=False, aliases=aliases)
    finally:
        store.close()
    report = leaderboard_report(
        substituted.table, choice, ranking, details, limit, evidence, trust, {one.run_id: one.verdict for one in fit}
    )
    if form in ("csv", "markdown"):
        cli_leaderboard.show_table(report, form)
    elif form == "json":
        click.echo(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        cli_leaderboard.show_ranking(report)


@main.command()
@click.argument("run_ids", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "--baseline",
    metavar="RUN",
    help="The run that the others are held against; else the team's or the deployed one of them, else the first.",
)
@click.option("--all", "everything", is_flag=True, help="Everything that was recorded, not the differences alone.")
@click.option("--json", "as_json", is_flag=True, help="For machines; a value that JSON has no number for is a text.")
@_tracking_uri_option
def diff(
    run_ids: Sequence[str], baseline: str | None, everything: bool, as_json: bool, tracking_uri: str | None
) -> None:
    """Put runs side by side and print what differs, as the page Compare does."""
    from mlreview.analysis.aliases import read_aliases
    from mlreview.analysis.diff_read import all_or_refuse, read_recorded, with_files
    from mlreview.analysis.diff_report import diff_report, refuse_unfit, see_for_team
    from mlreview.settings import load_settings

    wanted = refuse_unfit(run_ids, baseline)
    aliases = read_aliases(load_settings(tracking_uri=tracking_uri).metric_aliases)
    store = _open_store(tracking_uri)
    try:
        recorded = all_or_refuse(read_recorded(store, wanted), wanted, store.info().label)
        recorded = with_files(store, recorded)
        experiments, versions = store.experiments("all"), store.model_versions()
        seen = see_for_team(recorded, baseline, experiments, versions, aliases=aliases)
    finally:
        store.close()
    if as_json:
        click.echo(json.dumps(diff_report(seen, everything), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        from mlreview.cli_diff import print_comparison

        print_comparison(seen, everything)


@main.command()
@click.argument("run_ids", nargs=-1, metavar="RUN...")
@click.option("--experiment", metavar="NAME", help="All runs of this experiment instead; its name or id.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_tracking_uri_option
def diagnose(run_ids: Sequence[str], experiment: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """Say of each run whether it overfits, underfits, still improves ..., and what shows it."""
    from mlreview.analysis.aliases import read_aliases
    from mlreview.analysis.diagnosis_read import diagnose_rows
    from mlreview.analysis.leaderboard import choose_ranking
    from mlreview.analysis.team import team_choice
    from mlreview.entities import RunQuery
    from mlreview.settings import load_settings

    if bool(run_ids) == bool(experiment):
        raise BadInputError("Name runs, or one experiment with --experiment; not both, and not neither.")
    aliases = read_aliases(load_settings(tracking_uri=tracking_uri).metric_aliases)
    store = _open_store(tracking_uri)
    try:
        wanted = tuple(dict.fromkeys(run_ids))
        if experiment:
            owners = [_experiment(store, experiment)]
            table = store.runs(RunQuery((owners[0].experiment_id,)))
        else:
            table = store.runs(RunQuery(run_ids=wanted, lifecycle="all"))
            place = {run_id: at for at, run_id in enumerate(table.run_ids)}
            for run_id in wanted:
                if run_id not in place:
                    raise NotFoundError(
                        f"There is no run {run_id!r} in {store.info().label}.",
                        hint="A run is named by its id, which mlreview leaderboard --json prints.",
                    )
            table = table.take([place[run_id] for run_id in wanted])
            owners = [e for e in store.experiments("all") if e.experiment_id in set(table.experiment_ids)]
        choice = choose_ranking(table, team=team_choice(owners) if owners else None)
        found = diagnose_rows(store, table, (choice.metric, choice.direction) if choice else None, aliases=aliases)
    finally:
        store.close()
    if as_json:
        reports = [one.as_json(name) for one, name in zip(found, table.names, strict=True)]
        click.echo(json.dumps(reports, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        from mlreview.cli_diagnose import print_diagnoses

        print_diagnoses(found, list(table.names))


def _open_store(tracking_uri: str | None) -> "RunStore":
    from mlreview.settings import load_settings
    from mlreview.store import open_store

    settings = load_settings(tracking_uri=tracking_uri)
    return open_store(
        settings.tracking_uri,
        registry_uri=settings.registry_uri,
        read_dsn=settings.read_dsn,
        mlflow_ui_url=settings.mlflow_ui_url,
        timeout=settings.timeout,
    )


def _open_writer(tracking_uri: str | None) -> "RunWriter":
    from mlreview.settings import load_settings
    from mlreview.store import open_writer

    settings = load_settings(tracking_uri=tracking_uri)
    return open_writer(settings.tracking_uri, registry_uri=settings.registry_uri, timeout=settings.timeout)


def _model_versions(store: "RunStore") -> "tuple[ModelVersion, ...] | None":
    """Everything in the registry; ``None`` when it can't be read, which keeps nobody from ranking runs."""
    try:
        return store.model_versions()
    except MlreviewError:
        return None


def _experiment(store: "RunStore", name_or_id: str) -> Experiment:
    """The experiment of that name; else of that id."""
    known = store.experiments()
    for matches in ("name", "experiment_id"):
        for experiment in known:
            if getattr(experiment, matches) == name_or_id:
                return experiment
    names_known = ", ".join(repr(experiment.name) for experiment in known[:5])
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    raise NotFoundError(
        f"There is no experiment {name_or_id!r} in this store.",
        hint=f"There are: {names_known}{more}." if known else "It has no experiments yet; mlreview demo makes one.",
    )


main.add_command(note_group(_open_store, _tracking_uri_option))
for _command in reproduce_commands(_open_store, _open_writer, _tracking_uri_option):
    main.add_command(_command)
main.add_command(review_group(_open_store, _open_writer, _tracking_uri_option))
main.add_command(keys)
main.add_command(gate_command(_open_store, _tracking_uri_option))
main.add_command(production_command(_open_store, _tracking_uri_option))
main.add_command(promote_command(_open_store, _open_writer, _tracking_uri_option))

if __name__ == "__main__":
    main()
