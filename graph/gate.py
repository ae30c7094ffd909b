"""The gate: one judge before arbitration, after an edit, and at the door."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from domain.reasons import BIT
from domain.tables import FINDINGS, MEMBERS
from graph.erased import erased_again
from graph.facts import Sources
from graph.ignoring import ignored_at
from graph.members import choices_of_people, facts_of_people, nobody
from graph.orders import orders_now
from graph.people import asked_of, by_person, survivors_at
from graph.registry import nobody_registered, registered
from graph.replies import replies_at
from graph.reserving import local_days
from graph.sharing import addresses_of, shared_addresses, shared_refusals, with_sharers
from graph.touched import our_touches
from graph.tower import Tower
from policies.autonomy import only_watching
from policies.judging import judge, mark
from policies.schema import Policy
from policies.treatments import judge_treatments
from policies.zones import known_country
from tools.ledger import consents, controls, effects
from tools.ledger.acting import acting
from tools.warehouse.identity.people import FewWarehouse, as_person, members
from tools.warehouse.observing import observe, touch_log
from tools.warehouse.store import Warehouse

EVALUATION_SHARE = 0.3
"""Contacts kept from training, so that models and sandbox are judged on people unseen."""


def contacts_at(tower: Tower, at: datetime) -> pl.DataFrame:
    """OBSERVATIONS as of an instant, one row a person, with the policy's holdout; of several deals
    one that holds."""
    return _observed(tower, by_person(tower, at), at)


def members_at(
    tower: Tower, at: datetime, contact_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """MEMBERS of people who were several contacts at an instant: each contact by itself.
    contact_ids: only the people of these; None: all."""
    survivors = survivors_at(tower, at)
    theirs = members(survivors)
    asked = asked_of(survivors, contact_ids)
    if asked is not None:
        theirs = theirs.filter(pl.col("contact_id").is_in(asked))
    if theirs.is_empty():
        return nobody()
    few = frozenset(theirs.get_column("contact_id"))
    seen = _observed(tower, FewWarehouse(tower.warehouse.folder, tower.warehouse, few), at)
    return MEMBERS.conform(seen.join(theirs, on="contact_id", how="inner", maintain_order="left"))


def _observed(tower: Tower, warehouse: Warehouse, at: datetime) -> pl.DataFrame:
    policy = tower.loaded.policy
    seen = observe(
        warehouse,
        at,
        study=policy.holdout.study,
        holdout_share=policy.holdout.share,
        evaluation_share=EVALUATION_SHARE,
        purchase_makes_customer=tower.config.purchase_makes_customer,
        held_stages=policy.deal_hold.stages,
    )
    return seen.with_columns(country=known_country(pl.col("country")))


def sources_at(
    tower: Tower,
    contacts: pl.DataFrame,
    at: datetime,
    watermark: int | None = None,
    contact_ids: Sequence[str] | None = None,
    account_ids: Sequence[str] = (),
    back: timedelta | None = None,
) -> Sources:
    """What the judge needs to know at an instant, from warehouse and ledger; touches, replies and
    silences by person, what was said of consent by contact.

    contacts: rows with the standing facts of a contact, such as a run's observations.
    watermark: the newest consent statement that counts; None: all that stand now.
    contact_ids: only these people, where a few are judged; None: everybody. account_ids: theirs,
    whose other people's touches count for account caps.
    back: how far back other tools' touches are read; None: as far as any limit looks.
    """
    ledger, policy = tower.ledger, tower.loaded.policy
    survivors = survivors_at(tower, at)
    contact_ids = asked_of(survivors, contact_ids)
    theirs = touch_log(by_person(tower, at, survivors), at - (back or longest_window(policy)))
    ours = as_person(our_touches(ledger, contact_ids, account_ids), survivors)
    columns = ["contact_id", "account_id", "channel", "at"]
    nobody = pl.lit(None, dtype=pl.String)
    shared = addresses_of(shared_addresses(tower.warehouse), contact_ids)
    asked = contact_ids if contact_ids is None else with_sharers(shared, contact_ids)
    stand = consents.standing(ledger, watermark, asked)
    suppressions = suppressions_at(tower)
    return Sources(
        contacts=contacts,
        consents=stand,
        objections=consents.objections_among(stand),
        suppressions=suppressions,
        touches=pl.concat(
            [
                theirs.select(*columns, decision_id=nobody, agent=nobody, theme=nobody),
                ours.select(*columns, "decision_id", "agent", "theme"),
            ]
        ),
        pauses=controls.active(ledger),
        replies=replies_at(tower, at),
        ignored=ignored_at(tower, at, contact_ids),
        shared=shared_refusals(shared, stand, suppressions),
        registry=registered(tower.warehouse) if policy.do_not_call else nobody_registered(),
    )


def suppressions_at(tower: Tower) -> pl.DataFrame:
    """contact_id of everybody whom nothing may reach: suppressed by name, or erased once and known
    again by address, number or id."""
    by_name = consents.suppressed(tower.ledger).select("contact_id")
    again = pl.DataFrame({"contact_id": sorted(erased_again(tower))}, schema=by_name.schema)
    return pl.concat([by_name, again])


def longest_window(policy: Policy) -> timedelta:
    """How far back touches matter to any limit."""
    caps = [cap.reach_hours for cap in policy.caps]
    return timedelta(hours=max([*caps, *(rule.hours for rule in policy.spacing), 24]))


def cells_of(rows: pl.DataFrame, at: pl.Expr) -> pl.DataFrame:
    """Cells to judge from DECISIONS or CANDIDATES rows; `at` is the instant that is judged."""
    own = [name for name in ("decision_id", "theme") if name in rows.columns]
    kept = ("contact_id", "account_id", "agent", "channel", "class", "purpose", "campaign_id")
    return rows.select(*kept, *own, at=at)


def findings_now(tower: Tower, rows: pl.DataFrame, contacts: pl.DataFrame) -> pl.Series:
    """Findings against DECISIONS rows with what is known now, at the later of slot and now.

    contacts: standing facts as of now; the ledger (consents, pauses, reservations) is read anew
    at each call, so that a withdrawal stops the very next message.
    """
    at = tower.clock.now()
    policy = tower.loaded.policy
    rows = as_person(rows, survivors_at(tower, at))
    ids = rows.get_column("contact_id").unique().to_list()
    accounts = rows.get_column("account_id").drop_nulls().unique().to_list()
    sources = sources_at(tower, contacts, at, contact_ids=ids, account_ids=accounts)
    treatments, campaigns = (tower.warehouse.table(one) for one in ("treatments", "campaigns"))
    rows = themed(rows, treatments)
    choices = rows if "owner" in rows.columns else _in_whose_name(tower, rows)
    cells = cells_of(rows, pl.max_horizontal("slot_at", pl.lit(at)))
    theirs = members_at(tower, at, ids)
    facts = facts_of_people(cells, sources, theirs, policy, at, policy)
    return (
        judge(facts, policy, at, undecided=True)
        | choices_of_people(choices, contacts, theirs, policy, at)
        | judge_treatments(rows, treatments, campaigns, at)
        | orders_now(tower, rows, at)
    )


def _in_whose_name(tower: Tower, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `owner`, where the policy asks for it: the person whose minutes they take."""
    if not tower.loaded.policy.account_owners:
        return rows
    people = acting(tower.ledger, rows.get_column("decision_id").to_list())
    return rows.join(people, on="decision_id", how="left", maintain_order="left")


def themed(rows: pl.DataFrame, treatments: pl.DataFrame) -> pl.DataFrame:
    """The rows with the theme that their treatment has now."""
    themes = treatments.select("treatment_id", "theme")
    kept = pl.all().exclude("theme")
    return rows.select(kept).join(themes, on="treatment_id", how="left", maintain_order="left")


def pause_bits(tower: Tower, rows: pl.DataFrame) -> pl.Series:
    """The bits against campaign budgets at the door: of a pause, and of an agent that may not act
    or only watch, unless a person undoes what it did. Nothing else holds a budget there.

    rows: effects, with `undoes`.
    """
    pauses = controls.active(tower.ledger)
    names = {scope: set(names) for scope, names in _by_scope(pauses).items()}
    held = (
        pl.lit("all" in names)
        | pl.col("agent").is_in(sorted(names.get("agent", ())))
        | pl.col("channel").is_in(sorted(names.get("channel", ())))
        | pl.col("campaign_id").is_in(sorted(names.get("campaign", ())))
    )
    own = pl.col("undoes").is_null()
    policy = tower.loaded.policy
    bits = (
        mark(held, "paused")
        | mark(own & only_watching(policy), "only_watching")
        | mark(own & ~pl.col("agent").is_in(list(policy.agents)), "agent_not_allowed")
    )
    return rows.select(bits=bits).get_column("bits")


def _by_scope(pauses: pl.DataFrame) -> dict[str, list[str]]:
    rows = pauses.group_by("scope").agg("name").iter_rows()
    return dict(rows)


def repeated(taken: pl.DataFrame, rows: pl.DataFrame, observations: pl.DataFrame) -> pl.Series:
    """The bit of those CANDIDATES rows whose treatment the contact gets that day already.

    taken: DAYS_TAKEN.
    """
    zones = observations.select("contact", "timezone")
    placed = rows.join(zones, on="contact", how="left", maintain_order="left")
    days = placed.select(
        "contact_id", "channel", treatment="treatment_id", local_day=local_days(placed)
    )
    keys = ["contact_id", "channel", "treatment", "local_day"]
    marked = days.join(
        taken.with_columns(taken=pl.lit(True)), on=keys, how="left", maintain_order="left"
    )
    bit = pl.when(pl.col("taken")).then(BIT["repeated"]).otherwise(0).cast(FINDINGS)
    return marked.select(bit=bit).get_column("bit")


def days_taken(tower: Tower, at: datetime) -> pl.DataFrame:
    """DAYS_TAKEN, by person, that candidates of a run at this instant can fall on: from the day
    before it."""
    first = (at - timedelta(days=1)).astimezone(UTC).date().isoformat()
    taken = effects.taken_days(tower.ledger).filter(pl.col("local_day") >= first)
    survivors = survivors_at(tower, at)
    return taken if survivors.is_empty() else as_person(taken, survivors).unique()
