"""E-mail addresses in the one form in which they are compared, and whose mailbox they are."""

from typing import Final

import polars as pl

DOTLESS: Final = ("gmail.com",)
"""Mailbox providers that ignore dots before the @."""
SAME_PROVIDER: Final = {"googlemail.com": "gmail.com"}
"""Domains that are one mailbox."""
ROLES: Final = frozenset(
    (
        *("abuse", "accounting", "accounts", "admin", "administration", "administrator", "all"),
        *("billing", "booking", "bookings", "bureau", "buero", "careers", "ceo", "commercial"),
        *("compliance", "contact", "contacto", "contatti", "contato", "customercare", "dpo"),
        *("customerservice", "einkauf", "enquiries", "enquiry", "events", "everyone", "feedback"),
        *("finance", "frontdesk", "hello", "help", "helpdesk", "hostmaster", "hr", "info"),
        *("information", "inquiries", "inquiry", "invoice", "invoices", "it", "jobs", "kontakt"),
        *("legal", "mail", "mailbox", "management", "marketing", "media", "news", "newsletter"),
        *("no-reply", "noreply", "nobody", "none", "office", "oficina", "order", "orders"),
        *("partner", "partners", "payroll", "postmaster", "post", "pr", "press", "presse"),
        *("privacy", "procurement", "purchasing", "reception", "recruiting", "recruitment"),
        *("register", "reservations", "root", "sales", "secretary", "security", "sekretariat"),
        *("service", "services", "shop", "spam", "staff", "store", "subscribe", "support"),
        *("team", "tech", "test", "unsubscribe", "user", "vendas", "ventas", "vertrieb"),
        *("verkauf", "web", "webmaster", "welcome", "zentrale"),
    )
)
"""Mailboxes of an office, not of a person: several read them, so that they join nobody."""


def mailbox(column: str = "email") -> pl.Expr:
    """The mailbox that a `plain` address reaches; null where it is no address.

    Nothing behind a plus matters, nor dots where the provider ignores them; a domain in any script
    is its ASCII form (`ascii_domains` first).
    """
    domain = domain_of(column)
    local = pl.col(column).str.extract(r"^([^@+]*)")
    dotless = local.str.replace_all(".", "", literal=True)
    name = pl.when(domain.is_in(DOTLESS)).then(dotless).otherwise(local)
    written = pl.concat_str(name, pl.lit("@"), domain)
    return pl.when(is_address(column) & (name != "")).then(written)


def plain(column: str) -> pl.Expr:
    """The address without what never matters: forms of a letter, spaces around it, case."""
    text = pl.col(column).str.normalize("NFKC").str.strip_chars().str.to_lowercase()
    return text.str.replace(r"^mailto:", "").str.strip_chars("<>").str.replace(r"\.$", "")


def domain_of(column: str = "email") -> pl.Expr:
    """What stands behind the @ of a `plain` address, domains of one mailbox under one name."""
    return pl.col(column).str.extract(r"@([^@]+)$").replace(SAME_PROVIDER)


def is_address(column: str) -> pl.Expr:
    """Of a `plain` address: one @, something before it, a domain of two parts behind it, and no
    space."""
    return pl.col(column).str.contains(r"^[^@\s,;]+@[^@\s,;]+\.[^@\s.,;]{2,}$")


def is_role(column: str) -> pl.Expr:
    """Whether a `plain` address is an office's: all before the @ (`info@`), or its first word
    where that has four letters or more (`sales.emea@`); `it.smith@` may be a person."""
    local = pl.col(column).str.extract(r"^([^@+]+)")
    first = local.str.extract(r"^([^._-]{4,})[._-]")
    roles = sorted(ROLES)
    return (local.is_in(roles) | first.is_in(roles).fill_null(False)).fill_null(False)


def ascii_domains(contacts: pl.DataFrame, column: str = "email") -> pl.DataFrame:
    """The rows, of `plain` addresses, with every domain as its ASCII form. Only domains of other
    scripts are looked at one by one; one that has no such form is left as it is."""
    domain = pl.col(column).str.extract(r"@([^@]+)$")
    foreign = contacts.filter(pl.col(column).str.contains(r"[^\x00-\x7f]")).select(domain=domain)
    forms = {one: _ascii(one) for one in foreign.get_column("domain").drop_nulls().unique().sort()}
    if not forms:
        return contacts
    local = pl.col(column).str.extract(r"^(.*)@")
    told = pl.concat_str(local, pl.lit("@"), domain.replace(forms))
    meant = domain.is_in(list(forms)).fill_null(False)
    return contacts.with_columns(pl.when(meant).then(told).otherwise(column).alias(column))


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
