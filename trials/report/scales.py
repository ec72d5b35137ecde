"""Words for the scale on which an analysis compares arms."""

from twin_engine.text import tr


def no_effect(scale: str) -> float:
    """The value without effect."""
    return 1.0 if scale.endswith("ratio") else 0.0


def estimated(scale: str) -> str:
    """Heading of the estimate."""
    return {
        "hazard_ratio": tr("Estimated hazard ratio"), "odds_ratio": tr("Estimated odds ratio"),
        "rate_ratio": tr("Estimated rate ratio"),
    }.get(scale, tr("Estimated difference"))  # fmt: skip


def true(scale: str) -> str:
    """Heading of the truth."""
    return {
        "hazard_ratio": tr("True hazard ratio"), "odds_ratio": tr("True odds ratio"),
        "rate_ratio": tr("True rate ratio"),
    }.get(scale, tr("True difference"))  # fmt: skip


def axis(scale: str, unit: str) -> str:
    """Axis label of a forest plot."""
    name = {
        "hazard_ratio": tr("hazard ratio to the control"), "odds_ratio": tr("odds ratio to the control"),
        "rate_ratio": tr("rate ratio to the control"),
    }.get(scale)  # fmt: skip
    if name:
        return name
    text = tr("difference to the control")
    return text if unit in ("1", "") else f"{text}, {unit}"
