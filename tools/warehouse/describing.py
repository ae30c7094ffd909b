"""The page that tells what each kind of data holds, made from the declarations themselves."""

import polars as pl

from tools.warehouse.kinds import KINDS
from tools.warehouse.shapes import INSTANT, Field, Kind

HEAD = """# Data

`clearance import KIND FILE` takes CSV, Parquet and JSON lines (`.csv`, `.csv.gz`, `.parquet`,
`.jsonl`, `.jsonl.gz`). A bad row goes to `quarantine/` in the workspace with its line number and
reason; the others load; `read` = loaded + unchanged + quarantined. The same rows again change
nothing.

- Instants carry their zone (`2026-03-02T09:00:00Z`, `...+01:00`); a bare date is its first instant
  in UTC. A time without a zone is refused.
- Money is decimal major units (`12.50`) with a `currency` column; another currency than the
  workspace's is refused. Fractions of a minor unit round down.
- A touch whose treatment is `nothing` says that the contact was left alone by chance: a control
  group. It is no touch for any cap.
- Two rows with the same key that contradict each other are both set apart: nothing says which is
  right.
- Consents go into the ledger, everything else into the warehouse.
- A consent's `basis` says how it was given. `express_written`: in writing, for marketing, as some
  countries ask (`[written_consent]`). `soft_opt_in_sale` and `soft_opt_in_negotiation`: nobody was
  asked, the address was got in a sale or its negotiation and refusal was offered there; it counts
  only where `[[soft_opt_in]]` of the policy says so. `soft_opt_in` alone does not say how, and so
  counts nowhere, nor do `bought_list`, `badge_scan`, `sign_up`. Empty or other words (`preference
  centre`): a plain opt-in, as `granted` says; it is neither written nor a soft opt-in.
- A contact or consent whose `source` or `basis` says that the list was scraped, harvested, bought
  or rented (`scraped_directory`, `bought list`) goes to `quarantine/`. A consent names its source;
  a contact's `source` and `basis` may be left out, and then say nothing for or against it.
- An event of kind `revenue` states what the account took in that week, in `value`; one of kind
  `control` what else moves it (a promotion, a competitor's price: `subject` names it, `value` says
  how much of it, none that it happened). Both are what response curves of spend are fitted on.
- A lift test of a campaign says what a group that saw it brought against one that did not, both
  scaled to the whole account. It overrules what the weeks of spend and revenue seem to say.
- `do_not_call` is a copy of a registry, each row with the instant at which it was copied. A number
  that a later copy leaves out stays listed.

This page is made from `tools/warehouse/kinds.py`; a test compares the two.
"""


def data_page() -> str:
    """The whole of docs/data.md."""
    return HEAD + "".join(_section(kind) for kind in KINDS.values())


def _section(kind: Kind) -> str:
    lines = [f"\n## {kind.name}\n", f"Key: {', '.join(f'`{name}`' for name in kind.key)}."]
    if kind.attributes:
        lines.append("Any further column is kept as an attribute of the contact or account.")
    if kind.person:
        lines.append(f"At least one of {', '.join(f'`{name}`' for name in kind.person)}.")
    lines += ["", "| column | type | required | meaning |", "|---|---|---|---|"]
    lines += [_row(name, field) for name, field in kind.fields.items()]
    return "\n".join(lines) + "\n"


def _row(name: str, field: Field) -> str:
    among = f": {', '.join(field.among)}" if field.among else ""
    required = "yes" if field.required else ""
    return f"| {name} | {_type(field)} | {required} | {field.meaning}{among} |"


def _type(field: Field) -> str:
    if field.money:
        return "money"
    if field.dtype == INSTANT:
        return "instant"
    named = {pl.Int64: "whole number", pl.Float64: "number", pl.Boolean: "true or false"}
    return next((words for dtype, words in named.items() if field.dtype == dtype), "text")
