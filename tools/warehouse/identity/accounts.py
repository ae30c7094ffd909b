"""The account graph: whose contacts seem to be of an account that their row does not name, by the
domain of their mailbox, and which accounts seem to be one. Told, never assigned."""

from typing import Final

import polars as pl

from tools.warehouse.identity.addresses import ascii_domains, domain_of, is_address, plain

FREE: Final = frozenset(
    (
        *("gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "aol.com"),
        *("icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net"),
        *("gmx.at", "gmx.ch", "gmx.com", "web.de", "t-online.de", "freenet.de", "mail.com"),
        *("posteo.de", "mailbox.org", "fastmail.com", "tutanota.com", "zoho.com", "yandex.ru"),
        *("mail.ru", "qq.com", "163.com", "126.com", "naver.com", "orange.fr", "wanadoo.fr"),
        *("free.fr", "laposte.net", "libero.it", "virgilio.it", "bluewin.ch", "btinternet.com"),
        *("yahoo.co.uk", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "yahoo.de", "yahoo.fr"),
        *("comcast.net", "verizon.net", "att.net", "sbcglobal.net", "uol.com.br", "seznam.cz"),
        *("wp.pl", "o2.pl", "ziggo.nl", "telenet.be", "rediffmail.com", "yahoo.co.jp"),
    )
)
"""Domains where anybody has a mailbox: they say nothing of an employer."""
LEAST: Final = 2
"""Contacts of an account that must have a domain before it is the account's."""
SUGGESTED: Final = pl.Schema(
    {"contact_id": pl.String(), "account_id": pl.String(), "domain": pl.String()}
)
SAME: Final = pl.Schema({"domain": pl.String(), "accounts": pl.List(pl.String())})
PARENTS: Final = pl.Schema({"account_id": pl.String(), "parent_id": pl.String()})


def domains_of(contacts: pl.DataFrame) -> pl.DataFrame:
    """contact_id, account_id, domain of contacts (contact_id, account_id, email) at companies."""
    told = contacts.select("contact_id", "account_id", email=plain("email")).drop_nulls("email")
    read = ascii_domains(told).filter(is_address("email"))
    at_work = read.select("contact_id", "account_id", domain=domain_of("email"))
    return at_work.filter(~pl.col("domain").is_in(sorted(FREE)))


def suggested(contacts: pl.DataFrame) -> pl.DataFrame:
    """SUGGESTED: contacts without an account whose domain LEAST contacts of one account have, and
    none of any other account."""
    known = domains_of(contacts)
    holders = known.drop_nulls("account_id").group_by("domain", "account_id").len()
    one = holders.filter((pl.len().over("domain") == 1) & (pl.col("len") >= LEAST))
    without = known.filter(pl.col("account_id").is_null()).drop("account_id")
    found = without.join(one.select("domain", "account_id"), on="domain")
    return found.select(list(SUGGESTED)).sort("contact_id")


def maybe_one(contacts: pl.DataFrame) -> pl.DataFrame:
    """SAME: domains that LEAST contacts of each of several accounts have: they may be one account,
    or children of one."""
    known = domains_of(contacts).drop_nulls("account_id")
    holders = known.group_by("domain", "account_id").len().filter(pl.col("len") >= LEAST)
    grouped = holders.group_by("domain").agg(accounts=pl.col("account_id").sort())
    return grouped.filter(pl.col("accounts").list.len() > 1).select(list(SAME)).sort("domain")


def parents(accounts: pl.DataFrame, column: str = "parent_id") -> pl.DataFrame:
    """PARENTS that the accounts' own column names, itself and unknown accounts left out; nobody
    where there is no such column."""
    if column not in accounts.columns:
        return pl.DataFrame(schema=PARENTS)
    named = accounts.select("account_id", parent_id=pl.col(column).cast(pl.String))
    known = named.filter(pl.col("parent_id").is_in(accounts["account_id"].implode()))
    return known.filter(pl.col("parent_id") != pl.col("account_id")).sort("account_id")
