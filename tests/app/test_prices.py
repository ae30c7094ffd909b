"""The price list of a run: what each rule costs, whose it is, when it was last thought about."""

from tests.app.commands import clearance
from tests.app.worlds import copy_of, ran


def test_each_rule_has_its_cost_per_week_its_owner_and_its_last_review() -> None:
    folder = copy_of(ran("company"))
    found = clearance("prices", "--json", workspace=folder).json
    dearest = found["prices"][0]
    assert dearest["cost"] > 0
    for row in found["prices"]:
        assert abs(row["cost_per_week"] - row["cost"] * 7 / found["days"]) < 0.1
        assert row["owner"]
        assert row["last_review"] == row["since"]
    costs = [row["cost"] for row in found["prices"]]
    assert costs == sorted(costs, reverse=True)


def test_a_review_is_shown_and_changes_neither_prices_nor_the_policys_hash() -> None:
    folder = copy_of(ran("company"))
    before = clearance("policy", "show", "--json", workspace=folder).json
    costs = {
        row["limit"]: row["cost"]
        for row in clearance("prices", "--json", workspace=folder).json["prices"]
    }
    policy = folder / "policy.toml"
    text = policy.read_text()
    policy.write_text(
        text.replace("since = 2025-06-16", "since = 2025-06-16\nreviewed = 2026-02-02")
    )

    after = clearance("policy", "show", "--json", workspace=folder).json
    assert after["hash"] == before["hash"]
    reviewed = [row for row in after["limits"] if row["since"] == "2025-06-16"]
    assert reviewed
    assert {row["last_review"] for row in reviewed} == {"2026-02-02"}
    again = clearance("prices", "--json", workspace=folder).json["prices"]
    assert {row["limit"]: row["cost"] for row in again} == costs
