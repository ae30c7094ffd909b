"""What an approval must still meet when it is carried out: the people and the policy of now."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from domain.packet import Packet
from graph.thresholds import approvals_for, roles_for
from graph.tower import Tower
from policies.schema import Policy
from tools.ledger.approvals import Terms


def terms_now(tower: Tower) -> Terms:
    """Everybody's roles, and how many must approve, as of now. Reads the warehouse: call it outside
    of a write."""
    policy = tower.loaded.policy
    roles = roles_by_person(tower)
    return Terms(
        roles=roles if policy.review.void_on_role_loss else None,
        needed=partial(approvals_for, policy=policy),
        met=partial(_met, policy=policy, roles=roles),
    )


def roles_by_person(tower: Tower) -> dict[str, set[str]]:
    """Everybody's roles, as of now. Reads the warehouse: call it outside of a write."""
    roles: dict[str, set[str]] = {}
    people = tower.warehouse.table("people")
    for person, role in people.select("person_id", "role").iter_rows():
        roles.setdefault(person, set()).add(role)
    return roles


def _met(
    packet: Packet, voted: Sequence[str], policy: Policy, roles: Mapping[str, Collection[str]]
) -> bool:
    """Whether these people have the roles that the packet and the policy of now ask for. Where a
    role that was lost voids nothing, what the packet asked for was met when they clicked."""
    asked_then = packet.approver_roles
    groups = set(roles_for(packet, policy)) | set(asked_then)
    if not policy.review.void_on_role_loss:
        groups = {one for one in groups if not any(set(old) <= set(one) for old in asked_then)}
    return all(any(set(one) & set(roles.get(who, ())) for who in voted) for one in groups)
