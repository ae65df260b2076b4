"""A bench to be killed: walks orders on simulated instruments and says each thing only after it was saved.

Started once; for each line "FOLDER ACKS SEED" on standard input it forks a child that takes up the work in FOLDER and
appends what was confirmed to ACKS, then prints the child's number. Forking spares each kill the imports.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

from bench.desk import Desk
from bench.house import House
from bench.journal import Journal
from bench.judging import Handling
from bench.order import Family, Quote, RepairOrder, Watch
from bench.people import Operator, Role
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import StepKind
from bench.quantities import Value
from bench.work import Work
from drivers.simulated.bench import SimulatedBench
from drivers.station import Station
from profiles.library import Library

WATCHMAKER = Operator("t1", "Claire Vuille", frozenset({Role.TECHNICIAN, Role.CONTROLLER}))
HOUSE = House("Atelier", Value.of("residual_field", 0.1), self_check=True, repeats_without_reason=10_000)
PROCEDURES = Path(__file__).parents[1] / "procedures"
GOOD = {"moisture_visible": "no", "fog_before": "no", "bubbles": "no", "fog_after": "no", "follows": "no"}
WAYS = {"decide-leak": "repair", "decide-wet": "no"}


def an_order(number: str) -> RepairOrder:
    watch = Watch("Test", "Modèle", case_number="1", family=Family.AUTOMATIC, case="case-3-bar")
    return RepairOrder(
        number=number,
        customer="K-1",
        watch=watch,
        procedure="essai-court",
        declared="buée",
        request="contrôler l’étanchéité",
        promised="2026-12-24",
        quote=Quote("D-1", "signature", "2026-11-21"),
    )


def take_up(desk: Desk) -> Work:
    """Take up the last open order, or take a new one in."""
    rows = desk.orders()
    still_open = [row.number for row in rows if row.status == "open"]
    if still_open:
        return desk.work(still_open[-1])
    number = f"2026-{len(rows) + 1:04}"
    desk.open_order(an_order(number))
    return desk.work(number)


def one_move(work: Work, say: object) -> None:
    """Do one thing at the bench, then say what is confirmed."""
    assert callable(say)
    step = work.step
    assert step is not None
    if not work.state.started:
        work.start()
    elif step.kind is StepKind.MEASUREMENT:
        task = work.next_task()
        if task is None:
            work.confirm("accepté")
        else:
            work.prepare(task)
            judged = work.measure(task)
            say({"measured": [entry.measurement.id for entry in judged], "order": work.number})
    elif (left := work.waiting()) is not None:
        time.sleep(max(left.total_seconds(), 0.0))
        work.answer({})
    else:
        answers: dict[str, object] = {}
        for field in step.fields:
            match field.kind:
                case "text":
                    answers[field.id] = "vu"
                case "number":
                    answers[field.id] = 2
                case "choice":
                    answers[field.id] = WAYS.get(step.id, field.choices[0].id)
                case _:
                    answers[field.id] = GOOD.get(field.id, "yes")
        work.answer(answers)
    say(
        {
            "order": work.number,
            "step": work.state.current,
            "started": work.state.started,
            "seq": work.desk.journal.head()[0],
        }
    )


def child(folder: Path, acks: Path, seed: int) -> None:
    dice = random.Random(seed)
    file = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(what: dict[str, object]) -> None:
        os.write(file, (json.dumps(what) + "\n").encode())

    simulated = SimulatedBench(speed=1000.0, seed=seed, instruments=["leak-tester"])
    station = Station(simulated.start())
    journal = Journal.open(folder / "journal.sqlite", station="bench-1")

    def hands(order: str, handling: Handling) -> None:
        simulated.handle(handling.act, handling.detail)

    desk = Desk(journal, ProcedureLibrary(PROCEDURES), Library(), station, HOUSE, hands)
    desk.sign_in(WATCHMAKER)
    while True:
        simulated.select(str(dice.random()), dice.choice(["case-tight", "case-leaking"]))
        work = take_up(desk)
        say({"order": work.number, "step": work.state.current, "started": work.state.started, "seq": journal.head()[0]})
        while not work.closed:
            one_move(work, say)


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        folder, acks, seed = line.split("\t")
        pid = os.fork()
        if pid == 0:
            try:
                child(Path(folder), Path(acks), int(seed))
            finally:
                os._exit(3)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
