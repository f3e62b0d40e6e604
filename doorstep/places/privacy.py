"""Places say nothing about people."""

from doorstep.base.declaring import about_nobody
from doorstep.places.models import Area, Postcode, Venue

about_nobody(Area, "Wards, neighbourhoods and streets, from public lists.")
about_nobody(Postcode, "Postcodes and their ward, from a public list.")
about_nobody(Venue, "Halls and rooms open to the public.")
