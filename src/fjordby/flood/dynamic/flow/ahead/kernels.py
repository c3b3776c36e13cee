"""Ask the machine for numbers before they are needed: short runs of rows defeat its own guesses."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array


def fetch(array: Any, place: Any) -> None:
    """Ask for the cache line of one number of a flat array; changes nothing but the wait for it.

    The compiled form is LLVM's `llvm.prefetch`; as plain Python it does nothing.
    """


@intrinsic
def _prefetch(typing: Any, array: Any, place: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        made = make_array(signature.args[0])  # type: ignore[no-untyped-call]
        data = made(context, builder, values[0]).data
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        spot = builder.bitcast(builder.gep(data, [values[1]]), byte)
        # To read (0), needed again soon (3), of data (1).
        builder.call(ask, [spot, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, place), build


_PLAIN: Any = {"_nrt": False}


@overload(fetch, jit_options=_PLAIN)
def _fetch(array: Any, place: Any) -> Any:
    def compiled(array: Any, place: Any) -> None:
        _prefetch(array, place)  # type: ignore[call-arg]

    return compiled
