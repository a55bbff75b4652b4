"""Writes extremes.jsonl: values and derivatives of both orders where branches meet and functions overflow. Run with PyTorch 2.15.

The operations are those with a select, a bound or an extreme in them, and those whose derivative leaves the range of the dtype before the
function does. A row has the format of op-cases, without `cotangents` and `v`, which are 1, -2, 0.5 and 2, 1, -0.5, -1 over and over; numbers that JSON lacks are strings: "nan", "inf", "-inf", "-0.0".
"""

import itertools
import json
import math
import pathlib
import warnings

import torch

warnings.simplefilter("ignore")
torch.set_num_threads(1)
inf, nan = math.inf, math.nan
DTYPES = {"float64": torch.float64, "float32": torch.float32}


def mirrored(values):
    return [-x for x in reversed(values)] + values + [nan]


UNARY = {
    "float64": mirrored([0.0, 5e-324, 1e-20, 1e-3, 0.5, 1.0, 2.0, 3.0, 6.0, 20.5, 100.0, 1001.0, 1e20, 1.7976931348623157e308, inf]),
    "float32": mirrored([0.0, 1e-45, 1e-3, 0.5, 1.0, 3.0, 6.0, 20.5, 100.0, 1001.0, 3.4028234663852886e38, inf]),
}
BINARY = {
    "float64": [-inf, -1001.0, -1.0, -0.0, 0.0, 0.5, 3.0, 1001.0, inf, nan],
    "float32": [-1001.0, -1.0, -0.0, 0.0, 0.5, 1001.0, inf],
}
# What losses are made for: their formulas in PyTorch overflow soon, and have targets of which no derivative exists.
SCORES = [-20.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, 50.0]
FEW = [-1001.0, -1.0, -0.0, 0.0, 2.0]
UNIT = {
    "float64": [0.0, 5e-324, 1e-20, 1e-13, 0.25, 0.75, 0.9999999999999999, 1.0],
    "float32": [0.0, 1e-45, 1e-20, 1e-13, 0.25, 0.75, 0.9990234375, 1.0],
}


def unary(name, arguments, dtype):
    """Without the arguments where PyTorch itself has no number where there is one, or where a power of a negative number has two."""
    values = UNARY[dtype]
    if name in ("i0", "special.i1", "polygamma", "mvlgamma"):
        return [x for x in values if abs(x) < 1e18 and (x > -3 or name != "polygamma")]
    if name == "special.erfcx":
        return [x for x in values if not 50 < x < 1e18]
    if name == "pow" and arguments[0] != int(arguments[0] if math.isfinite(arguments[0]) else 0):
        return [x for x in values if not math.copysign(1, x) < 0]
    return values

# Functions of one tensor, with their arguments; a name before a dot is a namespace of torch.
UNARIES = [
    (name, [], {})
    for name in (
        "abs neg reciprocal sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sigmoid relu sinh cosh tanh asinh acosh atanh sin cos tan asin "
        "acos atan erf erfc erfinv lgamma i0 sign sgn floor trunc round frac sinc square logit nan_to_num deg2rad angle "
        "special.entr special.erfcx special.i0e special.i1 special.i1e special.ndtr special.ndtri").split()
] + [
    (f"nn.functional.{name}", [], {})
    for name in "relu6 elu selu celu gelu silu mish softplus logsigmoid softsign tanhshrink hardswish hardshrink softshrink hardsigmoid "
    "leaky_relu hardtanh".split()
] + [
    ("logit", [], {"eps": 0.125}), ("logit", [], {"eps": 0.0}), ("clamp", [-1.0, 1.0], {}), ("clamp", [-0.0, inf], {}), ("clamp_min", [0.0], {}),
    ("clamp_max", [-0.0], {}), ("clamp", [2.0, -2.0], {}), ("clamp", [nan, 1.0], {}),
    ("nan_to_num", [3.0, 2.0, -2.0], {}), ("polygamma", [2], {}), ("round", [], {"decimals": 2}),
    ("nn.functional.elu", [], {"alpha": 0.5}), ("nn.functional.elu", [], {"alpha": -2.0}), ("nn.functional.elu", [], {"alpha": 0.0}),
    ("nn.functional.celu", [], {"alpha": 2.0}), ("nn.functional.celu", [], {"alpha": -0.5}),
    ("nn.functional.gelu", [], {"approximate": "tanh"}), ("nn.functional.softplus", [], {"beta": 2.0, "threshold": 30.0}),
    ("nn.functional.softplus", [], {"beta": -1.0}),
    ("nn.functional.softplus", [], {"beta": 0.0}),
    ("nn.functional.hardshrink", [], {"lambd": 0.0}), ("nn.functional.softshrink", [], {"lambd": 0.0}),
    ("nn.functional.hardtanh", [0.0, 6.0], {}), ("nn.functional.threshold", [0.5, 20.0], {}),
    ("nn.functional.leaky_relu", [-0.5], {}), ("nn.functional.leaky_relu", [0.0], {}),
    ("mvlgamma", [2], {}), ("nn.functional.rrelu", [], {"lower": 0.25, "upper": 0.75}),
] + [("pow", [p], {}) for p in [-3, -2.5, -2, -2.0, -1, -1.0, -0.5, 0, 0.0, 0.5, 1, 1.0, 1.5, 2, 2.0, 2.5, 3, 3.0, 4, 7, -7, inf, -inf, nan]] + [
    ("__rpow__", [b], {}) for b in [0.0, 1.0, 2.0, -2.0, 0.5, inf]
] + [("xlogy", [y], {}) for y in [0.0, 2.0, -1.0]] + [("special.xlog1py", [y], {}) for y in [-1.0, 2.0, -3.0]] + [
    ("fmod", [2.5], {}), ("remainder", [2.5], {}), ("remainder", [-inf], {}), ("fmod", [0.0], {}), ("div", [0.0], {}),
    ("copysign", [-2.0], {}), ("float_power", [-2.0], {}),
]

BINARIES = [
    (name, {})
    for name in "add mul div pow atan2 logaddexp logaddexp2 xlogy special.xlog1py fmod remainder minimum maximum fmin fmax copysign heaviside "
    "nextafter float_power".split()
] + [
    ("div", {"rounding_mode": "floor"}), ("div", {"rounding_mode": "trunc"}), ("nn.functional.prelu", {}),
    ("clamp_min", {}), ("clamp_max", {}),
    ("nn.functional.mse_loss", {"reduction": "none"}), ("nn.functional.l1_loss", {"reduction": "none"}),
    ("nn.functional.smooth_l1_loss", {"reduction": "none"}), ("nn.functional.smooth_l1_loss", {"reduction": "none", "beta": 0.25}),
    ("nn.functional.huber_loss", {"reduction": "none"}), ("nn.functional.huber_loss", {"reduction": "none", "delta": 0.25}),
    ("nn.functional.binary_cross_entropy_with_logits", {"reduction": "none"}),
    ("nn.functional.poisson_nll_loss", {"reduction": "none"}), ("nn.functional.poisson_nll_loss", {"reduction": "none", "full": True}),
    ("nn.functional.poisson_nll_loss", {"reduction": "none", "log_input": False, "full": True}),
    ("nn.functional.kl_div", {"reduction": "none"}), ("nn.functional.kl_div", {"reduction": "none", "log_target": True}),
    ("nn.functional.soft_margin_loss", {"reduction": "none"}), ("nn.functional.hinge_embedding_loss", {"reduction": "none"}),
]
NO_TARGET_GRADIENT = {"nn.functional.soft_margin_loss", "nn.functional.hinge_embedding_loss"}

# Of rows of three, along the last dimension.
ROWS = (
    [("logsumexp", [-1], {}), ("softmax", [-1], {}), ("log_softmax", [-1], {}), ("nn.functional.softmin", [-1], {}), ("logcumsumexp", [-1], {}), ("cumprod", [-1], {}),
     ("prod", [-1], {}), ("amax", [-1], {}), ("amin", [-1], {}), ("std", [-1], {}), ("var", [-1], {}), ("nn.functional.normalize", [2.0, -1], {}),
     ("nn.functional.normalize", [1.0, -1], {}), ("nanmean", [-1], {}), ("renorm", [2.0, 0, 1.0], {}), ("renorm", [1.0, 0, 1.0], {})]
    + [("linalg.vector_norm", [p, -1], {}) for p in [0, 0.5, 1, 1.5, 2, 2.5, 3, inf, -inf, -1]]
    + [("norm", [p, -1], {}) for p in [2, 3, 0.5]])
# Of infinities and NaN their derivatives are NaN in PyTorch all along the row.
FINITE = {"amax", "amin", "cumprod", "prod", "renorm"}
ROWS_OF_TWO = [
    ("nn.functional.pairwise_distance", [], {"eps": 0.0}), ("nn.functional.pairwise_distance", [1.0], {}), ("nn.functional.cosine_similarity", [-1], {}),
    ("dist", [2.0], {}), ("dist", [1.0], {}),
]


def plain(x, dtype):
    if not math.isfinite(x) or (x == 0 and math.copysign(1, x) < 0):
        return str(x)
    if x == 0 or (x == int(x) and abs(x) < 1e6):
        return float(x)
    return float(f"{x:.9g}") if dtype == torch.float64 else float(f"{x:.7g}")


def record(tensor, exact=False):
    dtype = str(tensor.dtype).removeprefix("torch.")
    # A zero without memory.
    tensor = torch.zeros(tensor.shape, dtype=tensor.dtype) if tensor._is_zerotensor() else tensor.detach()
    flat = tensor.reshape(-1).tolist()
    data = [(plain(x, torch.float64 if exact else tensor.dtype) if not exact or not math.isfinite(x) or x == 0 else x) for x in flat] if tensor.is_floating_point() else flat
    return {"dtype": dtype, "shape": list(tensor.shape), "data": data}


def argument(x):
    if isinstance(x, torch.Tensor):
        return {"t": record(x, True), "grad": True} if x.requires_grad else {"t": record(x, True)}
    if isinstance(x, float) and not math.isfinite(x):
        return {"num": str(x)}
    return x


def weights(like, cycle):
    count = like.numel()
    return torch.tensor((cycle * (count // len(cycle) + 1))[:count], dtype=like.dtype).reshape(like.shape)


def function(name):
    if name == "__rpow__":
        return lambda x, base: torch.pow(base, x)
    if name == "where":
        return lambda x, condition, y: torch.where(condition, x, y)
    found = torch
    for part in name.split("."):
        found = getattr(found, part, None)
    return found or getattr(torch.Tensor, name)


def row(name, dtype, arguments, keywords):
    leaves = [x for x in arguments if isinstance(x, torch.Tensor) and x.requires_grad]
    shown = ",".join(str(x) for x in arguments if not isinstance(x, torch.Tensor))
    shown += "".join(f"{key}={value}" for key, value in keywords.items() if key != "reduction")
    result = {
        "id": f"{name}({shown})/{dtype}", "op": name, "variant": "", "tier": "extremes", "dtype": dtype,
        "args": [argument(x) for x in arguments], "kwargs": {key: argument(x) for key, x in keywords.items()},
    }
    if name == "polygamma":
        arguments = [arguments[1], arguments[0]]
        result["args"].reverse()
    outputs = function(name)(*arguments, **keywords)
    result["outputs"] = [record(outputs)]
    if not outputs.requires_grad:
        return result
    cotangent = weights(outputs, [1.0, -2.0, 0.5])
    try:
        gradients = torch.autograd.grad(outputs, leaves, cotangent, create_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError):
        return result
    result["grads"] = [None if g is None else record(g) for g in gradients]
    # Of sinc and erfcx PyTorch's second order has few digits or none.
    if name in ("sinc", "special.erfcx"):
        return result
    try:
        vectors = [None if g is None else weights(g, [2.0, 1.0, -0.5, -1.0]) for g in gradients]
        chosen = [(g, v) for g, v in zip(gradients, vectors) if g is not None and g.requires_grad]
        if not chosen:
            return result
        second = torch.autograd.grad([g for g, _ in chosen], leaves, [v for _, v in chosen], allow_unused=True)
    except (RuntimeError, NotImplementedError):
        return result
    result["second"] = [None if g is None else record(g) for g in second]
    return result


def leaf(values, dtype, grad=True):
    return torch.tensor(values, dtype=DTYPES[dtype]).requires_grad_(grad)


def rows():
    for dtype in DTYPES:
        for name, rest, keywords in UNARIES:
            yield row(name, dtype, [leaf(unary(name, rest, dtype), dtype), *rest], keywords)
        pairs = list(itertools.product(BINARY[dtype], repeat=2))
        first, second = ([p[i] for p in pairs] for i in (0, 1))
        for name, keywords in BINARIES:
            if name == "nn.functional.prelu":
                for weight in [-inf, -0.5, 0.0, inf, nan]:
                    yield row(name, dtype, [leaf([x for x in UNARY[dtype] if x != 0], dtype), leaf([weight], dtype)], keywords)
                continue
            if "reduction" in keywords:
                kind = name.removeprefix("nn.functional.").split("_")[0]
                targets = {"binary": [0.0, 0.25, 1.0], "poisson": [1.5, 5.0], "kl": [0.25, 1.0, 5.0], "soft": [1.0, -1.0], "hinge": [1.0, -1.0]}
                scores = itertools.product(SCORES, targets.get(kind, SCORES))
                x, target = zip(*(s for s in scores if s[0] > 0 or keywords.get("log_input", True)))
                yield row(name, dtype, [leaf(x, dtype), leaf(target, dtype, name not in NO_TARGET_GRADIENT)], keywords)
                continue
            yield row(name, dtype, [leaf(first, dtype), leaf(second, dtype, name not in NO_TARGET_GRADIENT)], keywords)
        condition = torch.tensor([True, False] * len(pairs))[: len(pairs)]
        yield row("where", dtype, [leaf(first, dtype), condition, leaf(second, dtype)], {})
        triples = list(itertools.product(FEW, repeat=3))
        a, b, c = ([t[i] for t in triples] for i in (0, 1, 2))
        # The reference is one formula: of three tensors float64 is enough.
        if dtype == "float64":
            for name in ["lerp", "addcmul", "addcdiv"]:
                yield row(name, dtype, [leaf(x, dtype) for x in (a, b, c)], {})
        x, target = zip(*itertools.product(UNIT[dtype], repeat=2))
        yield row("nn.functional.binary_cross_entropy", dtype, [leaf(x, dtype), leaf(target, dtype)], {"reduction": "none"})
        kept = [t for t in triples if not t[2] < 0 and all(math.isfinite(x) for x in t)]
        a, b, c = ([t[i] for t in kept] for i in (0, 1, 2))
        yield row("nn.functional.gaussian_nll_loss", dtype, [leaf(x, dtype) for x in (a, b, c)], {"reduction": "none"})
        values = [-inf, -1.0, 0.0, 2.0, 1001.0, inf, nan] if dtype == "float64" else [-1.0, -0.0, 2.0, 1001.0]
        block = list(itertools.combinations_with_replacement(values, 3))
        for name, rest, keywords in ROWS:
            kept = block if name not in FINITE else [r for r in block if all(math.isfinite(x) for x in r)]
            yield row(name, dtype, [leaf(kept, dtype), *rest], keywords)
        points = [[0.0, 0.0, 0.0], [-0.0, 0.0, 1.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.5], [1e20, 1.0, -1e20], [inf, 0.0, 1.0], [nan, 0.0, 0.0]]
        for name, rest, keywords in ROWS_OF_TWO:
            one, two = zip(*itertools.product(points, repeat=2))
            if name == "dist":
                one, two = [points[2]], [points[2]]
            yield row(name, dtype, [leaf(one, dtype), leaf(two, dtype), *rest], keywords)


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("extremes.jsonl")
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows()))
