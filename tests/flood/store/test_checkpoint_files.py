"""A run that was put aside comes back bit for bit, or says that it does not."""

import os
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fjordby.errors import BadFile, BadValue, StorageFailed
from fjordby.flood.dynamic import checkpoint
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.forcing import Forcing, Level, steady
from fjordby.grid import Grid

ARRAYS = hnp.arrays(
    st.sampled_from(["f4", "f8", "i8", "i1", "?", ">f8"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
ABOUT = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ),
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(arrays=st.dictionaries(st.text(max_size=5), ARRAYS, max_size=3), about=ABOUT)
def test_arrays_and_what_is_said_of_them_come_back_bit_for_bit(tmp_path_factory, arrays, about):
    path = tmp_path_factory.mktemp("bits") / "a.checkpoint"
    checkpoint.write(path, arrays, about)
    back, said = checkpoint.read(path)
    assert said == about
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].shape == array.shape
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == array.tobytes()
        assert back[name].flags.writeable


def test_views_and_columns_first_are_written_as_they_look(tmp_path):
    arrays = {"view": np.arange(12.0)[::3], "columns": np.asfortranarray(np.eye(3)[:2])}
    checkpoint.write(tmp_path / "a", arrays, {"time": np.float64(0.1), "n": np.int64(3)})
    back, about = checkpoint.read(tmp_path / "a")
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    assert about == {"time": 0.1, "n": 3}


@pytest.fixture
def two(tmp_path):
    """A checkpoint at 2 s with the one at 1 s before it."""
    path = tmp_path / "run.checkpoint"
    for second in (0, 1, 2):
        checkpoint.write(path, {"depth": np.full((3, 4), second, "f4")}, {"seconds": second})
    return path


def test_the_last_two_are_kept_and_no_more(two):
    assert sorted(p.name for p in two.parent.iterdir()) == [two.name, f"{two.name}.before"]
    assert checkpoint.read(two)[1] == {"seconds": 2}
    assert checkpoint.read(f"{two}.before")[1] == {"seconds": 1}


def test_any_flipped_byte_is_seen_and_the_one_before_is_taken(two):
    whole = two.read_bytes()
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 0x10
        two.write_bytes(broken)
        arrays, about = checkpoint.read(two)
        assert about == {"seconds": 1}, position
        assert (arrays["depth"] == 1).all()


def test_any_missing_or_added_end_is_seen(two):
    whole = two.read_bytes()
    for length in range(0, len(whole), 7):
        two.write_bytes(whole[:length])
        assert checkpoint.read(two)[1] == {"seconds": 1}, length
    two.write_bytes(whole + b"\0")
    assert checkpoint.read(two)[1] == {"seconds": 1}


def test_a_run_killed_between_two_renames_goes_on_from_the_newest(two):
    two.rename(f"{two}.new")
    assert checkpoint.read(two)[1] == {"seconds": 2}
    checkpoint.write(two, {}, {"seconds": 3})
    assert checkpoint.read(two)[1] == {"seconds": 3}


def test_when_none_is_whole_both_are_named(two):
    two.write_bytes(b"x")
    (two.parent / f"{two.name}.before").write_bytes(two.read_bytes()[:10])
    with pytest.raises(BadFile, match=r"does not begin like.*before.*does not begin like"):
        checkpoint.read(two)
    with pytest.raises(BadFile, match="no such file"):
        checkpoint.read(two.parent / "other")


def test_a_checkpoint_of_a_later_version_is_named(two):
    two.with_name(f"{two.name}.before").unlink()
    two.write_bytes(two.read_bytes().replace(b"checkpoint 2\n", b"checkpoint 3\n"))
    with pytest.raises(BadFile, match=r"another version \(3\)"):
        checkpoint.read(two)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "a"
    checkpoint.write(path, {"depth": np.zeros(3)}, {"fingerprint": "mine"})
    assert checkpoint.read(path, "mine")[1]["fingerprint"] == "mine"
    with pytest.raises(BadFile, match="other ground, water, structures or settings"):
        checkpoint.read(path, "yours")


def test_a_full_disk_leaves_both_as_they_were(two, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFailed, match="No space left"):
            checkpoint.write(two, {"depth": np.zeros(9)}, {})
    assert sorted(p.name for p in two.parent.iterdir()) == [two.name, f"{two.name}.before"]
    assert checkpoint.read(two)[1] == {"seconds": 2}


def test_what_a_killed_writer_left_is_swept_away(two):
    left = two.with_name(f".{two.name}.new.999999999-1.part")
    left.write_bytes(b"half")
    checkpoint.write(two, {}, {})
    assert not left.exists()


@pytest.mark.parametrize(
    ("arrays", "about", "words"),
    [
        ({"a": np.array(["x"])}, {}, "numbers or bools"),
        ({"a": np.array([None])}, {}, "numbers or bools"),
        ({}, {"a": object()}, "texts, numbers"),
        ({}, {"a": {1, 2}}, "texts, numbers"),
    ],
)
def test_what_cannot_be_stored_is_refused(arrays, about, words, tmp_path):
    with pytest.raises(BadValue, match=words):
        checkpoint.write(tmp_path / "a", arrays, about)
    assert not list(tmp_path.iterdir())


# --- Fingerprints -------------------------------------------------------------------------------


def a_domain(**change):
    grid = Grid(0.0, 30.0, 10.0, 3, 4, "EPSG:25832")
    bed = np.zeros((3, 4))
    return Domain(**{"grid": grid, "bed": bed, "roughness": 0.03, **change})


def a_forcing(level):
    cells = np.zeros(1, np.int64)
    return Forcing(levels=(Level("sea", cells, cells, steady(level)),))


def test_the_same_inputs_have_the_same_fingerprint_and_any_change_another():
    nudged = np.zeros((3, 4))
    nudged[2, 3] = 1e-300
    inputs = [
        (a_domain(), a_forcing(1.0)),
        (a_domain(), a_forcing(1.0 + 1e-15)),
        (a_domain(roughness=0.04), a_forcing(1.0)),
        (a_domain(bed=nudged), a_forcing(1.0)),
        (a_domain(bed=np.zeros((3, 4), "f4")), a_forcing(1.0)),
        (a_domain(depth=np.zeros((3, 4))), a_forcing(1.0)),
    ]
    assert len({checkpoint.fingerprint(*one) for one in inputs}) == len(inputs)
    again = checkpoint.fingerprint(a_domain(), a_forcing(1.0))
    assert again == checkpoint.fingerprint(*inputs[0])


def test_parts_that_read_alike_are_told_apart():
    @dataclass(frozen=True)
    class Wall:
        shape: object
        crest: object

    parts = [
        ["ab"], ["a", "b"], [["a"], "b"], [b"ab"], [1], [1.0], [True], ["1"], [None], ["None"], [],
        [np.array([1])], [np.array([1.0])], [np.array([[1]])], [{"a": 1}], [Wall(1, 2)], [(1, 2)],
        [shapely.Point(1, 2)], [shapely.Point(1, 3)], [np.array(["a", None], object)], [1, 2],
    ]  # fmt: skip
    assert len({checkpoint.fingerprint(*part) for part in parts}) == len(parts)
    assert checkpoint.fingerprint({"a": 1, "b": 2}) == checkpoint.fingerprint({"b": 2, "a": 1})
    assert checkpoint.fingerprint({3, 1}) == checkpoint.fingerprint({1, 3})
    assert checkpoint.fingerprint(np.float64(2.5)) == checkpoint.fingerprint(2.5)
    with pytest.raises(BadValue, match="function"):
        checkpoint.fingerprint(lambda: 1)
