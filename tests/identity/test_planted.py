"""Planted duplicates, of which it is known who each is."""

from evals.identity import judge
from evals.identity_worlds import world
from tools.warehouse.identity.matching import find


def test_planted_forms_are_found_and_people_who_share_something_are_not_merged() -> None:
    contacts = world(6_000, seed=3)

    said = judge(contacts, find(contacts))

    assert said["precision"] > 0.98
    forms = said["recall_by_form"]
    assert forms["mailbox in other case"] > 0.97
    assert forms["telephone in another form"] > 0.8  # a tenth has no name, and is only told
    assert forms["nothing in common"] == forms["telephone, name unknown"] == 0
    assert said["suspects"]["phone_alone"] > 0
