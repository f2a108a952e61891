"""Train a small classifier so that somebody else can review it and do it again: ``python examples/train_digits.py``.

Needs scikit-learn and MLflow beside mlreview. The run goes to the store that ``MLFLOW_TRACKING_URI`` names, by default
to ``mlflow.db`` in this folder.
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import mlreview


def main() -> None:
    """Read the command line, train, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int, default=32, help="width of the hidden layer")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    images, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(images / 16, labels, test_size=0.3, random_state=0, stratify=labels)
    told = {"source": "https://archive.ics.uci.edu/dataset/80", "transformations": ["divided by 16"]}
    sets = {
        "train": mlreview.Data(x, y, name="digits, seven tenths", **told),
        "test": mlreview.Data(x_test, y_test, name="digits, three tenths", **told),
    }

    with mlreview.track(f"digits, {arguments.hidden} units", seed=arguments.seed, data=sets) as run:
        model = MLPClassifier((arguments.hidden,), max_iter=60, random_state=arguments.seed).fit(x, y)
        run.describe_model(model)
        measured = run.evaluate(y_test, model.predict_proba(x_test))

    print(f"test accuracy {measured.get('test_accuracy', float('nan')):.3f}, run {run.run_id}")


if __name__ == "__main__":
    main()
