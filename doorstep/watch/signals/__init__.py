"""Signals: what the scan finds among concerns, and what humans make of it.

rules.py       who reads signals, who decides about thresholds
gathering.py   concerns into a table for the scan
actions.py     look, join, watch, put away; propose and agree to a threshold
showing.py     the usual level in plain words, the plot and the map
"""
