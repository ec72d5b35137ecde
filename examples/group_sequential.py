"""Boundaries, size and conditional power of a group-sequential design.

Run: python examples/group_sequential.py
"""

from trials.adaptive.conditional import conditional_power, predictive_power
from trials.boundaries import group_sequential
from trials.sample_size import events
from trials.spending import Spending


def main() -> None:
    """Print a design with futility, its events, and what a first look would mean."""
    design = group_sequential([1 / 3, 2 / 3, 1], alpha=0.025, power=0.9,
                              efficacy=Spending("hwang_shih_decani", -4),
                              futility=Spending("hwang_shih_decani", -2))  # fmt: skip
    for t, up, low in zip(design.information, design.efficacy, design.futility, strict=True):
        print(f"information {t:.2f}: stop for efficacy at Z {up:.4f}, for futility at Z {low:.4f}")
    fixed = events(0.7, power=0.9)
    print(f"hazard ratio 0.7, power 90 %: {fixed:.1f} events in a fixed design, "
          f"{fixed * design.inflation():.1f} with these looks (inflation {design.inflation():.5f})")  # fmt: skip
    trend = conditional_power(1.0, 1 / 3, design.efficacy[-1], drift=1.0 / (1 / 3) ** 0.5)
    print(f"Z 1.0 at the first look: conditional power {100 * trend:.0f} % if the trend goes on, predictive power "
          f"{100 * predictive_power(1.0, 1 / 3, design.efficacy[-1]):.0f} %")  # fmt: skip


if __name__ == "__main__":
    main()
