"""The leaderboard: runs of the chosen experiments, ranked by one metric."""

from mlreview.ui import leaderboard, leaderboard_find, pages, reads, urlstate

pages.ensure()
leaderboard_find.render_heading()
experiments = urlstate.get(urlstate.SharedView).experiments
known = [experiment for experiment in reads.experiments() if experiment.experiment_id in experiments]
leaderboard.render(experiments, known)
