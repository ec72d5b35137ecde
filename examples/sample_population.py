"""Avatars from published distributions, from real patients, and a prognosis of each.

Run: python examples/sample_population.py
"""

import numpy as np

from avatars import make, prognosis, real

# 1. Published distributions: Koreans starting warfarin. The same ids and values for any number of persons.
koreans = make.make("warfarin-korea", 1000, seed=1).population
genotypes, counts = np.unique(koreans["vkorc1"], return_counts=True)
print("VKORC1 of 1,000 Korean avatars:", dict(zip(genotypes.tolist(), counts.tolist(), strict=True)))

# 2. One person: every value says what it is and where it comes from.
person = koreans[0]
for name in ("age_y", "vkorc1"):
    value = person[name]
    print(f"person {person.id}: {name} = {value.value} {value.unit} ({value.provenance}: {value.source})")

# 3. Real persons: 442 patients with diabetes, and what each one's year would bring without a new treatment.
patients = real.diabetes()
found = prognosis.prognosis(patients, "progression")
print(f"progression of {len(patients)} real patients, predicted out of fold: R² = {found.r2:.3f}")
