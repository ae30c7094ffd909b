"""`[sender]` of clearance.toml: who writes, as every commercial email has to say it."""

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from domain.record import Record

PLAIN = r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"
"""One line with something in it: what stands in a header must not begin another one."""
Line = Annotated[str, Field(max_length=300, pattern=PLAIN)]
Address = Annotated[
    str, Field(max_length=254, pattern=r"^[^\s@<>,;\"\x00-\x1f\x7f]+@[\w.-]+\.\w+$")
]

Proof = Literal["spf", "dkim", "dmarc", "tls", "one_click"]
PROOFS: Final[tuple[Proof, ...]] = get_args(Proof)


class SenderConfig(Record):
    """True statements about the sender. All are needed: a commercial email without one of them is
    not lawful in the United States (CAN-SPAM), and none goes out while the section is missing."""

    name: Line
    """Who writes, as people know them; stands in From."""
    from_address: Address
    reply_to: Address
    postal_address: Line
    advertisement: Line
    """The words by which a message says that it sells something."""
    unsubscribe_url: Annotated[str, Field(max_length=500, pattern=r"^https://[\w.-]+(:\d+)?/\S*$")]
    """Where the operator's proxy hands on to `/unsubscribe/` of `clearance serve`; HTTPS."""
    authenticated: tuple[Proof, ...] = ()
    """What is set up for the domain of `from_address`, as its operator declares; what is not named
    is not there. `one_click`: the DKIM signature covers both List-Unsubscribe headers."""

    @property
    def domain(self) -> str:
        return self.from_address.rpartition("@")[2].lower()

    @property
    def proves_itself(self) -> bool:
        """Whether mailbox providers take bulk mail from the domain at all."""
        return set(self.authenticated) == set(PROOFS)
