"""`python -m consumer`, and the command `memory-consumer`."""


def main() -> None:
    """Run the command line."""
    from consumer.cli import app

    app()


if __name__ == "__main__":
    main()
