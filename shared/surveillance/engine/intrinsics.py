"""What kernels can do that numba's Python cannot: see arrays and values at addresses, call code, fetch ahead."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


@intrinsic
def array_at(typing_context, address, shape, dtype):
    """View `shape` (a tuple) elements of `dtype` at an address as an array in C order."""
    result = types.Array(dtype.dtype, len(shape), "C", aligned=True)

    def generate(context, builder, signature, arguments):
        array = make_array(result)(context, builder)
        element = dtype.dtype
        size = (
            element.size
            if isinstance(element, types.Record)
            else context.get_abi_sizeof(context.get_data_type(element))
        )
        lengths = cgutils.unpack_tuple(builder, arguments[1])
        strides = [context.get_constant(types.intp, size)]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        populate_array(
            array,
            data=builder.inttoptr(arguments[0], array.data.type),
            shape=cgutils.pack_array(builder, lengths),
            strides=cgutils.pack_array(builder, strides),
            itemsize=context.get_constant(types.intp, size),
            meminfo=None,
        )
        return array._getvalue()

    return result(types.int64, shape, dtype), generate


def _loader(numba_type: types.Type, llvm_type: ir.Type) -> Any:
    @intrinsic
    def load(typing_context, address):
        def generate(context, builder, signature, arguments):
            value = builder.load(builder.inttoptr(arguments[0], llvm_type.as_pointer()))
            value.align = 1
            return value

        return numba_type(types.int64), generate

    return load


load_word = _loader(types.uint64, ir.IntType(64))
"""Read eight bytes, little-endian, from anywhere."""
load_int = _loader(types.int64, ir.IntType(64))
load_int32 = _loader(types.int32, ir.IntType(32))
load_half = _loader(types.uint32, ir.IntType(32))
load_short = _loader(types.uint16, ir.IntType(16))
load_byte = _loader(types.uint8, ir.IntType(8))
load_float = _loader(types.float64, ir.DoubleType())


@intrinsic
def store_int(typing_context, address, value):
    """Write eight bytes, little-endian, to anywhere."""

    def generate(context, builder, signature, arguments):
        written = builder.store(arguments[1], builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()))
        written.align = 1
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def trailing_zeros(typing_context, value):
    """Count the zero bits below the lowest one; of 0 the answer is undefined."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@intrinsic
def prefetch(typing_context, address):
    """Ask for the cache line at an address, which need not be valid."""

    def generate(context, builder, signature, arguments):
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        read, keep, data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(function, [builder.inttoptr(arguments[0], pointer), read, keep, data])
        return context.get_dummy_value()

    return types.none(types.int64), generate


@intrinsic
def call(typing_context, code, a, b, c, d, e):
    """Call a kernel of five integers by the address of its code; a kernel gives its result through a pointer."""

    def generate(context, builder, signature, arguments):
        word = ir.IntType(64)
        result = cgutils.alloca_once(builder, word)
        nothing = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.IntType(32), [word.as_pointer(), nothing.as_pointer()] + [word] * 5)
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(function, [result, nothing.as_pointer()(None), *arguments[1:]])
        return builder.load(result)

    return types.int64(*[types.int64] * 6), generate
