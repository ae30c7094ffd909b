"""The setting a packet is judged in: the run, the policy, and what was cleared today."""

from datetime import timedelta

from graph.thresholds import Setting, at_stake
from graph.tower import Tower
from policies.schema import Policy
from tools.ledger import packets, runs
from tools.ledger.timeouts import Timeout


def timeout_of(policy: Policy) -> Timeout:
    """What the policy does with questions that nobody answers."""
    rule = policy.review
    return Timeout(
        action=rule.on_timeout,
        period=timedelta(hours=rule.expires_hours),
        remind_after=rule.remind_after,
        reassign_to=rule.reassign_to,
    )


def setting_of(tower: Tower, run_id: str) -> Setting:
    """The setting of a run, with the value each agent cleared by itself in the day before it."""
    at = runs.read(tower.ledger, run_id).at
    cleared: dict[str, float] = {}
    for packet in packets.cleared_between(tower.ledger, at - timedelta(days=1), at):
        if packet.run_id != run_id:
            cleared[packet.agent] = cleared.get(packet.agent, 0.0) + at_stake(packet)
    return Setting(
        run_id=run_id,
        at=at,
        currency=tower.config.currency,
        policy=tower.loaded.policy,
        policy_hash=tower.loaded.hash,
        cleared_today=cleared,
    )
