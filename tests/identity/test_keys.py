"""Normal forms: when two addresses are one mailbox, and two numbers one telephone."""

import polars as pl
import pytest

from tools.warehouse.identity.addresses import ascii_domains, is_role, mailbox, plain
from tools.warehouse.identity.numbers import with_number


def _mailbox(email: str | None) -> str | None:
    told = pl.DataFrame({"email": [email]}, schema={"email": pl.String})
    return ascii_domains(told.select(plain("email"))).select(mailbox()).item()


def _number(phone: str, country: str | None = None) -> str | None:
    told = pl.DataFrame({"phone": [phone], "country": [country]}, schema_overrides=TEXT)
    return with_number(told).get_column("number").item()


TEXT = {"phone": pl.String, "country": pl.String}


@pytest.mark.parametrize(
    ("email", "form"),
    [
        (" Anna.Lee@X.COM ", "anna.lee@x.com"),
        ("anna.lee+news@x.com", "anna.lee@x.com"),
        ("a.n.n.a+shop@GoogleMail.com", "anna@gmail.com"),
        ("ANNA@bücher.example", "anna@xn--bcher-kva.example"),
        ("ａｎｎａ@x.com", "anna@x.com"),
        ("<anna@x.com>", "anna@x.com"),
    ],
)
def test_one_mailbox_has_one_form_however_it_is_written(email: str, form: str) -> None:
    assert _mailbox(email) == form


def test_dots_count_where_the_provider_does_not_ignore_them() -> None:
    assert _mailbox("an.na@x.com") != _mailbox("anna@x.com")


@pytest.mark.parametrize("email", [None, "", "n/a", "anna@x", "a@b@x.com", "+@x.com", "a b@x.com"])
def test_what_is_no_address_has_no_form(email: str | None) -> None:
    assert _mailbox(email) is None


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("info@x.com", True),
        ("Sales.EMEA@x.com", True),
        ("no-reply@x.com", True),
        ("informatik@x.com", False),
        ("it.smith@x.com", False),
        ("anna@x.com", False),
        (None, False),
    ],
)
def test_an_offices_mailbox_is_told_from_a_persons(email: str | None, role: bool) -> None:
    told = pl.DataFrame({"email": [email]}, schema={"email": pl.String})
    assert told.select(plain("email")).select(is_role("email")).item() is role


@pytest.mark.parametrize(
    ("phone", "country", "form"),
    [
        ("+49 (0)30 1234-568", None, "+49301234568"),
        ("0049 30 1234568", None, "+49301234568"),
        ("030 / 1234568", "de", "+49301234568"),
        ("011 49 30 1234568", "US", "+49301234568"),
        ("(212) 555-0143", "US", "+12125550143"),
        ("1-212-555-0143", "CA", "+12125550143"),
        ("06 12345678", "IT", "+390612345678"),
        ("612 345 678", "ES", "+34612345678"),
        ("07700 900143", "GB", "+447700900143"),
    ],
)
def test_one_telephone_has_one_form(phone: str, country: str | None, form: str) -> None:
    assert _number(phone, country) == form


def test_a_number_without_its_calling_code_is_none_where_the_country_is_not_known() -> None:
    assert _number("030 1234568") is None
    assert _number("030 1234568", "XX") is None


@pytest.mark.parametrize("phone", ["4930123456", "n/a", "12345", "+49 30 0000000", "call me"])
def test_a_number_that_is_none_or_could_be_two_has_no_form(phone: str) -> None:
    assert _number(phone, "DE") is None


def test_an_extension_is_another_telephone_than_its_switchboard() -> None:
    assert _number("+1 212 555 0143 ext. 12") == "+12125550143;12"
    assert _number("+1 212 555 0143 x12") != _number("+1 212 555 0143")
