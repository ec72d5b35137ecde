"""The credibility page is what the tests say."""

import credibility

CURE = "PYTHONPATH=tests python -m pytest -p credibility {files} && python tests/credibility.py"


def test_the_page_is_up_to_date() -> None:
    rows = credibility.read()
    assert rows
    changed = {r["test"].partition("::")[0] for r in rows if credibility.digest(r["test"]) != r["digest"]}
    assert not changed, CURE.format(files=" ".join(sorted(changed)))
    cure = "python tests/credibility.py"
    assert credibility.PAGE.read_text(encoding="utf-8") == credibility.page(rows), cure
    for file in credibility.MODELS.glob("*.md"):
        assert file.read_text(encoding="utf-8") == credibility.with_validation(file, rows), cure


def test_every_twin_has_a_page_and_a_validation() -> None:
    from twin_engine.model import names

    pages = {file.stem: file.read_text(encoding="utf-8") for file in credibility.MODELS.glob("*.md")}
    assert set(pages) == set(names())
    # The tests of type 1 compare with another program's run, not with written numbers.
    assert {name for name, text in pages.items() if credibility.BEGIN not in text} <= {"type1"}


def test_every_row_is_within_its_tolerance_and_names_a_source() -> None:
    for row in credibility.read():
        assert credibility.source_of(row["test"])
        if not row["tolerance"]:
            low, _, high = row["published"].partition(" to ")
            value, digits = float(row["ours"]), 5e-5 * abs(float(row["ours"]))
            assert float(low) - digits <= value <= float(high or low) + digits, row
            continue
        # Values are kept with five digits
        slack = float(row["tolerance"]) * 1.05 + 5e-5 * abs(float(row["published"]))
        assert abs(float(row["ours"]) - float(row["published"])) <= slack, row
