"""Tables of volume and conveyance say what the fine ground says."""

import numpy as np
import pytest
from scipy.ndimage import label

from fjordby.errors import BadValue
from fjordby.flood.dynamic.subgrid import downscale, tables
from fjordby.flood.dynamic.subgrid import kernels as sweep
from fjordby.flood.dynamic.subgrid.tables import kernels, volume_at

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def window(made, j, i):
    """The fine cells around a coarse cell through which water may join it."""
    f, reach = made.factor, made.factor // 2
    return (
        slice(max(j * f - reach, 0), (j + 1) * f + reach),
        slice(max(i * f - reach, 0), (i + 1) * f + reach),
    )


def section_between(made, above):
    """Depth and roughness of the face between the first two coarse cells of a map."""
    spread = made.spread_x[1, 2]
    return sweep.section_of(
        above, spread, made.levels**2 / spread, made.width_x[1, 2], made.section_x, 1, 2
    )


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_a_cell_joins_at_the_lowest_level_that_connects_it(
    ground, rough_ground, either_kernels, factor
):
    made = tables(ground(rough_ground(factor, (12, 12))), factor)
    bed, joins = made.fine.bed, made.joins
    f = factor
    for j in range(12 // f):
        for i in range(12 // f):
            own = np.zeros(bed.shape, bool)
            own[j * f : (j + 1) * f, i * f : (i + 1) * f] = True
            if not np.isfinite(joins[own]).any():
                continue
            at = window(made, j, i)
            seed = np.unravel_index(np.where(own, joins, np.inf).argmin(), bed.shape)
            assert joins[seed] == bed[seed]
            for row, col in zip(*np.nonzero(own & np.isfinite(joins)), strict=True):
                level = joins[row, col]
                for wet, met in ((bed <= level, True), (bed < level, False)):
                    pools = np.zeros(bed.shape, int)
                    pools[at] = label(wet[at], CROSS)[0]
                    joined = pools[row, col] > 0 and pools[row, col] == pools[seed]
                    if met or (row, col) != seed:
                        assert joined == met


@pytest.mark.parametrize("factor", [1, 2, 5])
def test_volumes_are_those_of_the_joined_fine_cells(ground, rough_ground, either_kernels, factor):
    made = tables(ground(rough_ground(7, (10, 10))), factor, levels=120)
    for level in (-1.2, -0.3, 0.1, 0.8, 3.0):
        depth = np.where(level > made.joins, level - made.fine.bed, 0.0)
        n = 10 // factor
        mean = depth.reshape(n, factor, n, factor).mean(axis=(1, 3))
        found = volume_at(made, np.full(made.base.shape, level))[1:-1, 1:-1]
        np.testing.assert_allclose(found, mean, atol=2e-3)


def test_four_steps_of_a_metre_hold_what_they_hold_by_hand(ground, either_kernels):
    made = tables(ground([[0.0, 1.0], [2.0, 3.0]]), 2, levels=100)
    assert made.full[1, 1] == pytest.approx((3 + 2 + 1) / 4)
    at = volume_at(made, np.full(made.base.shape, 4.0))
    assert at[1, 1] == pytest.approx((4 + 3 + 2 + 1) / 4)
    assert at[0].sum() == 0.0


@pytest.mark.parametrize("levels", [1, 5, 20])
def test_level_to_volume_and_back_is_the_same_level(ground, rough_ground, either_kernels, levels):
    made = tables(ground(rough_ground(3, (12, 12))), 3, levels=levels)
    for above in (0.001, 0.2, 1.0, 7.0):
        level = made.base + above
        volume = volume_at(made, level)
        for j in range(1, 5):
            for i in range(1, 5):
                if made.part[j, i] == 0.0:
                    continue
                back, rise = sweep.level_of(
                    volume[j, i], made.base[j, i], made.full[j, i], levels**2 / made.full[j, i],
                    made.part[j, i], made.level, j, i,
                )  # fmt: skip
                again, _ = sweep.level_of(
                    volume[j, i] + 1e-9, made.base[j, i], made.full[j, i],
                    levels**2 / made.full[j, i], made.part[j, i], made.level, j, i,
                )  # fmt: skip
                # A hollow that fills behind its rim takes water at one level.
                assert back == pytest.approx(level[j, i], abs=1e-9) or rise == 0.0
                assert 0.0 <= again - back < 1e-6


def test_one_cut_carries_what_manning_says(either_kernels):
    sill = np.array([[0.0, 0.5, 1.0]])
    rough = np.array([[0.03, 0.05, 0.03]])
    area, carry = kernels.section(sill, rough, np.ones((1, 3)), 0, 0.8)
    assert area == pytest.approx((0.8 + 0.3) / 3)
    assert carry == pytest.approx((0.8 ** (5 / 3) / 0.03 + 0.3 ** (5 / 3) / 0.05) / 3)


def test_narrow_cuts_one_after_the_other_share_the_drop(ground, either_kernels):
    """Half the way 4 cells wide, half 1 cell wide: 1/A is their mean, and so is 1/K^2."""
    bed = np.full((4, 8), np.nan)
    bed[:, :] = 5.0
    bed[1] = 0.0
    bed[:, 4:] = 0.0
    made = tables(ground(bed), 4, levels=200)
    above = 2.0
    depth, rough2 = sweep.section_of(
        above,
        made.spread_x[1, 2],
        made.levels**2 / made.spread_x[1, 2],
        made.width_x[1, 2],
        made.section_x,
        1,
        2,
    )
    # Cuts: half a one and one narrow, the face itself narrow, one and half a one wide.
    narrow, wide = 2.5 / 4, 1.5 / 4
    assert depth == pytest.approx(1 / (narrow / 0.5 + wide / 2.0), rel=0.01)
    unit = 2.0 ** (5 / 3) / 0.03
    loss = narrow / (unit / 4) ** 2 + wide / unit**2
    assert rough2 == pytest.approx(depth ** (10 / 3) * loss, rel=0.03)


def test_tables_of_a_factor_that_does_not_divide_the_grid_close_the_rest(ground):
    made = tables(ground(np.zeros((5, 7))), 3)
    assert made.grid.shape == (2, 3)
    assert made.part[2, 3] == pytest.approx(2 * 1 / 9)
    assert np.isinf(made.joins[5]).all()


def test_porous_ground_counts_its_open_part(ground):
    share = np.full((2, 4), 0.25)
    made = tables(ground(np.zeros((2, 4))), 2, share=share)
    assert volume_at(made, np.full(made.base.shape, 2.0))[1, 1] == pytest.approx(0.5)
    depth, _ = sweep.section_of(
        2.0,
        made.spread_x[1, 2],
        made.levels**2 / made.spread_x[1, 2],
        made.width_x[1, 2],
        made.section_x,
        1,
        2,
    )
    assert depth == pytest.approx(0.5)


def test_water_brought_down_is_the_water_of_the_cell(ground, rough_ground, either_kernels):
    made = tables(ground(rough_ground(11, (12, 12))), 4, levels=120)
    levels = made.base[1:-1, 1:-1] + 0.9
    depth = np.nan_to_num(downscale(made, levels))
    mean = depth.reshape(3, 4, 3, 4).mean(axis=(1, 3))
    rim = np.pad(levels, 1)
    np.testing.assert_allclose(mean, volume_at(made, rim)[1:-1, 1:-1], atol=2e-3)


def test_a_courtyard_stays_dry_below_its_gate(ground, either_kernels):
    bed = np.zeros((8, 8))
    bed[2:7, 2:7] = 10.0
    bed[3:6, 3:6] = -1.0
    bed[2, 4] = 0.5  # the gate
    made = tables(ground(bed), 8)
    assert made.base[1, 1] == 0.0
    low, high = (downscale(made, np.array([[level]])) for level in (0.4, 0.6))
    assert low[4, 4] == 0.0
    assert low[0, 0] == pytest.approx(0.4)
    assert high[4, 4] == pytest.approx(1.6)


def test_a_smoothed_surface_slopes_between_joined_cells(ground, either_kernels):
    bed = np.zeros((4, 12))
    made = tables(ground(bed), 4)
    depth = downscale(made, np.array([[1.0, 2.0, 3.0]]), smooth=True)
    np.testing.assert_allclose(depth[0, 4:8], [1.625, 1.875, 2.125, 2.375], rtol=1e-6)


def test_tables_take_the_memory_that_the_manual_says(ground):
    made = tables(ground(np.zeros((40, 40))), 4)
    # 492 bytes of each coarse cell, with the rim, and 8 of each fine one.
    cells = 12 * 12
    assert made.memory <= cells * (5 * 4 * 21 + 9 * 8) + 40 * 40 * 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"factor": 0}, "factor of 1 or more"),
        ({"factor": 2, "share": np.full((4, 4), 2.0)}, "shares from 0 to 1"),
        ({"factor": 2, "share": np.ones((2, 2))}, "grid's shape"),
    ],
)
def test_tables_say_what_they_cannot_be_made_of(ground, arguments, words):
    with pytest.raises(BadValue, match=words):
        tables(ground(np.zeros((4, 4))), **arguments)


def test_a_deep_stream_through_a_wide_low_meadow_stays_whole(ground, either_kernels):
    """A row of stream at -1 m, its bank at 1 m, two rows of meadow at 0.5 m: four cells of each.

    Where they meet, at 1 m, the stream holds 8 and the meadow 4 m3. By area the meadow would
    be the main water, and the stream be cut at every such cell, as if a bank stood across it.
    """
    rows = np.array([[-1.0], [1.0], [0.5], [0.5]])
    made = tables(ground(np.repeat(rows, 8, axis=1)), 4)
    assert (made.joins[0] == -1.0).all()
    assert (made.joins[2:] == 1.0).all()
    assert made.sill_x[1, 2] == -1.0
