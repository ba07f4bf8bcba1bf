"""A synthetic state: invented people and places, calibrated to Massachusetts, with known effects and known dirt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from partnerlib.synth.scales import Scale

SEED = 20180630
"""Seed of the committed sample."""

WRITTEN_SCALES = ("small", "state")
"""Scales a command may ask for; others exist in memory only, for calibration."""


def write_state(
    out: Path,
    scale: Literal["small", "state"] | Scale = "small",
    seed: int = SEED,
    progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Write a synthetic state into a folder, as agencies' raw files; return its truth.

    The same scale and seed give the same bytes. The truth (parameters, planted effects, true identities, rows that
    are dirty on purpose) goes to the subfolder `truth`, which is not raw data and which a build leaves alone.

    Parameters
        out       folder, made when missing; files of an earlier synthetic state in it are replaced
        scale     `small` (ten districts, the committed sample), `state` (as large as Massachusetts), or a size of
                  one's own, such as `replace(SCALES["medium"], students=30_000, first_student_year=2017)`
        progress  told, in words, what is being done

    Errors
        ParameterError for a scale that does not exist
    """
    from partnerlib.errors import ParameterError, did_you_mean
    from partnerlib.synth.marginals import marginals
    from partnerlib.synth.mess import spoil
    from partnerlib.synth.readme import readme
    from partnerlib.synth.scales import SCALES
    from partnerlib.synth.state import files, is_generated, make_state
    from partnerlib.synth.text_columns import write
    from partnerlib.synth.truth import FOLDER, write_truth

    if isinstance(scale, str) and scale not in WRITTEN_SCALES:
        raise ParameterError(f"scale {scale!r}: {did_you_mean(scale, WRITTEN_SCALES)}")
    size = SCALES[scale] if isinstance(scale, str) else scale
    tell = progress or (lambda _message: None)
    state = make_state(size, seed, tell)
    out.mkdir(parents=True, exist_ok=True)
    for old in sorted(out.iterdir()):
        if is_generated(old):
            old.unlink()
    spots = []
    for name, clean in files(state):
        tell(f"writing {name}")
        content, dirt = spoil(clean, name, state.scale.last_year)
        spots += dirt
        write(content, out / name)
    (out / "README.md").write_text(readme(size, seed, SEED), encoding="utf-8", newline="\n")
    return write_truth(
        out / FOLDER, state.scale, state.parameters, state.geography, state.histories, state.identities,
        marginals(state.histories, state.geography, state.scale, seed), spots, seed,
    )  # fmt: skip
