"""The report of models as charts: reliability, Qini and response curves with their intervals."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from domain.errors import StorageError
from domain.money import digits
from tools.charts.chart import Axis, Band, Curves, Dots, Line, Mark
from tools.charts.pictures import png


def reliability(model: dict[str, Any]) -> Curves:
    """Predicted chance against what came, with 95% intervals; on the dashed line both agree. From
    the least to the largest prediction: groups that lie close together can be told apart."""
    groups = model["calibration"]
    predicted = [one["predicted"] for one in groups]
    least, most = min(predicted, default=0.0), max(predicted, default=1.0)
    touches = sum(one["rows"] for one in groups)
    dots = ((one["predicted"], one["observed"], one["low"], one["high"]) for one in groups)
    return Curves(
        f"Reliability: {model['name']} ({model['family']})",
        Axis("predicted chance of an answer", "share", from_zero=False),
        Axis("share of touches answered", "share"),
        (Line("prediction and answers agree", ((least, least), (most, most)), dashed=True),),
        dots=Dots("group of touches, with its 95% interval", tuple(dots)),
        note=f"{touches:,} touches of evaluation contacts in {len(groups)} groups by prediction",
    )


def qini(curve: dict[str, Any]) -> Curves:
    """Outcomes gained by treating those with the largest predicted effects first."""
    shares = curve["share"]
    return Curves(
        f"Qini: {curve['name']}",
        Axis("share of contacts treated", "share"),
        Axis("outcomes gained per treated contact"),
        (
            Line("drawn by chance", tuple(zip(shares, curve["random"], strict=True)), dashed=True),
            Line("largest predicted effects first", tuple(zip(shares, curve["gain"], strict=True))),
        ),
        Band("its 95% band", tuple(zip(shares, curve["low"], curve["high"], strict=True))),
        note=(
            f"{curve['rows']:,} evaluation contacts, {curve['treated']:,} of them treated; "
            "chance chose whom"
        ),
    )


def response(one: dict[str, Any], currency: str) -> Curves:
    """What a week's spend brings, with its 90% interval; both in major units of the currency."""
    unit = 10 ** digits(currency)
    points = one["curve"]
    line = tuple((point["spend"] / unit, point["value"] / unit) for point in points)
    band = ((point["spend"] / unit, point["low"] / unit, point["high"] / unit) for point in points)
    measured = one["evidence"] == "measured"
    label = "expected value" if measured else "value as declared"
    return Curves(
        f"Response: {campaign_of(one)}",
        Axis(f"spend a week, {currency}"),
        Axis(f"value a week, {currency}"),
        (Line(label, line, dashed=not measured),),
        Band("its 90% band", tuple(band)),
        marks=(Mark("spent now", one["spend_now"] / unit),),
        note="Measured" if measured else "A declared belief, not measured",
    )


def campaign_of(one: dict[str, Any]) -> str:
    """The campaign, with its platform where that has a name of its own."""
    campaign, platform = one["campaign_id"], one["platform"]
    return campaign if campaign == platform else f"{campaign} ({platform})"


def charts(data: dict[str, Any]) -> Iterator[tuple[str, Curves]]:
    """Every chart of the report with a name that a file can have, and no other chart has."""
    taken: set[str] = set()
    for name, chart in _named(data):
        free = next(one for one in _numbered(name) if one not in taken)
        taken.add(free)
        yield free, chart


def _numbered(name: str) -> Iterator[str]:
    """The name, then with a number: 2, 3, ..."""
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _named(data: dict[str, Any]) -> Iterator[tuple[str, Curves]]:
    for one in data["models"]:
        if one["calibration"]:
            yield _plain(f"reliability {one['name']} {one['version_id']}"), reliability(one)
    for one in data["qini"]:
        yield _plain(f"qini {one['name']}"), qini(one)
    for one in data["responses"]:
        if one["curve"]:
            yield _plain(f"response {campaign_of(one)}"), response(one, data["currency"])


def write_pngs(data: dict[str, Any], folder: Path) -> list[str]:
    """Each chart as a file of the folder; their names. Raises StorageError where one can't be."""
    names = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in charts(data):
            (folder / f"{name}.png").write_bytes(png(chart))
            names.append(f"{name}.png")
    except OSError as error:
        raise StorageError(
            f"The charts can't be written to {folder}: {error}.", "Name another folder: --png DIR."
        ) from error
    return names


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
