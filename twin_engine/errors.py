"""The one error a person sees: what, where, value, expected, cure."""

from dataclasses import asdict, dataclass


@dataclass
class InputError(Exception):
    """The person's input is wrong; ends a command with exit code 2.

    Parameters
    ----------
    what : str
        What is wrong, as a short sentence without a full stop.
    where : str
        File and place ("design.yaml: arms.1.dose"), or the option's name.
    value : object
        The offending value as it was given.
    expected : str
        What would have been accepted.
    cure : str
        What to do next.
    """

    what: str
    where: str = ""
    value: object = None
    expected: str = ""
    cure: str = ""

    def __str__(self) -> str:
        from twin_engine.text import tr

        parts = [tr(self.what)]
        if self.where:
            parts.append(f"{tr('where')}: {self.where}")
        if self.value is not None:
            parts.append(f"{tr('value')}: {_short(self.value)}")
        if self.expected:
            parts.append(f"{tr('expected')}: {tr(self.expected)}")
        if self.cure:
            parts.append(f"{tr('cure')}: {tr(self.cure)}")
        return "\n  ".join(parts)

    def __reduce__(self) -> tuple:
        # A dataclass exception pickles through args, which stay empty: worker processes need this.
        return type(self), (self.what, self.where, self.value, self.expected, self.cure)

    def as_dict(self) -> dict[str, object]:
        """The five fields as plain JSON values."""
        fields = asdict(self)
        if not isinstance(self.value, str | int | float | bool | type(None)):
            fields["value"] = _short(self.value)
        return fields


def _short(value: object, limit: int = 120) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= limit else text[: limit - 1] + "…"
