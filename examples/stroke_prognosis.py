"""What a patient's first arm scores after stroke say about the sixth month.

Run: python examples/stroke_prognosis.py
"""

from twin_engine.physiology.stroke import posterior, predict

SCORES = {1.0: 12.0, 2.0: 19.0, 4.0: 28.0}


def main() -> None:
    """Print the prognosis as each score comes in."""
    weeks: list[float] = []
    for week in SCORES:
        weeks.append(week)
        known = posterior(weeks, [SCORES[w] for w in weeks])
        low, middle, high = predict(known, 26.0)
        of = known.groups
        kinds = {"poor": of["1"], "moderate": of["2"] + of["3"], "good": of["4"] + of["5"]}
        chances = ", ".join(f"{name} {100 * share:.0f} %" for name, share in kinds.items())
        print(f"week {week:.0f}, score {SCORES[week]:.0f}: at week 26 {middle:.0f} ({low:.0f} to {high:.0f}) of 66; "
              f"recovery: {chances}")  # fmt: skip


if __name__ == "__main__":
    main()
