"""How a run is computed: precision, cores, time step, and the constants behind it."""

from __future__ import annotations

from dataclasses import dataclass

from fjordby.errors import BadValue

#: Standard gravity [m/s2], CGPM 1901.
GRAVITY = 9.80665


@dataclass(frozen=True)
class Options:
    """How a run is computed.

    Parameters
    ----------
    theta
        Weight of a face's own flow against the mean of its neighbours'; 1 = Bates et al. (2010),
        below 1 = de Almeida et al. (2012), who find 0.7 to 1 and less where there is little
        friction.
    alpha
        Share of the step that a shallow wave takes to cross a cell, alpha dx / sqrt(g h); Bates
        et al. (2010) use 0.2 to 0.7. Waves on two axes allow sqrt(theta / 2): more is cut to it.
    least_depth
        Depth below which water does not move [m].
    precision
        "single" or "double".
    threads
        Cores to use.
    local_steps
        Whether shallow parts take longer steps than deep ones.
    longest_step
        No step is longer [s].
    """

    theta: float = 0.9
    alpha: float = 0.7
    least_depth: float = 1.0e-3
    precision: str = "single"
    threads: int = 1
    local_steps: bool = True
    longest_step: float = 30.0

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("theta", self.theta, 0.3, 1.0),
            ("alpha", self.alpha, 0.01, 0.707),
            ("least_depth", self.least_depth, 1.0e-6, 0.1),
            ("longest_step", self.longest_step, 1.0e-3, 3600.0),
            ("threads", self.threads, 1, 1024),
        ):
            if not isinstance(value, (int, float)) or not low <= value <= high:
                raise BadValue(
                    f"{name} from {low:g} to {high:g}", f"{value!r}", "Leave it at its default."
                )
        if self.precision not in ("single", "double"):
            raise BadValue("precision single or double", repr(self.precision), "Choose one.")
