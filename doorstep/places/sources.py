"""Who made the data we show, in the words its licences ask for. See data/README.md."""

BOUNDARIES = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right 2022"
)
POSTCODES = (
    "Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Contains National Statistics data © Crown copyright and database right 2025"
)
DEPRIVATION = "MHCLG, Indices of Deprivation 2025"
