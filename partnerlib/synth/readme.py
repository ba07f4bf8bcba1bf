"""The README written beside a synthetic state."""

from __future__ import annotations

from partnerlib.synth.scales import Scale


def readme(scale: Scale, seed: int, usual_seed: int) -> str:
    """What is in the folder, and the command that writes it again."""
    folder = "sample" if scale.name == "small" else scale.name
    seed_option = "" if seed == usual_seed else f" --seed {seed}"
    return _README.format(
        command=f"partnerlib sample --scale {scale.name}{seed_option} --out data/raw/{folder}",
        scale=scale.name,
        districts=scale.districts,
        schools=scale.schools,
        providers=scale.providers,
        first=scale.first_year,
        last=scale.last_year,
        first_student=scale.first_student_year,
        class_size=scale.class_size,
    )


_README = """SYNTHETIC: every person, school, district and provider in this folder is invented; nothing here is real.

# A synthetic state, scale `{scale}`

{providers} providers, {districts} districts and {schools} schools, school years {first} to {last} (named by their
spring), in the layouts Massachusetts agencies use. Organization codes lie in a space that no real one uses; the
directory marks every organization `SYNTHETIC=Yes`.

Regenerate, byte for byte:

    {command}

| files | what they are |
|---|---|
| `organizations_<year>.csv`, `organization_aliases.csv` | directory with coordinates; reviewed spellings of names |
| `completers_<year>.csv` | people who finished a program |
| `cap_<year>.csv` | CAP submission, 53 columns: placements with district and school as names, ratings |
| `epims_sr_<year>_<oct or eoy>.csv`, `epims_wa_...` | staff roster and work assignments, October and end of year |
| `evaluation_<year>.csv` | educator evaluation ratings |
| `sims_<year>_oct.csv`, `scs_<year>_oct.csv`, `mcas_student_<year>.csv` | students, their sections, their tests |
| `survey_<who>_<year>.csv` | supervising practitioners, hiring principals, candidates, completers |
| `truth/` | not raw data: planted effects, selection, true identities, rows that are dirty on purpose |

What is not as in a real state, on purpose:
- the CAP layout is used for every year, although the real assessment began in 2015-16;
- students are written from {first_student} on; in the small state only grades 3 to 10, in classes of about
  {class_size}, so that the folder stays small;
- placement is selected and effects are planted: a raw difference here is not the planted effect, as in life.
"""
