"""`clearance report models`: what it tells, and the files it writes."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.compose import House
from app.model_desk import listing, promote, shown
from app.model_report import missing, model_report
from app.story.model_charts import charts, qini, reliability, response, write_pngs
from app.story.model_pages import page
from app.story.models import show_list, show_promotion, show_report, show_version
from app.story.pages import text, write
from domain.errors import StorageError
from evals.faults.world import START
from tests.app.commands import clearance
from tests.registry.worlds import rival
from tools.ledger.database import Ledger
from tools.ledger.meta import set_sample_now
from tools.measurement.qini import rank
from tools.prediction.registry.curves import qini_curve, wilson


def effects(count: int, truth: float) -> tuple[np.ndarray, ...]:
    """Half of the contacts are moved by a treatment given by chance, and the model knows whom."""
    draws = np.random.default_rng(5)
    treated, moved = draws.random(count) < 0.5, draws.random(count) < 0.5
    answered = draws.random(count) < 0.1 + truth * treated * moved
    return moved + draws.normal(0, 0.01, count), treated, answered.astype(float), np.arange(count)


def test_a_qini_curve_ends_at_the_average_gain_and_bends_where_the_model_knows() -> None:
    effect, treated, reward, contact = effects(8000, 0.3)
    curve = qini_curve(effect, treated, reward, contact)
    ranked = rank(effect, treated, reward)
    assert (curve.share[0], curve.gain[0], curve.share[-1]) == (0.0, 0.0, 1.0)
    area = float(np.trapezoid(curve.gain - curve.random, curve.share))
    assert area == pytest.approx(ranked.qini(), rel=0.05)
    middle = len(curve.share) // 2
    assert curve.low[middle] > curve.random[middle]
    assert (curve.low <= curve.high).all()


def test_where_nobody_is_moved_the_band_holds_the_straight_line() -> None:
    curve = qini_curve(*effects(8000, 0.0))
    assert (curve.low <= curve.random + 1e-12).all()
    assert (curve.high >= curve.random - 1e-12).all()


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_wilsons_interval_holds_the_share_and_is_never_empty(rows: int, share: float) -> None:
    low, high = wilson(share, rows)
    assert 0.0 <= low < high <= 1.0
    assert low <= share + 1e-9
    assert share - 1e-9 <= high


def test_before_any_run_the_report_says_that_nothing_was_fitted(house: House) -> None:
    data = {**model_report(house), "html": None, "pngs": []}
    assert (data["models"], data["qini"], data["run_id"]) == ([], [], None)
    out = Console(width=100, record=True, file=io.StringIO())
    show_report(out, data)
    told, page_told = " ".join(out.export_text().split()), page(data)
    assert [words.split(":")[0] for words in data["missing"]] == [
        "No model decides or challenges yet",
        "No Qini curve",
    ]
    for words in data["missing"]:
        assert words in told
        assert text(words) in page_told


def test_the_report_shows_each_model_and_every_screen_its_words(house: House) -> None:
    version_id, name = rival(house)
    data = {**model_report(house), "html": "m.html", "pngs": ["a.png"]}
    assert {one["state"] for one in data["models"]} == {"champion", "challenger"}
    assert name in page(data)
    out = Console(width=100, record=True, file=io.StringIO())
    show_list(out, listing(house))
    show_version(out, shown(house, version_id))
    show_promotion(out, promote(house, version_id, "rita"))
    show_report(out, data)
    told = out.export_text()
    for words in ("Beside champion", "waits: somebody else", "calibration", "Written: m.html"):
        assert words in told


def test_what_a_workspace_has_no_figures_for_is_said_with_what_to_do() -> None:
    full = {"models": [1], "qini": [1], "responses": [1], "run_id": "r"}
    assert missing(full) == []
    assert "clearance import spend" in missing({**full, "responses": []})[0]
    assert "keep a holdout" in missing({**full, "qini": []})[0]
    assert "clearance run" in missing({**full, "qini": [], "run_id": None})[0]


def fake(curve: object) -> dict[str, object]:
    bins = [{"predicted": 0.1, "observed": 0.2, "low": 0.1, "high": 0.3, "rows": 50}]
    model = {
        "version_id": "mv-1",
        "name": "visit/email/<offer>",
        "family": "stack",
        "state": "champion",
        "held": True,
        "evidence": "measured",
        "support": 400,
        "card": {"words": "Measured <well>."},
        "calibration": bins,
        "checks": [],
    }
    response = {
        "campaign_id": "search",
        "platform": "<i>ads</i>",
        "evidence": "measured",
        "spend_now": 4,
        "words": "Fitted.",
        "curve": [
            {"spend": float(x), "value": float(x), "low": 0.0, "high": 2.0 * x} for x in (0, 9)
        ],
    }
    return {
        "models": [model],
        "qini": [curve],
        "responses": [response],
        "currency": "EUR",
        "note": "Made up.",
        "missing": [],
    }


def test_the_page_and_the_pictures_hold_every_kind_of_chart(tmp_path: Path) -> None:
    curve = {"name": "visit/email/offer", "share": [0.0, 1.0], "gain": [0.0, 0.1]}
    curve |= {"rows": 80, "treated": 40}
    curve |= {"random": [0.0, 0.1], "low": [0.0, 0.05], "high": [0.0, 0.2]}
    data = fake(curve)
    assert [name for name, _ in charts(data)] == [
        "reliability-visit-email-offer-mv-1",
        "qini-visit-email-offer",
        "response-search-i-ads-i",
    ]
    names = write_pngs(data, tmp_path / "png")
    assert all((tmp_path / "png" / one).read_bytes().startswith(b"\x89PNG") for one in names)
    write(page(data), tmp_path / "page.html")
    told = (tmp_path / "page.html").read_text()
    assert told.count("<svg") == 3
    assert "<offer>" not in told
    assert "<i>" not in told
    assert "Measured &lt;well&gt;." in told
    assert "<script" not in told
    assert "default-src 'none'" in told
    drawn = qini(curve)
    assert drawn.band is not None
    assert drawn.band.points[1] == (1.0, 0.05, 0.2)


def test_charts_of_like_names_have_files_of_their_own() -> None:
    curve = {"share": [0.0, 1.0], "gain": [0.0, 0.1], "rows": 80, "treated": 40}
    curve |= {"random": [0.0, 0.1], "low": [0.0, 0.05], "high": [0.0, 0.2]}
    alike = [{**curve, "name": name} for name in ("a b", "a/b", "a b 2")]
    names = [name for name, _ in charts(fake({}) | {"qini": alike})]
    assert len(set(names)) == len(names) == 5


def test_money_is_drawn_in_the_units_that_people_count_in() -> None:
    one = fake({})["responses"][0]  # type: ignore[index]
    euros, yen = response(one, "EUR"), response(one, "JPY")
    assert euros.lines[0].points[1] == (0.09, 0.09)
    assert euros.marks[0].x == 0.04
    assert yen.lines[0].points[1] == (9.0, 9.0)
    assert euros.x.label == "spend a week, EUR"


def test_a_reliability_chart_keeps_groups_apart_whose_predictions_are_close() -> None:
    model = fake({})["models"][0]  # type: ignore[index]
    (group,) = model["calibration"]
    chart = reliability({**model, "calibration": [group, {**group, "predicted": 0.12}]})
    assert not chart.x.from_zero
    assert chart.lines[0].points == ((0.1, 0.1), (0.12, 0.12))


def test_a_curve_that_nobody_measured_is_dashed_and_says_so() -> None:
    one = fake({})["responses"][0]  # type: ignore[index]
    measured, believed = response(one, "EUR"), response({**one, "evidence": "prior"}, "EUR")
    assert (measured.lines[0].dashed, measured.note) == (False, "Measured")
    assert believed.lines[0].dashed
    assert "not measured" in believed.note


def test_a_place_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        write("page", tmp_path / "none" / "page.html")
    with pytest.raises(StorageError, match="can't be written"):
        write_pngs(fake({}) | {"qini": []}, tmp_path / "file")


def test_the_commands_answer_json_and_refuse_with_1(planted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(planted, folder)
    set_sample_now(Ledger(f"sqlite:///{folder / 'ledger.sqlite'}"), START)
    listed = clearance("models", "list", "--json", workspace=folder)
    assert (listed.code, listed.json) == (0, {"challenging": [], "versions": []})
    told = clearance("models", "challenge", "line", "--as", "rita", "--json", workspace=folder)
    assert told.json["challenging"] == ["line"]
    back = clearance("models", "rollback", "a/b/c", "--as", "rita", "--json", workspace=folder)
    assert (back.code, back.json["reason"]) == (1, "no_champion")
    assert clearance("models", "show", "mv-1", workspace=folder).code == 1
    assert clearance("models", "challenge", "x", "--as", "rita", workspace=folder).code == 2
    report = clearance("report", "models", "--json", workspace=folder)
    assert report.code == 0
    assert report.json.keys() >= {"models", "qini", "responses", "note", "missing"}
    assert (report.json["html"], report.json["pngs"]) == (None, [])
