"""The notes of the demo's runs: Markdown as a modeller would write it, every figure taken from the recorded runs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlreview.demo.plan import SKLEARN_NAMES, Plan

USE_CASE = {
    "newsgroups": (
        "Sort posts into hockey and baseball, so that each moderator gets the posts on the sport that they know. "
        "A post in the wrong queue costs one click, in either direction: we rank by the area under the ROC curve and "
        "leave the threshold at 0.5."
    ),
    "breast-cancer": (
        "A stand-in for the newsgroup posts where those can't be had: tell benign from malignant tumours by "
        "measurements of their cell nuclei. For trying out tools only; nothing here may decide about a patient."
    ),
}
HEADER_WORDS = ("edu", "lines", "nntp", "organization", "posting", "subject", "university", "writes")
"""Words that come from the head of a post or from its quoting, not from what its author had to say."""


@dataclass(frozen=True)
class Recorded:
    """What the store has of one run.

    Attributes:
        run_id: Its id.
        params: Its params.
        metrics: Its last values.
    """

    run_id: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Facts:
    """All that the notes are made of.

    Attributes:
        plan: The runs that were planned.
        experiment_id: Their experiment.
        runs: The recorded runs by their name in the plan.
        curve: All values of a metric of a run, by step, from (name of the run, name of the metric).
        counts: Training and test examples.
        noun: What one example is called, in the plural.
        features: Names of the features of the sweep.
        champion: Name of the run whose model is registered.
        registered: Address of the registered model.
    """

    plan: Plan
    experiment_id: str
    runs: Mapping[str, Recorded]
    curve: Callable[[str, str], Sequence[float]]
    counts: tuple[int, int]
    noun: str
    features: Sequence[str]
    champion: str
    registered: str | None

    def link(self, name: str) -> str:
        """A Markdown link to a run, as MLflow's own pages address it."""
        return f"[{name}](#/experiments/{self.experiment_id}/runs/{self.runs[name].run_id})"

    def metric(self, name: str, key: str) -> float:
        """Last value of a metric of a run, whichever of its names the run logged."""
        metrics = self.runs[name].metrics
        return metrics[key] if key in metrics else metrics[SKLEARN_NAMES[key]]


def write_notes(facts: Facts) -> dict[str, str]:
    """The notes by name of the run: of the talk's winner, of the overfit run, and of a third.

    The third is the champion, or in a quick demo the logistic regression.
    """
    third = (facts.champion, _champion(facts)) if facts.plan.named(group="seeds") else _logistic(facts)
    notes = {
        facts.plan.talk_winner: _talk_winner(facts),
        facts.plan.overfit: _overfit(facts),
        third[0]: third[1],
    }
    return {name: _one_line_a_paragraph(note) for name, note in notes.items()}


def _one_line_a_paragraph(markdown: str) -> str:
    """Join the lines that are broken for this file's sake: some renderers make a break of each."""
    lines: list[str] = []
    in_code = False
    for line in markdown.splitlines():
        in_code ^= line.startswith("```")
        begins_something = in_code or not line or line[0] in "#|`" or line.startswith("- ")
        if begins_something or not lines or not lines[-1] or lines[-1][0] in "#|`":
            lines.append(line)
        else:
            lines[-1] += " " + line.strip()
    return "\n".join(lines) + "\n"


def _talk_winner(facts: Facts) -> str:
    plan, winner = facts.plan, facts.plan.talk_winner
    ranked = _ranked(facts, [*plan.named(group="baseline"), *plan.named(group="sweep")])
    sweep = [name for name in ranked if name in plan.named(group="sweep")]
    slow = f"{winner.removesuffix('32d-lr0.1')}8d-lr0.01"
    slow_loss = facts.curve(slow, "val_loss")
    rows = [
        (
            facts.link(name),
            f"{facts.metric(name, 'val_AUROC'):.3f}",
            f"{facts.metric(name, 'val_binary_accuracy'):.3f}",
        )
        for name in ranked
    ]
    return f"""## Use case and requirements

{USE_CASE[plan.data]} Required: better than a linear model on the same features, and small enough to
retrain on a laptop.

## Summary: what ships and why

One hidden layer of 32 units, SGD at 0.1, 40 epochs: **val_AUROC {facts.metric(winner, "val_AUROC"):.3f}**,
val_binary_accuracy {facts.metric(winner, "val_binary_accuracy"):.3f}. That is number {sweep.index(winner) + 1} of the
{len(sweep)} networks below; {_against(facts, winner, plan.logistic)}. First of all is {facts.link(ranked[0])}.

## Tried and compared

{_table(("run", "val_AUROC", "val_binary_accuracy"), rows)}

All of them see the same {len(facts.features)} features and the same data.

## Data: anything non-standard

- {facts.counts[0]:,} training {facts.noun}, {facts.counts[1]:,} test {facts.noun}; TF-IDF or scaling is fitted to the
  training {facts.noun} alone.
- **The validation data are the test {facts.noun}**, as in the talk. Choosing among these runs has spent them: the
  figures above flatter whichever run we pick. {_where_honest(facts)}
{_header_words(facts)}
## Decisions and trade-offs

- Plain SGD without momentum or schedule, to keep the runs comparable. Adam on a wider layer overfits: see
  {facts.link(plan.overfit)}.
- The threshold stays at 0.5, since neither mistake costs more.
- No early stopping: the sweep is there to show whole curves.

## Shadow and live observations

- {facts.link(slow)} is not bad, it is unfinished: its val_loss moves from {slow_loss[-6]:.4f} to {slow_loss[-1]:.4f}
  in the last five epochs. Don't conclude anything about 8 units from it.
- One seed a setting: differences of a few thousandths are no ranking.

## If you pick this up later

```python
import keras
import mlflow

mlflow.set_experiment(experiment_id="{facts.experiment_id}")
mlflow.tensorflow.autolog(log_models=False, checkpoint=False)
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="binary_crossentropy", metrics=metrics)
model.fit(x, y, validation_data=(x_val, y_val), epochs=120, batch_size=32)
```

Split the validation data off the training data first. Then try more features before more units.
{_features_or_units(facts)}"""


def _overfit(facts: Facts) -> str:
    plan, name, winner = facts.plan, facts.plan.overfit, facts.plan.talk_winner
    loss, val_loss, val_auroc = (facts.curve(name, key) for key in ("loss", "val_loss", "val_AUROC"))
    best, last = val_loss.index(min(val_loss)), len(val_loss) - 1
    units = int(facts.runs[name].params["hidden_units"])
    weights = (len(facts.features) + 1) * units + units + 1
    steps = sorted({0, best, (best + last) // 2, last})
    rows = [(str(s), f"{loss[s]:.4f}", f"{val_loss[s]:.4f}", f"{val_auroc[s]:.4f}") for s in steps]
    accuracy, winners = (facts.metric(run, "val_binary_accuracy") for run in (name, winner))
    compared = "above" if accuracy > winners else "below" if accuracy < winners else "level with"
    return f"""## Use case and requirements

{USE_CASE[plan.data]} This run asks what a wide layer and a faster optimizer add to {facts.link(winner)}.

## Summary: what ships and why

**Overfit; don't ship.** {units} units and Adam at 0.01: {weights:,} weights for {facts.counts[0]:,} training
{facts.noun}. val_loss is lowest at step {best} with {val_loss[best]:.3f} and ends at {val_loss[last]:.3f},
{100 * (val_loss[last] / val_loss[best] - 1):.0f} % higher, while the training loss goes to {loss[last]:.4f}.

## Tried and compared

{_table(("step", "loss", "val_loss", "val_AUROC"), rows)}

## Data: anything non-standard

The same {len(facts.features)} features as the sweep. The validation data are the test {facts.noun}, as in the talk.

## Decisions and trade-offs

- Accuracy tells little of it: val_binary_accuracy ends at {accuracy:.3f}, {compared} the {winners:.3f} of
  {facts.link(winner)}. The network is sure of its mistakes, and only the loss counts that.
- Kept as a warning rather than deleted. What a shipped version would need:

```python
keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True)
```

## Shadow and live observations

val_AUROC peaks at step {val_auroc.index(max(val_auroc))} with {max(val_auroc):.3f} and ends at {val_auroc[last]:.3f}.

## If you pick this up later

Stop at step {best}, or try weight decay or dropout before another width. Don't tune on the test {facts.noun} again.
"""


def _champion(facts: Facts) -> str:
    plan, name = facts.plan, facts.champion
    seeds = plan.named(group="seeds")
    rows = [
        (
            facts.link(run),
            *(f"{facts.metric(run, key):.3f}" for key in ("val_AUROC", "test_AUROC", "test_binary_accuracy")),
        )
        for run in _ranked(facts, seeds)
    ]
    test = [facts.metric(run, "test_AUROC") for run in seeds]
    accuracies = [facts.metric(run, "test_binary_accuracy") for run in seeds]
    spread = max(test) - min(test)
    sweep = _ranked(facts, plan.named(group="sweep"))
    lead = facts.metric(sweep[0], "val_AUROC") - facts.metric(sweep[1], "val_AUROC")
    accuracy = facts.metric(name, "test_binary_accuracy")
    margin = 1.96 * math.sqrt(accuracy * (1 - accuracy) / facts.counts[1])
    return f"""## Use case and requirements

{USE_CASE[plan.data]}

## Summary: what ships and why

The model to ship{f", registered as `{facts.registered}`" if facts.registered else ""}: the setting that wins the
talk's table, and the best of {len(seeds)} seeds by val_AUROC. On the test {facts.noun}, measured once:
**test_AUROC {facts.metric(name, "test_AUROC"):.3f}**,
test_binary_accuracy {accuracy:.3f} ± {margin:.3f} (95 %, from {facts.counts[1]:,} {facts.noun} alone).

## Tried and compared

One setting under {len(seeds)} seeds; validation on one fifth of the training {facts.noun}, always the same fifth.

{_table(("run", "val_AUROC", "test_AUROC", "test_binary_accuracy"), rows)}

## Data: anything non-standard

- {facts.counts[0]:,} training {facts.noun}, one fifth of them for validation; {facts.counts[1]:,} test {facts.noun}.
- The features are fitted to the four fifths that train; `preprocessing.json` in the artifacts makes them again.
- val_AUROC here and val_AUROC of {facts.link(plan.talk_winner)} are measured on different {facts.noun}: compare
  test_AUROC here with val_AUROC there, and remember that the latter took part in choosing.

## Decisions and trade-offs

- The seed with the highest val_AUROC is chosen; where they tie, the lowest val_loss decides. That is a lottery
  ticket, not an improvement: the seeds span
  {spread:.4f} of test_AUROC and {max(accuracies) - min(accuracies):.4f} of test_binary_accuracy.
- First and second of the sweep, {facts.link(sweep[0])} and {facts.link(sweep[1])}, are {lead:.4f} apart,
  {"less" if lead < spread else "more"} than that span. {_noise(lead, spread)}

## Shadow and live observations

Loading it needs no code of ours:

```python
import mlflow

model = mlflow.pyfunc.load_model("{facts.registered or f"runs:/{facts.runs[name].run_id}/model"}")
model.predict(features)  # float32, shape (examples, {len(facts.features)})
```

## If you pick this up later

An average of the {len(seeds)} networks would cost little and take the seed out of the question. Retrain on all training
{facts.noun} once the setting is fixed.
"""


def _logistic(facts: Facts) -> tuple[str, str]:
    plan, name = facts.plan, facts.plan.logistic
    others = _ranked(facts, list(facts.runs))
    rows = [(facts.link(run), f"{facts.metric(run, 'val_AUROC'):.3f}") for run in others]
    note = f"""## Use case and requirements

{USE_CASE[plan.data]}

## Summary: what ships and why

The baseline that every network has to beat: logistic regression on the same {len(facts.features)} features,
**val_AUROC {facts.metric(name, "val_AUROC"):.3f}**, val_loss {facts.metric(name, "val_loss"):.3f}, fitted in moments.
{_against(facts, plan.talk_winner, name).capitalize()}.

## Tried and compared

{_table(("run", "val_AUROC"), rows)}

## Data: anything non-standard

{facts.counts[0]:,} training {facts.noun}. The validation data are the {facts.counts[1]:,} test {facts.noun}, as in the
talk.

## Decisions and trade-offs

scikit-learn's own settings, untouched; `precision_recall.png` in the artifacts shows what a threshold would cost.

## Shadow and live observations

None: it was never deployed.

## If you pick this up later

```python
LogisticRegression(max_iter=1000).fit(x, y)
```

Train the whole demo for the other baseline, the seeds and the remaining regimes.
"""
    return name, note


def _ranked(facts: Facts, names: Sequence[str]) -> list[str]:
    measured = [name for name in names if name in facts.runs]
    return sorted(measured, key=lambda name: facts.metric(name, "val_AUROC"), reverse=True)


def _against(facts: Facts, network: str, baseline: str) -> str:
    lead = facts.metric(network, "val_AUROC") - facts.metric(baseline, "val_AUROC")
    if round(abs(lead), 3) == 0:
        return f"against logistic regression ({facts.link(baseline)}) it is level to three digits"
    word = "ahead of" if lead > 0 else "behind"
    return f"it is {abs(lead):.3f} {word} logistic regression ({facts.link(baseline)})"


def _where_honest(facts: Facts) -> str:
    if not facts.plan.named(group="seeds"):
        return "The whole demo has runs that validate on training data and leave the test data alone."
    return f"For an honest figure see {facts.link(facts.champion)}."


def _header_words(facts: Facts) -> str:
    found = [word for word in HEADER_WORDS if word in facts.features]
    if facts.plan.data != "newsgroups" or not found:
        return ""
    listed = ", ".join(f"`{word}`" for word in found)
    return (
        "- Headers, footers and quotes are left in, as in the talk. "
        f"{len(found)} of the {len(facts.features)} words come mostly from there: {listed}. "
        "On posts from somewhere else expect less.\n"
    )


def _features_or_units(facts: Facts) -> str:
    """What the runs say of it, where there is a run with few features."""
    plan = facts.plan
    few = [name for name in plan.named(group="regime") if "underfit" in name and name in facts.runs]
    if not few:
        return ""
    by_features = facts.metric(plan.talk_winner, "val_AUROC") - facts.metric(few[0], "val_AUROC")
    by_units = facts.metric(plan.talk_winner, "val_AUROC") - facts.metric(_narrow(plan), "val_AUROC")
    return (
        f"Between {facts.link(few[0])} and this run lie {by_features:.3f} of val_AUROC, between "
        f"{facts.link(_narrow(plan))} and this run {abs(by_units):.3f}.\n"
    )


def _narrow(plan: Plan) -> str:
    return plan.talk_winner.replace("32d", "8d")


def _noise(lead: float, spread: float) -> str:
    if lead < spread:
        return "The order of the sweep's first places is within noise."
    return "Even so, one run a setting is too few to call it settled."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
