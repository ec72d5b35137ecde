"""The credibility page is what the tests say."""

import credibility

CURE = "PYTHONPATH=tests python -m pytest -p credibility {files} && python tests/credibility.py"


def test_the_page_is_up_to_date() -> None:
    rows = credibility.read()
    assert rows
    changed = {r["test"].partition("::")[0] for r in rows if credibility.digest(r["test"]) != r["digest"]}
    assert not changed, CURE.format(files=" ".join(sorted(changed)))
    assert credibility.PAGE.read_text(encoding="utf-8") == credibility.page(rows), "python tests/credibility.py"


def test_every_row_is_within_its_tolerance_and_names_a_source() -> None:
    for row in credibility.read():
        # Values are kept with five digits
        slack = float(row["tolerance"]) * 1.05 + 5e-5 * abs(float(row["published"]))
        assert abs(float(row["ours"]) - float(row["published"])) <= slack, row
        assert credibility.source_of(row["test"])
