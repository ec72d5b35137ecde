"""Real persons from tables that come with scientific libraries."""

import numpy as np

from avatars.avatar import Provenance
from avatars.population import Population
from twin_engine.errors import InputError

DIABETES_SOURCE = (
    "442 patients with diabetes; Efron B, Hastie T, Johnstone I, Tibshirani R, Ann Stat 2004;32:407-499, "
    "doi 10.1214/009053604000000067; as shipped with scikit-learn (load_diabetes, scaled=False)"
)
# Names as the data's description gives them; it leaves open which sex is 1 and which is 2, so the
# levels keep the codes. s4 is a ratio, s5 "possibly log of serum triglycerides".
_DIABETES = {
    "age": ("age_y", "y"), "bmi": ("bmi_kg_m2", "kg/m2"), "bp": ("mean_bp_mmhg", "mmHg"),
    "s1": ("cholesterol_mg_dl", "mg/dL"), "s2": ("ldl_mg_dl", "mg/dL"), "s3": ("hdl_mg_dl", "mg/dL"),
    "s4": ("cholesterol_hdl_ratio", "1"), "s5": ("log_triglycerides", "1"), "s6": ("glucose_mg_dl", "mg/dL"),
}  # fmt: skip

GBSG2_SOURCE = (
    "686 women with node-positive breast cancer (German Breast Cancer Study Group 2); Schumacher M et al., "
    "J Clin Oncol 1994;12:2086-2093, doi 10.1200/JCO.1994.12.10.2086; as shipped with lifelines"
)
_GBSG2 = {
    "age": ("age_y", "y"), "tsize": ("tumour_size_mm", "mm"), "pnodes": ("positive_nodes", "1"),
    "progrec": ("progesterone_receptor_fmol_mg", "fmol/mg"), "estrec": ("estrogen_receptor_fmol_mg", "fmol/mg"),
    "time": ("time_d", "d"), "cens": ("event", "1"),
}  # fmt: skip


def diabetes() -> Population:
    """The 442 patients; `progression` is disease progression one year after baseline (no unit)."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    table = dict(zip(data.feature_names, data.data.T, strict=True))
    columns: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    for short, values in table.items():
        if short == "sex":
            columns["sex_code"], units["sex_code"] = np.where(values == 1, "1", "2"), ""
            continue
        name, units_of_name = _DIABETES[short]
        columns[name], units[name] = values, units_of_name
    columns["progression"], units["progression"] = data.target, "1"
    origin = Provenance("measured", DIABETES_SOURCE)
    return Population(np.arange(len(data.target)), columns, units, dict.fromkeys(columns, origin))


def gbsg2() -> Population:
    """The 686 women of GBSG2 with their recurrence-free time and hormone therapy."""
    from lifelines.datasets import load_gbsg2

    frame = load_gbsg2()
    columns: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    for short in frame.columns:
        name, unit = _GBSG2.get(short, (short, ""))
        columns[name] = frame[short].to_numpy(dtype=float if unit else str)
        units[name] = unit
    origin = Provenance("measured", GBSG2_SOURCE)
    return Population(np.arange(len(frame)), columns, units, dict.fromkeys(columns, origin))


TABLES = {"sklearn:diabetes": diabetes, "lifelines:gbsg2": gbsg2}


def load(name: str) -> Population:
    """A real table by its name, e.g. "sklearn:diabetes".

    Raises
    ------
    InputError
        No table has that name.
    """
    if name not in TABLES:
        raise InputError("unknown table", "table.from", name, ", ".join(TABLES), "name a CSV file or one of these")
    return TABLES[name]()
