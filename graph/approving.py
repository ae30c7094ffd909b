"""What an approval must still meet when it is carried out: the people and the policy of now."""

from functools import partial

from graph.thresholds import approvals_for
from graph.tower import Tower
from tools.ledger.approvals import Terms


def terms_now(tower: Tower) -> Terms:
    """Everybody's roles, and how many must approve, as of now. Reads the warehouse: call it outside
    of a write."""
    policy = tower.loaded.policy
    roles: dict[str, set[str]] = {}
    people = tower.warehouse.table("people")
    for person, role in people.select("person_id", "role").iter_rows():
        roles.setdefault(person, set()).add(role)
    return Terms(
        roles=roles if policy.review.void_on_role_loss else None,
        needed=partial(approvals_for, policy=policy),
    )
