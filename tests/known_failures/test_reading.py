"""W14: whoever asks for reasons changes nothing that a later run could learn from."""

from app.compose import House
from app.conversing import Conversation
from app.explaining import explain
from app.pricing import price_list
from app.reading import conflicts
from graph.what_if import what_if
from tests.app.worlds import contents
from tests.known_failures.worlds import ANN, run

QUESTIONS = (
    f"why {ANN}",
    "prices",
    "conflicts",
    "proposals",
    "what if the cap email_week were 3",
)


def test_W14_explaining_a_decision_alters_no_ledger_no_warehouse_and_no_model(
    house: House,
) -> None:
    run_id = run(house, "one")
    rows = house.tower.folder(run_id).read("decisions")
    lost = rows.filter(fate="lost").item(0, "decision_id")
    folder = house.tower.workspace.folder
    before = contents(folder)

    explain(house, lost)
    explain(house, ANN)
    what_if(house.tower, run_id, "cap email_week", 3.0)
    price_list(house, run_id)
    conflicts(house, run_id)
    chat = Conversation.of(house)
    answers = [str(chat.ask(question).text) for question in QUESTIONS]

    after = contents(folder)
    record = f"runs/{run_id}/receipts/{lost}.jsonl"
    assert all("did not understand" not in answer for answer in answers)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {record}
    assert {"ledger.sqlite", f"runs/{run_id}/predictions.parquet"} <= set(before)
