"""Plan a resection of a liver tumour, follow the plane, weigh what was taken.

python examples/liver_resection.py
"""

from twin_engine.tissue.operation import resection
from twin_engine.tissue.organs import lesions, liver
from twin_engine.tissue.organs.specimen import Specimen
from twin_engine.tissue.planning import propose

organ, found = lesions.standard()["liver tumour"]
patient = Specimen(organ, found, spacing=2.5)
trees = liver.trees(leaves=200)
plan = propose(patient, trees, margin_mm=10)
taken = resection(patient, plan.sheet(), trees)
volume = patient.lesion_volume_ml(0)
print(f"tumour {volume:.0f} mL, specimen {taken.specimen_g:.0f} g, margin {taken.margin_mm:.1f} mm ({taken.r_class})")
print(f"remnant {taken.remnant_ml:.0f} mL ({taken.remnant_percent:.0f} %), {taken.perfused_percent:.0f} % of it still "
      f"fed and {taken.drained_percent:.0f} % still drained")  # fmt: skip
