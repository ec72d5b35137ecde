"""A virtual trial from Python: the estimate a trial would give, beside the truth it cannot see.

Run: python examples/virtual_trial.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from trials.design import load
from trials.run import compute
from trials.shards import Shards


def main() -> None:
    """Run the diabetes trial under five seeds and print what each trial would have concluded."""
    design = load("diabetes_procova")
    print("seed   estimate   95 % interval      without the digital control   truth")
    for seed in range(1, 6):
        with TemporaryDirectory() as folder:
            finished = compute(design, seed, None, Shards(Path(folder)))
        comparison = finished.comparisons[0]
        with_control, without = comparison.estimates[0], comparison.unadjusted[0]
        truth, _ = comparison.truths[0]
        print(f"{seed:4}   {with_control.estimate:8.1f}   {with_control.ci_low:6.1f} to "
              f"{with_control.ci_high:5.1f}   {without.estimate:10.1f} ({without.ci_low:.1f} to "
              f"{without.ci_high:.1f})   {truth:8.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
