"""Published trials emulated from their published marginals: what the twins reach, in numbers."""

from pathlib import Path

import numpy as np
import pytest

from trials.design import load
from trials.finished import Finished
from trials.run import compute, enlarged
from trials.shards import Shards

MONTH = 365.25 / 12


def finished(name: str, folder: Path, pool: int) -> Finished:
    design = load(name)
    design = design.model_copy(update={"population": design.population.model_copy(update={"persons": pool})})
    return compute(enlarged(design, min(design.enrolment.persons, pool // 3)), 1, 1, Shards(folder))


def test_carboplatin_and_gemcitabine(tmp_path: Path) -> None:
    # AGO-OVAR 2.5: overall survival 18.0 v 17.3 months, hazard ratio .96 (.75-1.23), J Clin Oncol
    # 2006;24:4699. The sheet's run of the same twin: 17.8 v 17.4 months, hazard ratio .96.
    made = finished("ago_ovar", tmp_path, 2500)
    truth, se = made.comparisons[0].truths[0]
    assert truth == pytest.approx(0.96, abs=3 * se)
    days = made.results.potential["overall survival"]
    months = np.median(days, axis=1) / MONTH
    print(f"overall survival {months[0]:.1f} v {months[1]:.1f} months, hazard ratio {truth:.3f}")
    assert months == pytest.approx([18.0, 17.3], rel=0.06)


def test_docetaxel_dose(tmp_path: Path) -> None:
    # Harvey 2006, J Clin Oncol 24:4963: grade 3-4 neutropenia 76.4 / 83.7 / 93.4 %.
    made = finished("docetaxel_dose", tmp_path, 700)
    rates = np.nanmean(made.results.potential["grade 3 or 4 neutropenia"], axis=1)
    print("grade 3-4 neutropenia by 60, 75, 100 mg/m2: " + ", ".join(f"{r:.1f} %" for r in rates))
    assert np.all(np.diff(rates) > 0)
    assert rates == pytest.approx([76.4, 83.7, 93.4], abs=9.0)


def test_two_antihypertensives(tmp_path: Path) -> None:
    # Law 2003: classes add up; Wald 2009: observed over expected 1.01 (.90-1.12).
    made = finished("antihypertensives", tmp_path, 3000)
    both, one = (truth for truth, _ in made.comparisons[0].truths)
    assert both / (2 * one) == pytest.approx(1.01, abs=0.11)
    assert -9.1 < one < -6.5
    # Selected on a measured pressure, placebo regresses to the mean without any effect.
    results = made.results
    placebo = results.arm == 2
    screening = results.people["sbp_screening"][results.row[placebo]]
    assert np.nanmean(screening - results.observed["systolic pressure"][placebo]) > 2.0


def test_atropine_is_statistical(tmp_path: Path) -> None:
    # Yam 2019, Ophthalmology 126:113: the published arms go in and come out.
    made = finished("lamp", tmp_path, 3000)
    outcome = made.results.potential["change of spherical equivalent"]
    assert outcome.mean(axis=1) == pytest.approx([-0.27, -0.46, -0.59, -0.81], abs=0.04)
    assert outcome.std(axis=1) == pytest.approx([0.61, 0.45, 0.61, 0.53], rel=0.05)
    assert "statistical" in made.design.title


def test_the_alzheimer_design_shows_every_tool(tmp_path: Path) -> None:
    from trials.report.toolbox import toolbox

    made = finished("alzheimer", tmp_path, 1800)
    titles = [section.title for section in toolbox(made)]
    assert len(titles) == len(set(titles)) == 6
    truth, _ = made.comparisons[0].truths[0]
    assert -4.0 < truth < -1.5
    # A drug that takes 40 % off the rate takes about 40 % off the mean change.
    change = made.results.potential["change of ADAS-cog"].mean(axis=1)
    assert change[0] / change[1] == pytest.approx(0.6, abs=0.08)


def test_the_group_sequential_example(capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    from trials.design import examples

    runpy.run_path(str(examples() / "group_sequential.py"), run_name="__main__")
    assert "3.0107" in capsys.readouterr().out
