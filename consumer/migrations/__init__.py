"""The history of the tables. Run from the package by `memory-consumer db upgrade`; there is no alembic.ini."""
