"""What a person reads of a vessel command: few columns, the rest in --json and the files."""

from typing import Any

from twin_engine.tables import show_table
from twin_engine.text import tr


def _named(row: dict[str, Any]) -> str:
    return f"{row['name']} {row['label']}".strip() if row.get("label") else str(row["name"])


def tree(data: dict[str, Any]) -> None:
    """Branches, narrowings and widenings."""
    rows = [
        {
            tr("branch"): _named(r),
            tr("length, mm"): round(r["length_mm"], 1),
            tr("mean radius, mm"): round(r["mean_radius_mm"], 2),
            tr("least radius, mm"): _number(r["min_radius_mm"]),
            tr("name by"): tr(r["labelled_by"]),
        }
        for r in data["branches"]
    ]
    show_table(tr("branches"), rows)
    for key, none in (("stenoses", tr("no stenosis of 20 % or more")), ("aneurysms", tr("no aneurysm"))):
        found = [
            {
                tr("branch"): r["branch"],
                tr("at, mm"): round(r["position_mm"], 1),
                tr("length, mm"): round(r["length_mm"], 1),
                tr("change of diameter, %"): (tr("at least") + " " if r["at_least"] else "")
                + f"{r['diameter_percent']:.0f}",
                tr("radius, mm"): _number(r["radius_mm"]),
                tr("normal radius, mm"): round(r["reference_radius_mm"], 2),
            }
            for r in data[key]
        ]
        if found:
            show_table(tr(key), found)
        else:
            print(none)
    if "ray_gap_mm" in data:
        gaps = ", ".join(f"{n}: {g:.2f}" for n, g in data["ray_gap_mm"].items())
        print(tr("rays of a pair miss each other by, mm: {gaps}", gaps=gaps))


def _number(value: float | None) -> str:
    return tr("not measurable") if value is None else f"{value:.2f}"


def flow(data: dict[str, Any]) -> None:
    """Flow and FFR by branch, what they rest on, and what such models reached."""
    rows = [
        {
            tr("branch"): _named(r),
            tr("flow, mL/s"): round(r["flow_ml_s"], 2),
            tr("pressure, mmHg"): round(r["pressure_mmhg"], 1),
            tr("FFR, two laws"): _range(r["ffr_young_tsai"], r["ffr_huo_kassab"]),
            tr("FFR, 95 % of draws"): _range(r["ffr_low"], r["ffr_high"]),
            tr("resting gradient, mmHg"): round(r["resting_gradient_mmhg"], 1),
            tr("stenosis, %"): round(r["stenosis_percent"]),
        }
        for r in data["segments"]
    ]
    show_table(tr("flow at hyperaemia"), rows)
    for row in data.get("pulsatile", []):
        print(
            tr(
                "one beat, {law}: branch {branch} carries {mean} mL/s ({least} to {peak}), FFR {ffr}",
                law=row["law"],
                branch=row["branch"],
                mean=round(row["mean_flow_ml_s"], 2),
                least=round(row["least_flow_ml_s"], 2),
                peak=round(row["peak_flow_ml_s"], 2),
                ffr=round(row["ffr"], 2),
            )
        )
    print(
        tr(
            "least FFR {range} (two published laws), {wide} with uncertain radius, inflow and outlets; branch {name}",
            range=_range(data["lowest_ffr_young_tsai"], data["lowest_ffr_huo_kassab"]),
            wide=_range(data["lowest_ffr_low"], data["lowest_ffr_high"]),
            name=data["at"],
        )
    )
    used = {r["name"]: r for r in data["assumptions"]}
    print(
        tr(
            "rests on: aortic pressure {p} mmHg, inflow {q} mL/s, D^{e} at the outlets; all values with their sources: "
            "--json, or twin explain vessel_flow.NAME",
            p=round(used["aortic_pressure"]["value"], 1),
            q=round(used["inflow"]["value"], 2),
            e=used["split_exponent"]["value"],
        )
    )
    print(tr("No clinical accuracy is claimed. What such models reached against invasive FFR:"))
    for r in data["published_accuracy"]:
        print(f"  {r['study']} ({r['model']}): {_reached(r)}; {r['source']}")


def _range(a: float, b: float) -> str:
    low, high = sorted((f"{a:.2f}", f"{b:.2f}"))
    return low if low == high else f"{low} – {high}"


def _reached(r: dict[str, Any]) -> str:
    words = (("accuracy_percent", "accuracy {v} %"), ("sensitivity_percent", "sensitivity {v} %"),
             ("specificity_percent", "specificity {v} %"), ("auc", "AUC {v}"))  # fmt: skip
    return ", ".join(tr(text, v=r[key]) for key, text in words if r.get(key) is not None)


def plan(data: dict[str, Any]) -> None:
    """The device, where, and the flow before and after."""
    print(
        tr(
            "{procedure} in branch {branch}, {start} to {end} mm",
            procedure=tr(data["procedure"]),
            branch=data["branch"],
            start=round(data["start_mm"], 1),
            end=round(data["end_mm"], 1),
        )
    )
    for key, value in data["facts"].items():
        print(f"  {tr(key)}: {value:.4g}")
    before, after = (_range(*data[k].values()) for k in ("ffr_before", "ffr_after"))
    print(tr("least FFR before {before}, after {after} (two published laws)", before=before, after=after))
    print(tr("flow restored: FFR is .80 or more under both laws") if data["restored"] else tr("FFR stays below .80"))
    print(f"{tr('source')}: {data['source']}")


def replica(data: dict[str, Any]) -> None:
    """The checks of a shell."""
    size = " x ".join(f"{v:.0f}" for v in data["size_mm"])
    rows = [
        (tr("watertight"), data["watertight"], ""),
        (tr("bodies"), data["bodies"] == 1, data["bodies"]),
        (tr("openings less one (genus)"), data["genus"] == data["genus_expected"], data["genus"]),
        (tr("wall, first percentile, mm"), data["wall_p1_mm"] >= 0.95 * data["wall_nominal_mm"],
         f"{data['wall_p1_mm']:.2f}"),
        (tr("wall, median, mm"), True, f"{data['wall_median_mm']:.2f}"),
        (tr("fits the printer"), data["fits"], f"{data['printer']}, {size}"),
        (tr("faces that need support, %"), True, f"{data['overhang_percent']:.0f}"),
        (tr("volume, mL"), True, f"{data['volume_ml']:.1f}"),
    ]  # fmt: skip
    show_table(
        tr("checks"),
        [{tr("check"): name, tr("found"): value, tr("passed"): ok} for name, ok, value in rows],
    )
