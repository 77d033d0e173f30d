"""Messages that the binding can't present in full."""

from consumer.adapters.kafka.messages import headers_of


class Unreadable:
    """A message with a header whose name is not UTF-8, as the binding presents it."""

    def headers(self) -> list[tuple[str, bytes]]:
        raise SystemError("returned a result with an exception set")

    def topic(self) -> str:
        return "memories"

    def offset(self) -> int:
        return 7


def test_headers_that_can_not_be_read_are_left_out_and_stop_nothing() -> None:
    assert headers_of(Unreadable()) == ()  # type: ignore[arg-type]
