"""Closed-loop circulation, lumped: four chambers, four valves, two circuits, one reflex.

Equations: Regazzoni et al. 2022, J Comput Phys 457:111083, doi:10.1016/j.jcp.2022.111083
(arXiv:2011.15040), and the first author's open code. tC, TC and TR are fractions of the beat.
"""

from typing import TYPE_CHECKING, Any

from twin_engine.maths import atan, cospi, floor, power, select
from twin_engine.physiology import baroreflex
from twin_engine.quantities import quantities

if TYPE_CHECKING:
    from twin_engine.solution import Solution

TITLE = "Closed-loop circulation with baroreflex"
SOURCE = (
    "Regazzoni et al. 2022, J Comput Phys 457:111083, doi:10.1016/j.jcp.2022.111083; "
    "reflex: Heldt, PhD thesis, MIT 2004, ch. 3"
)
TIME = "s"
PI = 3.141592653589793

State = quantities(
    "State",
    v_la="mL", v_lv="mL", v_ra="mL", v_rv="mL",
    p_ar_sys="mmHg", p_ven_sys="mmHg", p_ar_pul="mmHg", p_ven_pul="mmHg",
    q_ar_sys="mL/s", q_ven_sys="mL/s", q_ar_pul="mL/s", q_ven_pul="mL/s",
    phase="1", unstressed="mL", lost="mL", area_ar="mmHg*s", area_ra="mmHg*s",
)  # fmt: skip
Param = quantities(
    "Param",
    ea_la="mmHg/mL", ea_lv="mmHg/mL", ea_ra="mmHg/mL", ea_rv="mmHg/mL",
    eb_la="mmHg/mL", eb_lv="mmHg/mL", eb_ra="mmHg/mL", eb_rv="mmHg/mL",
    v0_la="mL", v0_lv="mL", v0_ra="mL", v0_rv="mL",
    contract_atria="1", relax_atria="1", onset_atria="1",
    contract_ventricles="1", relax_ventricles="1", onset_ventricles="1",
    hr_min="1/min", valve_open="mmHg*s/mL", valve_shut="mmHg*s/mL",
    r_ar_sys="mmHg*s/mL", r_ven_sys="mmHg*s/mL", r_ar_pul="mmHg*s/mL", r_ven_pul="mmHg*s/mL",
    c_ar_sys="mL/mmHg", c_ven_sys="mL/mmHg", c_ar_pul="mL/mmHg", c_ven_pul="mL/mmHg",
    l_ar_sys="mmHg*s2/mL", l_ven_sys="mmHg*s2/mL", l_ar_pul="mmHg*s2/mL", l_ven_pul="mmHg*s2/mL",
    start_v_la="mL", start_v_lv="mL", start_v_ra="mL", start_v_rv="mL",
    start_p_ar_sys="mmHg", start_p_ven_sys="mmHg", start_p_ar_pul="mmHg", start_p_ven_pul="mmHg",
    start_q_ar_sys="mL/s", start_q_ven_sys="mL/s", start_q_ar_pul="mL/s", start_q_ven_pul="mL/s",
    start_unstressed="mL",
    reflex="1", set_arterial="mmHg", set_atrial="mmHg", gain_vagal="s/mmHg", gain_beta="s/mmHg",
    gain_r_arterial="s/mL", gain_r_cardiac="s/mL", tpr_reference="mmHg*s/mL",
    gain_vu_arterial="mL/mmHg", gain_vu_cardiac="mL/mmHg", gain_elastance="1/mmHg",
)  # fmt: skip
Input = quantities("Input", bleed="mL/s", infuse="mL/s", rr="s", resistance_factor="1",
                   unstressed_rate="mL/s", elastance_divisor="1")  # fmt: skip
Output = quantities("Output", p_ar_sys="mmHg", p_ar_pul="mmHg", p_ven_pul="mmHg", p_ra="mmHg",
                    p_la="mmHg", p_lv="mmHg", v_lv="mL", v_rv="mL", q_av="mL/s", q_sys="mL/s",
                    heart_rate="1/min", blood="mL")  # fmt: skip
DOSES = {"bleed": "bleed", "infuse": "infuse"}
TICK = baroreflex.TICK
MEMORY = baroreflex.MEMORY


def initial(p: Any) -> Any:
    """The limit cycle of the default set at the start of a beat."""
    return State(
        p.start_v_la, p.start_v_lv, p.start_v_ra, p.start_v_rv, p.start_p_ar_sys,
        p.start_p_ven_sys, p.start_p_ar_pul, p.start_p_ven_pul, p.start_q_ar_sys, p.start_q_ven_sys,
        p.start_q_ar_pul, p.start_q_ven_pul, 0.0, p.start_unstressed, 0.0, 0.0, 0.0,
    )  # fmt: skip


def rest(p: Any) -> Any:
    """Inputs of a silent reflex."""
    return Input(0.0, 0.0, 60.0 / p.hr_min, 1.0, 0.0, 1.0)


def activation(phase: float, onset: float, contract: float, relax: float) -> float:
    """Share of the active elastance at a phase of the beat: half cosine up, half cosine down."""
    a = phase - onset
    a -= floor(a)
    up = a / contract
    down = 1.0 + (a - contract) / relax
    turn = select(contract - a, up, select(2.0 - down, down, 2.0))
    return 0.5 * (1.0 - cospi(turn))


def valve(before: float, behind: float, p: Any) -> float:
    """Flow through a valve whose resistance changes smoothly with the sign of the pressure drop."""
    shut = 0.5 + atan(100.0 * PI * (behind - before)) / PI
    return (before - behind) / (p.valve_open * power(p.valve_shut / p.valve_open, shut))


def pressures(y: Any, p: Any, u: Any) -> tuple[float, float, float, float]:
    """Pressures of LA, LV, RA, RV, mmHg."""
    atria = activation(y.phase, p.onset_atria, p.contract_atria, p.relax_atria)
    chambers = activation(y.phase, p.onset_ventricles, p.contract_ventricles, p.relax_ventricles)
    # The reflex divides the end-systolic elastance E_A + E_B.
    active_lv = (p.ea_lv + p.eb_lv) / u.elastance_divisor - p.eb_lv
    active_rv = (p.ea_rv + p.eb_rv) / u.elastance_divisor - p.eb_rv
    return (
        (p.eb_la + p.ea_la * atria) * (y.v_la - p.v0_la),
        (p.eb_lv + active_lv * chambers) * (y.v_lv - p.v0_lv),
        (p.eb_ra + p.ea_ra * atria) * (y.v_ra - p.v0_ra),
        (p.eb_rv + active_rv * chambers) * (y.v_rv - p.v0_rv),
    )


def rhs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Balance of volume in every compartment, of momentum in every vessel."""
    p_la, p_lv, p_ra, p_rv = pressures(y, p, u)
    q_mv = valve(p_la, p_lv, p)
    q_av = valve(p_lv, y.p_ar_sys, p)
    q_tv = valve(p_ra, p_rv, p)
    q_pv = valve(p_rv, y.p_ar_pul, p)
    r_sys = p.r_ar_sys * u.resistance_factor
    return State(
        v_la=y.q_ven_pul - q_mv,
        v_lv=q_mv - q_av,
        v_ra=y.q_ven_sys - q_tv,
        v_rv=q_tv - q_pv,
        p_ar_sys=(q_av - y.q_ar_sys) / p.c_ar_sys,
        p_ven_sys=(y.q_ar_sys - y.q_ven_sys + u.infuse - u.bleed - u.unstressed_rate) / p.c_ven_sys,
        p_ar_pul=(q_pv - y.q_ar_pul) / p.c_ar_pul,
        p_ven_pul=(y.q_ar_pul - y.q_ven_pul) / p.c_ven_pul,
        q_ar_sys=(y.p_ar_sys - y.p_ven_sys - r_sys * y.q_ar_sys) / p.l_ar_sys,
        q_ven_sys=(y.p_ven_sys - p_ra - p.r_ven_sys * y.q_ven_sys) / p.l_ven_sys,
        q_ar_pul=(y.p_ar_pul - y.p_ven_pul - p.r_ar_pul * y.q_ar_pul) / p.l_ar_pul,
        q_ven_pul=(y.p_ven_pul - p_la - p.r_ven_pul * y.q_ven_pul) / p.l_ven_pul,
        phase=1.0 / u.rr,
        unstressed=u.unstressed_rate,
        lost=u.bleed - u.infuse,
        area_ar=y.p_ar_sys,
        area_ra=p_ra,
    )


def tick(t: float, y: Any, p: Any, u: Any, memory: Any) -> Any:
    """The reflex: reads mean pressures, sets rate, resistance, venous tone and contractility."""
    baroreflex.remember(memory, y.area_ar, y.area_ra, p)
    answer = baroreflex.respond(memory, p)
    wanted = p.start_unstressed + answer.unstressed_ml
    return Input(u.bleed, u.infuse, answer.rr_s, answer.resistance_factor,
                 (wanted - y.unstressed) / TICK, answer.elastance_divisor)  # fmt: skip


def stressed(y: Any, p: Any) -> float:
    """Volume that stretches the walls, mL."""
    return (
        y.v_la + y.v_lv + y.v_ra + y.v_rv + p.c_ar_sys * y.p_ar_sys + p.c_ven_sys * y.p_ven_sys
        + p.c_ar_pul * y.p_ar_pul + p.c_ven_pul * y.p_ven_pul
    )  # fmt: skip


def outputs(t: float, y: Any, p: Any, u: Any) -> Any:
    """Pressures, volumes, flows and the blood there is."""
    p_la, p_lv, p_ra, _ = pressures(y, p, u)
    return Output(
        p_ar_sys=y.p_ar_sys, p_ar_pul=y.p_ar_pul, p_ven_pul=y.p_ven_pul, p_ra=p_ra, p_la=p_la,
        p_lv=p_lv, v_lv=y.v_lv, v_rv=y.v_rv, q_av=valve(p_lv, y.p_ar_sys, p), q_sys=y.q_ar_sys,
        heart_rate=60.0 / u.rr, blood=stressed(y, p) + y.unstressed,
    )  # fmt: skip


def summary(solution: "Solution") -> dict[str, float]:
    """Means over the whole beats of the 20 s that follow the solution's end."""
    import numpy as np

    from twin_engine.cohort import solve_cohort

    model, end = solution.model, float(solution.time[-1])
    at = np.arange(end, end + 20.0, 0.002)
    s = solve_cohort(model, solution.parameters, start=end, until=float(at[-1]), at=at,
                     initial=solution.final, states=True)  # fmt: skip
    assert s.states is not None
    beat = np.floor(s.states[0, :, model.states.index("phase")] + 1e-9)
    whole = (beat > beat[0]) & (beat < beat[-1])
    out = {name: values[0, whole] for name, values in s.outputs.items()}
    beats = beat[whole]
    count = len(np.unique(beats))
    minutes = len(beats) * 0.002 / 60.0
    flow = float(out["q_av"].mean()) * 0.06
    edges = np.flatnonzero(np.diff(beats, prepend=-1.0))
    end_diastolic, end_systolic = (f.reduceat(out["v_lv"], edges).mean()
                                   for f in (np.maximum, np.minimum))  # fmt: skip
    return {
        "map_mmhg": float(out["p_ar_sys"].mean()),
        "sbp_mmhg": float(np.maximum.reduceat(out["p_ar_sys"], edges).mean()),
        "dbp_mmhg": float(np.minimum.reduceat(out["p_ar_sys"], edges).mean()),
        "mean_pap_mmhg": float(out["p_ar_pul"].mean()),
        "systolic_pap_mmhg": float(np.maximum.reduceat(out["p_ar_pul"], edges).mean()),
        "wedge_mmhg": float(out["p_ven_pul"].mean()),
        "right_atrial_mmhg": float(out["p_ra"].mean()),
        "heart_rate_per_min": count / minutes,
        "stroke_volume_ml": flow * 1000.0 / (count / minutes),
        "ejection_fraction": float(1.0 - end_systolic / end_diastolic),
        "cardiac_output_l_min": flow,
        "svr_mmhg_s_ml": float((out["p_ar_sys"].mean() - out["p_ra"].mean()) / (flow / 0.06)),
    }
