"""The database, PostgreSQL or SQLite, through SQLAlchemy Core; COPY through psycopg."""
