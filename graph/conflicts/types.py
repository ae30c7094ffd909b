"""The types of conflict: each by its number, with what it is called and how it is resolved."""

from typing import Final

TYPES: Final[dict[int, tuple[str, str]]] = {
    1: ("cap collision", "the candidate worth more takes the touch; the other is offered again"),
    2: ("simultaneity", "what one trigger started is chosen as one set; the rest is offered again"),
    4: ("send time against quiet hours", "the next best slot, else another channel"),
    5: ("class order", "what a person asked for comes before what we would like to say"),
    6: ("marketing during an open deal", "the deal's owner has the account to herself"),
    7: ("two reps at one account", "the rep with the better action leads; the other is named"),
    8: ("promotion during an open complaint", "no marketing until the complaint is closed"),
    9: ("contradictory offers", "one offer per contact: the one worth more"),
    10: ("shared capacity", "the limit goes to whom it brings most"),
    11: ("paid ads to an existing customer", "the person leaves the audience; the money moves"),
    12: ("two optimisers on one budget", "the arbitration's figure; a person names one owner"),
    13: ("budget edit against learning phase", "the budget moves by one step, or rests"),
    14: ("contradictory limits", "the maxima hold; the minimum says what it lacks"),
    15: ("exploration against the best known", "a policy-bounded share is drawn by chance"),
    17: ("holdout touched by another tool", "we leave the person alone; the leak is logged"),
    25: ("torn bundle", "all of it or nothing: the allowed part stays back too"),
    26: ("automation against a named owner", "the deal's owner is asked, where the policy says so"),
    27: ("competing objectives", "the minimum's price decides; what it costs is shown"),
}
"""Numbers are those of a longer list; what is missing needs inputs that come later."""
