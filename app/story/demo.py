"""The demo: the story of one cycle on the made-up company, told as it happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from app import running
from app.advancing import advance
from app.initialising import initialise
from app.pricing import price_list
from app.review_desk import decide, edit_packet, waiting
from app.story.collisions import collisions
from app.story.run_report import show_status
from domain.money import format_minor
from domain.names import MARKETING_PURPOSE
from graph.what_if import what_if
from tools.ledger import consents, effects, packets, runs
from tools.prediction.cards import ModelCard

if TYPE_CHECKING:
    from app.compose import House

EDITOR, APPROVERS = "rita", ("ravi", "rosa")
DEAREST = 3


def tell(folder: Path, out: Console) -> None:
    """Make the sample where it is missing, run a cycle, and tell what happened."""
    from app.compose import open_house

    if not (folder / "clearance.toml").exists():
        with _working(out, "Making the sample") as progress:
            initialise(folder, "company", progress)
    house = open_house(folder)
    out.print(Panel(escape(house.tower.config.note), title=house.tower.config.name))
    run_id = _run(house, out)
    _collisions(house, run_id, out)
    _proposals(house, run_id, out)
    _review(house, out)
    _what_if(house, run_id, out)
    _rules(house, run_id, out)
    second = _second_run(house, out)
    _learned(house, run_id, second, out)
    _footnote(house, run_id, folder, out)


@contextmanager
def _working(out: Console, what: str) -> Iterator[Callable[[str], None]]:
    with out.status(f"{what} ...") as status:
        yield lambda said: status.update(f"{what}: {said} ...")


def _title(out: Console, text: str) -> None:
    out.print()
    out.rule(f"[bold]{text}[/]", align="left")


def _run(house: "House", out: Console) -> str:
    """A run for now; a workspace that had its run for now goes on to the next day."""
    latest = runs.latest(house.tower.ledger)
    if latest is not None and latest.at >= house.tower.clock.now():
        with _working(out, "A day passes") as progress:
            advance(house, timedelta(days=1), progress)
    with _working(out, "One cycle") as progress:
        return running.run(house, "demo", None, progress).run_id


def _collisions(house: "House", run_id: str, out: Console) -> None:
    _title(out, "Three collisions")
    for one in collisions(house, run_id):
        out.print(f"[bold]{escape(one.title)}[/]")
        out.print(f"  one side   {escape(one.one_side)}")
        out.print(f"  the other  {escape(one.other_side)}")
        out.print(f"  winner     [green]{escape(one.winner)}[/]")
        out.print(f"  at stake   {escape(one.stake)}")


def _proposals(house: "House", run_id: str, out: Console) -> None:
    _title(out, "What three agents proposed, and what became of it")
    show_status(out, {**running.report(house, run_id), "paused": []})


def _review(house: "House", out: Console) -> None:
    """One packet is edited and judged again, approved by two people, and then one of its contacts
    withdraws consent before the message leaves."""
    _title(out, "A person is asked")
    asked = [row for row in waiting(house) if row["agent"] == "email" and row["contacts"] > 1]
    if not asked:
        out.print("Nothing of the email agent waits for a person in this run.")
        return
    row = asked[0]
    out.print(f"{row['packet_id']}: {escape(row['title'])}")
    for sentence in row["why"]:
        out.print(f"  asked because: {escape(sentence)}")
    keep = max(1, row["contacts"] // 2)
    edited = edit_packet(house, row["packet_id"], EDITOR, None, None, keep, None)
    out.print(f"{EDITOR.title()} keeps the best {keep:,}. {escape(edited['sentence'])}")
    for person in (EDITOR, *APPROVERS):
        said = decide(house, row["packet_id"], "approve", person, None)
        out.print(f"  {person} approves: {escape(said['sentence'])}")
    _withdrawal(house, row["packet_id"], out)


def _withdrawal(house: "House", packet_id: str, out: Console) -> None:
    due = effects.in_states(house.tower.ledger, ("intent",))
    mine = due.filter(due["packet_id"] == packet_id).sort("slot_at", "effect_id")
    if mine.is_empty():
        out.print("The packet still waits for another approval.")
        return
    who = mine.item(0, "contact_id")
    with house.tower.ledger.write() as session:
        now = house.tower.clock.now()
        consents.withdraw(session, who, "email", MARKETING_PURPOSE, now, "preference centre")
    with _working(out, "Delivering") as progress:
        delivered = running.deliver(house, progress)
    out.print(
        f"Then {who} withdraws consent. At the door {delivered.skipped:,} message is stopped "
        f"(consent withdrawn); {delivered.accepted:,} of the packet and the run go out."
    )


def _what_if(house: "House", run_id: str, out: Console) -> None:
    _title(out, "What if the cap were 2")
    cap = house.tower.loaded.policy.caps[0]
    with _working(out, "Solving the same run again"):
        found = what_if(house.tower, run_id, f"cap {cap.name}", 2.0)
    noun = house.tower.config.objective.noun
    out.print(
        f"{cap.name} at 2 instead of {cap.at_most}: "
        f"{found.outcomes_after - found.outcomes_before:+.1f} {noun}s and "
        f"{format_minor(found.value_after - found.value_before, house.tower.config.currency)} "
        f"in this run, {found.touches_after - found.touches_before:+,} touches."
    )


def _rules(house: "House", run_id: str, out: Console) -> None:
    _title(out, "The three dearest rules")
    with _working(out, "Solving without each limit in turn"):
        listed = price_list(house, run_id)
    for row in listed["prices"][:DEAREST]:
        out.print(
            f"{row['limit']}: {format_minor(row['cost'], listed['currency'])} in this run. "
            f"[dim]{escape(row['owner'])}, {row['since']}: {escape(row['reason'])}[/]"
        )


def _second_run(house: "House", out: Console) -> str:
    _title(out, "Two weeks later")
    with _working(out, "Fifteen days pass") as progress:
        moved = advance(house, timedelta(days=15), progress)
    out.print(
        f"The sandbox answered (simulated): {moved.outcomes:,} new outcomes came in, "
        f"{moved.expired:,} unanswered packets expired."
    )
    with _working(out, "A second cycle") as progress:
        return running.run(house, "demo", None, progress).run_id


def _learned(house: "House", first: str, second: str, out: Console) -> None:
    """What the second run knows that the first did not."""
    before, after = _cards(house, first), _cards(house, second)
    grown = [
        (name, before[name], card)
        for name, card in after.items()
        if name in before and card.touches > before[name].touches
    ]
    for name, old, new in sorted(grown, key=lambda one: one[1].touches - one[2].touches)[:DEAREST]:
        out.print(
            f"{name}: {new.touches - old.touches:,} more touches to learn from; its effect was "
            f"{old.average_effect:+.3f} ± {1.96 * old.average_effect_se:.3f}, is now "
            f"{new.average_effect:+.3f} ± {1.96 * new.average_effect_se:.3f}."
        )
    if not grown:
        out.print("No touch of ours has had its full time to be answered yet.")


def _cards(house: "House", run_id: str) -> dict[str, ModelCard]:
    cards = house.tower.folder(run_id).read_records("model_cards", ModelCard)
    leading = (None, house.tower.config.objective.outcome)
    return {card.treatment_id: card for card in cards if card.outcome in leading}


def _footnote(house: "House", run_id: str, folder: Path, out: Console) -> None:
    data: dict[str, Any] = running.report(house, run_id)
    left = len(packets.waiting(house.tower.ledger))
    out.print()
    out.print(
        f"[dim]Footnote: the first run's plan is within {data['gap']:.2%} of the best any plan "
        "could be, proven by the prices.[/]"
    )
    where = f"--workspace {folder}"
    out.print(f"Next, {left} packets wait for you:")
    for command in (
        f"clearance review list {where}",
        f"clearance explain C00042 {where}",
        f'clearance chat -m "what is waiting" {where}',
    ):
        out.print(f"  {escape(command)}", soft_wrap=True)
