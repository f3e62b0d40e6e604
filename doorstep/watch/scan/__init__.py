"""The scan: plain NumPy, and nothing of Django. It knows counts, weeks, places and distances.

glm.py          many quasi-Poisson regressions at once
farrington.py   Farrington flexible and original, as R's `surveillance` has them
ears.py         EARS C1, C2, C3 and a CUSUM
spacetime.py    Kulldorff's space-time permutation scan
expecting.py    what a few weeks should have held, and how unlikely what they held is
deciding.py     which of many unlikely things to speak of: false discovery control
scanning.py     all of it over one table of counts
reading.py      a CSV file into such a table
"""
