"""``mlreview review export``, as far as the files' own tests don't show it."""

from pathlib import Path

from click.testing import CliRunner

from mlreview.cli import main
from tests.sample_store import Sample


def test_a_run_without_a_review_has_no_record(team_sample: Sample, tmp_path: Path):
    run = team_sample.runs["sports-LR"]
    target = tmp_path / "record.html"
    done = CliRunner().invoke(main, ["review", "export", run, "--to", str(target), "--tracking-uri", team_sample.uri])
    assert done.exit_code == 2
    assert "has no review" in done.output
    assert not target.exists()
