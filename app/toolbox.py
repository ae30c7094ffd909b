"""What the chat can reach: the same reading as the commands, and pausing."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import explaining, pricing, reading
from app.review_desk import waiting
from domain.errors import UsageError
from domain.money import format_minor
from domain.names import FATES
from graph.chat_tools import Figure, PauseScope, ToolResult
from graph.what_if import limits_of, what_if
from tools.ledger import controls

if TYPE_CHECKING:
    from app.compose import House

OPERATOR = "operator (chat)"


@dataclass(frozen=True)
class HouseTools:
    """The toolbox over one workspace."""

    house: "House"

    def status(self) -> ToolResult:
        data = reading.status(self.house, None)
        figures = tuple(
            Figure(name=name, value=data[name], unit="proposals") for name in ("proposed", *FATES)
        )
        told = ", ".join(f"{data[fate]:,} {fate}" for fate in FATES)
        rows = tuple({"agent": agent, **counts} for agent, counts in data["by_agent"].items())
        return ToolResult(
            tool="status",
            link="clearance status",
            summary=f"Run {data['run_id']}: {data['proposed']:,} proposed; {told}.",
            figures=figures,
            rows=rows,
        )

    def waiting(self) -> ToolResult:
        rows = waiting(self.house)
        currency = self.house.tower.config.currency
        return ToolResult(
            tool="waiting",
            link="clearance review list",
            summary=f"{len(rows)} packets wait for a reviewer.",
            figures=(Figure(name="waiting", value=len(rows), unit="packets"),),
            rows=tuple(
                {
                    "packet": row["packet_id"],
                    "what": row["title"],
                    "at stake": format_minor(row["at_stake"], currency),
                }
                for row in rows
            ),
        )

    def why(self, subject: str) -> ToolResult:
        data = explaining.explain(self.house, subject, confirm=False)
        currency = data["currency"]
        rows = tuple(
            {
                "what": f"{row['treatment_id']} by {row['channel']}",
                "fate": row["fate"],
                "why": row["sentence"],
                "worth": format_minor(row["value"], currency),
            }
            for row in data["receipts"]
        )
        return ToolResult(
            tool="why",
            link=f"clearance explain {subject}",
            summary=f"{subject}: {len(rows)} proposals in run {data['run_id']}.",
            figures=(Figure(name="proposals", value=len(rows), unit="proposals"),),
            rows=rows,
        )

    def conflicts(self) -> ToolResult:
        data = reading.conflicts(self.house, None)
        rows = data["conflicts"]
        return ToolResult(
            tool="conflicts",
            link="clearance conflicts",
            summary=f"{len(rows)} types of conflict in run {data['run_id']}.",
            figures=(
                Figure(name="types", value=len(rows), unit="types"),
                *(Figure(name=row["name"], value=row["count"], unit="conflicts") for row in rows),
            ),
            rows=tuple(
                {
                    "conflict": row["name"],
                    "count": row["count"],
                    "gave way": format_minor(row["stake"], data["currency"]),
                }
                for row in rows
            ),
        )

    def prices(self) -> ToolResult:
        data = pricing.price_list(self.house, None)
        rows = data["prices"]
        return ToolResult(
            tool="prices",
            link="clearance prices",
            summary="What each limit costs in this run, dearest first.",
            figures=tuple(
                Figure(name=row["limit"], value=row["cost"], unit=data["currency"]) for row in rows
            ),
            rows=tuple(
                {
                    "limit": row["limit"],
                    "costs": format_minor(row["cost"], data["currency"]),
                    "owner": row["owner"],
                }
                for row in rows
            ),
        )

    def what_if(self, limit: str, value: float) -> ToolResult:
        tower = self.house.tower
        found = what_if(tower, reading.newest_run(self.house, None), self._limit(limit), value)
        currency, noun = tower.config.currency, tower.config.objective.noun
        money = found.value_after - found.value_before
        more = round(found.outcomes_after - found.outcomes_before, 1)
        also = {f"{one.noun}s": round(one.after - one.before, 1) for one in found.others}
        others = "".join(f", {change:+g} {nouns}" for nouns, change in also.items())
        return ToolResult(
            tool="what_if",
            link=f"clearance chat -m 'what if {limit} were {value:g}'",
            summary=(
                f"With {found.limit} at {value:g} instead of {found.before:g}: "
                f"{format_minor(money, currency)} and {more:+g} {noun}s{others} expected, "
                f"{found.touches_after - found.touches_before:+,} touches. Nothing was changed."
            ),
            figures=(
                Figure(name="limit now", value=found.before, unit="units"),
                Figure(name="limit asked", value=value, unit="units"),
                Figure(name="change of value", value=round(money, 2), unit=currency),
                Figure(name=f"change of {noun}s", value=more, unit=f"{noun}s"),
                *(
                    Figure(name=f"change of {nouns}", value=change, unit=nouns)
                    for nouns, change in also.items()
                ),
                Figure(
                    name="change of touches",
                    value=found.touches_after - found.touches_before,
                    unit="touches",
                ),
            ),
        )

    def _limit(self, said: str) -> str:
        """The limit a person means. `the cap` is the first; raises UsageError with the names."""
        known = limits_of(self.house.tower.loaded.policy)
        plain = said.lower().replace("_", " ").strip()
        for name in known:
            if plain in (name, name.replace("_", " "), name.partition(" ")[2].replace("_", " ")):
                return name
        for name in known:
            if plain.split(" ")[-1] == name.split(" ")[0]:
                return name
        raise UsageError(f"There is no limit called {said!r}.", f"Known: {', '.join(known)}.")

    def proposals(self) -> ToolResult:
        data = reading.proposals(self.house, None)
        rows = data["proposals"]
        return ToolResult(
            tool="proposals",
            link="clearance proposals",
            summary=f"{len(rows)} programme proposals were filed.",
            figures=(Figure(name="proposals", value=len(rows), unit="proposals"),),
            rows=tuple({"agent": row["agent"], "change": row["change"]} for row in rows),
        )

    def pause(self, scope: PauseScope, name: str) -> ToolResult:
        tower = self.house.tower
        named = name or "all"
        with tower.ledger.write() as session:
            controls.pause(session, scope, named, OPERATOR, "asked in chat", tower.clock.now())
        return ToolResult(
            tool="pause",
            link=f"clearance resume {scope} {named} --as PERSON",
            summary=f"Paused: {scope} {named}. A person lifts it with the command linked.",
            figures=(),
        )


def environment() -> dict[str, str]:
    """The process's environment, read once where the chat is opened."""
    return dict(os.environ)
