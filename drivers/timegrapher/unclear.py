"""The error of beats that give no figure, apart from the arithmetic: who catches it need not load that."""

from bench.errors import EtabliError


class UnclearBeats(EtabliError):
    """What was heard gives no figure: too few beats, no known beat rate near, too irregular."""
