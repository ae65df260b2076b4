"""The safety cards: every machine that a procedure names has one, in both languages."""

from __future__ import annotations

from bench.procedure.library import ProcedureLibrary
from bench.safety_cards import machines, safety_card


def test_every_machine_of_a_procedure_has_its_card() -> None:
    named = {step.machine for procedure in ProcedureLibrary().all() for step in procedure.steps if step.machine}
    assert named and named <= set(machines())


def test_a_card_says_what_may_hurt_and_what_to_do_in_both_languages() -> None:
    for machine in machines():
        card = safety_card(machine)
        assert card is not None and card.before
        for text in (card.title, card.dangers, *card.before):
            assert text.fr.strip() and text.en.strip() and text.fr != text.en


def test_a_machine_of_the_workshop_s_own_has_no_card_here() -> None:
    assert safety_card("laser-welder") is None
