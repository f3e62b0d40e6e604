"""Counting ballots about money, exactly. Knows no models: elections in, who is funded out.

    from doorstep.grants.tally import pabulib, methods

    election = pabulib.read_file(path)
    methods.run(election, "equal-shares").funded   # ("24", "41", …), as their ids sort

Amounts are whole numbers of the smallest part of the money there is (pence); shares of it are
fractions. What NumPy does in 64-bit whole numbers is either proved to decide or done again in
fractions; no float ever decides. `docs/grants.md` explains each method.
"""
