"""Writes opcodes.jsonl: what PyTorch gives for every opcode at special values, and its gradients. Run with PyTorch 2.15.

A row: `opcode`, `dtype`, `operands` (one list each), `value`, and for float64 `cotangent` and `gradients` (null: none).
Numbers that JSON lacks are strings: "nan", "inf", "-inf", "-0.0".
"""

import itertools
import json
import math
import pathlib

import torch

inf, nan = math.inf, math.nan
UNARY = [-inf, -1000.0, -30.25, -3.0, -2.5, -2.0, -1.5, -1.0, -0.75, -0.5, -1e-3, -1e-20, -0.0]
UNARY = UNARY + [-x for x in reversed(UNARY)] + [20.0, 720.0, 1e300, -1e300, 5e-324, nan]
BINARY = [-inf, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 7.25, inf, nan]
INTEGERS = {
    "int64": [-(2**63), -9, -4, -1, 0, 1, 2, 6, 15, 65, 2**40, 2**63 - 1],
    "int32": [-(2**31), -9, -4, -1, 0, 1, 2, 6, 15, 33, 2**31 - 1],
    "int16": [-(2**15), -9, -4, -1, 0, 1, 2, 6, 15, 33, 2**15 - 1],
    "int8": [-128, -9, -4, -1, 0, 1, 2, 6, 9, 127],
    "uint8": [0, 1, 2, 3, 6, 8, 15, 127, 128, 255],
    "bool": [False, True],
}

F, S = torch.nn.functional, torch.special
OPCODES = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "floorDivide": torch.floor_divide,
    "remainder": torch.remainder, "fmod": torch.fmod, "neg": torch.neg, "abs": torch.abs, "sign": torch.sign,
    "reciprocal": torch.reciprocal, "inverseSquare": lambda x: torch.pow(x, -2), "minimum": torch.minimum, "maximum": torch.maximum, "fmin": torch.fmin, "fmax": torch.fmax,
    "copysign": torch.copysign, "nextafter": torch.nextafter, "gcd": torch.gcd, "lcm": torch.lcm, "floor": torch.floor,
    "ceil": torch.ceil, "round": torch.round, "trunc": torch.trunc, "bitAnd": torch.bitwise_and, "bitOr": torch.bitwise_or,
    "bitXor": torch.bitwise_xor, "bitNot": torch.bitwise_not, "shiftLeft": torch.bitwise_left_shift,
    "shiftRight": torch.bitwise_right_shift, "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt,
    "ge": torch.ge, "isNaN": torch.isnan, "signBit": torch.signbit, "select": lambda x, y: torch.where(y > x, x, y),
    "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "pow": torch.pow, "hypot": torch.hypot, "exp": torch.exp, "exp2": torch.exp2,
    "expm1": torch.expm1, "log": torch.log, "log2": torch.log2, "log10": torch.log10, "log1p": torch.log1p,
    "sigmoid": torch.sigmoid, "softplus": lambda x: F.softplus(x, threshold=700), "logaddexp": torch.logaddexp,
    "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh, "asinh": torch.asinh, "acosh": torch.acosh, "atanh": torch.atanh,
    "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan,
    "atan2": torch.atan2, "erf": torch.erf, "erfc": torch.erfc, "erfinv": torch.erfinv, "lgamma": torch.lgamma,
    "digamma": torch.digamma, "i0": torch.i0, "relu": torch.relu, "silu": F.silu, "i1": torch.special.i1,
    "erfcx": S.erfcx, "ndtri": S.ndtri, "zeta": S.zeta, "igamma": torch.igamma,
    "polygamma": lambda n, x: torch.stack([torch.polygamma(int(k), v) for k, v in zip(n.detach(), x.detach())]),
    "igammac": torch.igammac, "i0e": S.i0e, "i1e": S.i1e, "besselK0": S.modified_bessel_k0, "besselK1": S.modified_bessel_k1,
    "scaledBesselK0": S.scaled_modified_bessel_k0, "scaledBesselK1": S.scaled_modified_bessel_k1,
    "chebyshevT": S.chebyshev_polynomial_t, "chebyshevU": S.chebyshev_polynomial_u, "chebyshevV": S.chebyshev_polynomial_v,
    "chebyshevW": S.chebyshev_polynomial_w, "hermiteH": S.hermite_polynomial_h, "hermiteHe": S.hermite_polynomial_he,
    "laguerreL": S.laguerre_polynomial_l, "legendreP": S.legendre_polynomial_p,
}
BINARIES = set(
    "add sub mul div floorDivide remainder fmod minimum maximum fmin fmax copysign nextafter gcd lcm bitAnd bitOr bitXor shiftLeft "
    "shiftRight eq ne lt le gt ge select pow hypot logaddexp atan2 polygamma zeta igamma igammac chebyshevT chebyshevU chebyshevV chebyshevW "
    "hermiteH hermiteHe laguerreL legendreP".split())
# On integers PyTorch's function of the name gives floats, or refuses what the opcode has a result for.
FLOATS = set(
    "reciprocal inverseSquare copysign nextafter sqrt rsqrt hypot exp exp2 expm1 log log2 log10 log1p sigmoid softplus logaddexp sinh cosh tanh asinh acosh "
    "atanh sin cos tan asin acos atan atan2 erf erfc erfinv lgamma digamma i0 i1 silu erfcx ndtri polygamma zeta igamma igammac i0e i1e besselK0 "
    "besselK1 scaledBesselK0 scaledBesselK1 chebyshevT chebyshevU chebyshevV chebyshevW hermiteH hermiteHe laguerreL legendreP".split())


def plain(x):
    if isinstance(x, float) and (not math.isfinite(x) or (x == 0 and math.copysign(1, x) < 0)):
        return str(x)
    return x


def numbers(tensor):
    return [plain(x) for x in tensor.tolist()]


def compute(name, operands):
    if name == "div" and not operands[0].is_floating_point():
        return torch.div(*operands, rounding_mode="trunc")
    if name in ("minimum", "maximum"):
        # Of two zeros PyTorch's vectors give the second, and its single elements the first.
        return torch.stack([OPCODES[name](x, y) for x, y in zip(*operands)])
    return OPCODES[name](*operands)


def skips(name, dtype, operands):
    """Undefined in C, refused by PyTorch, or no number where there is a limit."""
    if dtype == "float64":
        if name == "polygamma":
            return operands[0] not in (0, 2) or operands[1] == inf
        if name == "zeta":
            return not math.isfinite(operands[0]) or operands[1] == inf
        if name in ("besselK0", "besselK1", "scaledBesselK1"):
            return operands[0] == 5e-324
        return name in ("i0", "i1") and abs(operands[0]) > 1000
    if name in ("div", "floorDivide", "remainder", "fmod"):
        return operands[1] in (0, -1)
    if name == "pow":
        return operands[1] < 0
    if name in ("gcd", "lcm"):
        return getattr(math, name)(*operands) > max(INTEGERS[dtype]) or dtype.startswith("int") and min(operands) == min(INTEGERS[dtype])
    return False


def rows():
    for name in OPCODES:
        for dtype in ["float64"] + ([] if name in FLOATS else list(INTEGERS)):
            values = INTEGERS.get(dtype, BINARY if name in BINARIES else UNARY)
            tuples = list(itertools.product(values, repeat=2)) if name in BINARIES else [(x,) for x in values]
            tuples = [t for t in tuples if not skips(name, dtype, t)]
            operands = [torch.tensor(list(column), dtype=getattr(torch, dtype)) for column in zip(*tuples)]
            for operand in operands:
                operand.requires_grad_(dtype == "float64")
            try:
                value = compute(name, operands)
            except (RuntimeError, NotImplementedError):
                continue
            row = {"opcode": name, "dtype": dtype, "operands": [numbers(x.detach()) for x in operands], "value": numbers(value.detach())}
            if value.requires_grad:
                cotangent = torch.tensor([1.0, -2.0, 0.5, 3.0] * len(tuples), dtype=torch.float64)[: len(tuples)]
                try:
                    gradients = torch.autograd.grad(value, operands, cotangent, allow_unused=True)
                    row["cotangent"] = numbers(cotangent)
                    row["gradients"] = [None if g is None else numbers(g) for g in gradients]
                except (RuntimeError, NotImplementedError):
                    pass
            yield row


path = pathlib.Path(__file__).with_name("opcodes.jsonl")
path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows()))
