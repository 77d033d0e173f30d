"""What counts as a trace of somebody."""

import json
from io import BytesIO

import pytest
from fastavro import schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from consumer.erasure import Kind, Search, Subject
from consumer.records import Headers, Record
from tests.contracts.clustered import gone, told
from tests.stories import MEMORIES

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def finds(name: str, *, key: bytes | None = b"k", value: bytes | None = b"v", headers: Headers = ()) -> bool:
    """Whether a memory of that id is found in a record that can't be decoded."""
    return Search(Subject(Kind.MEMORY, name), {name}).finds(Record(MEMORIES, 0, key, value, headers, 0), None)


@given(name=ids, before=st.binary(), after=st.binary())
def test_what_avro_writes_is_found_whatever_stands_around_it(name: str, before: bytes, after: bytes) -> None:
    written = BytesIO()
    schemaless_writer(written, "string", name)
    assert finds(name, value=before + written.getvalue() + after)


@given(name=ids, is_ascii=st.booleans())
def test_what_json_writes_is_found(name: str, is_ascii: bool) -> None:
    assert finds(name, value=json.dumps({"memory_id": name}, ensure_ascii=is_ascii).encode())


@given(name=ids)
def test_a_key_is_found(name: str) -> None:
    assert finds(name, key=name.encode())


@pytest.mark.parametrize("value", [b"m-12", b"am-1", b"m-1-2", b"a_m-1", b""])
def test_a_part_of_another_name_is_not_found(value: bytes) -> None:
    assert not finds("m-1", value=value)
    assert not finds("m-1", key=None, value=None, headers=[("note", value)])


def test_an_event_that_can_be_read_is_judged_by_what_it_is() -> None:
    record = Record(MEMORIES, 0, b"k", b"ann", (), 0)
    of_ann = Search(Subject(Kind.OWNER, "ann"), {"hers"})
    assert of_ann.finds(record, told("new", owner="ann"))
    assert of_ann.finds(record, gone("hers"))
    assert not of_ann.finds(record, told("his", "ann was there", owner="bob"))
    assert of_ann.finds(record, None)


def test_the_audit_names_an_owner_so_that_only_who_knows_the_id_can_tell() -> None:
    one, other = (Subject(Kind.OWNER, "ann").audited() for _ in range(2))
    assert one != other and "ann" not in one
    assert Subject(Kind.MEMORY, "m-1").audited() == "m-1"
