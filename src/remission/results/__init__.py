"""What is published: every number with its formula and the entries and files it rests on.

`analysis.analyse` turns a study and its participants into `Results`: tables whose every cell names
`Number`s. `why.why` walks a number back; `publish.results_section` writes them in registry form.

Units: proportions, probabilities and levels of disease are fractions (0.95 is 95 %); times to event are
years of 365.25 days from the day of enrolment; ages are completed calendar months, shown in years;
weights kg, body surface m2. A number that cannot be computed has no value and says why; it is never
0/0 or NaN.
"""
