"""The criteria that a workshop's work is judged by: what each says, and what in the program supports it.

>>> criteria()["C.2.3-e"].kind
<CriterionKind.CHECK: 'check'>

`bench.criteria.coverage` compares them with procedures; it is imported on its own, since it knows sheet and papers.
"""

from bench.criteria.model import Competence, Criterion, CriterionKind, competences, criteria, evidence_steps

__all__ = ["Competence", "Criterion", "CriterionKind", "competences", "criteria", "evidence_steps"]
