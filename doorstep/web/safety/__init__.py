"""The records the Online Safety Act asks for, and how we tell everybody what we do."""
