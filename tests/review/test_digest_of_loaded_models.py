"""A model that was loaded is the model that was approved."""

from mlreview.review.events import Actor
from tests.review.memory import RUN, Memory, reviews_of


def test_loading_a_registered_model_from_a_folder_outdates_no_approval():
    memory = Memory()
    reviews = reviews_of(memory)
    reviews.request(RUN, Actor("Dora"), "Bob")
    before = reviews.approve(RUN, Actor("Bob")).digest
    memory.model["registered_model_meta"] = b"model_name: sports"  # MLflow writes it beside MLmodel
    assert (reviews.read(RUN).state, reviews.read(RUN).digest) == ("approved", before)
    memory.model["data/registered_model_meta"] = b"another file of that name is part of the model"
    assert reviews.read(RUN).state == "outdated"
