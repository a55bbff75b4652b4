"""The public declarations of the library, as the compiler's symbol graphs hold them."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}
CALLABLE = {
    "swift.func", "swift.func.op", "swift.method", "swift.type.method", "swift.init", "swift.subscript", "swift.property",
    "swift.type.property",
}
# Of the layer below the tensors what their users meet too. The rest (layouts, storage, commands of a device) is for those who write
# devices: its preconditions are the caller's to keep.
DEVICE_TYPES = {
    "DType", "DType.Category", "Scalar", "Half", "BFloat16", "TensorError", "Expression", "ElementwiseKernel", "CachingAllocator",
    "Bool", "Int", "Int8", "Int16", "Int32", "Int64", "UInt8", "Float", "Double", "LeastSquaresDriver", "Device",
}
DEVICE_LAYER = re.compile(
    r"\b(Unsafe\w+|Storage|Operand|Layout|Pullback|CompiledKernels?|Instruction|KernelArgument|DirectArgument|Distribution)\b")


@dataclass
class Parameter:
    label: str | None
    name: str
    type: str
    default: str | None
    is_inout: bool
    is_variadic: bool


@dataclass
class Declaration:
    kind: str
    path: list[str]
    text: str
    parameters: list[Parameter] = field(default_factory=list)
    result: str = "Void"
    generics: list[str] = field(default_factory=list)
    constraints: str = ""
    throws: bool = False
    is_async: bool = False
    is_mutating: bool = False
    is_settable: bool = False
    is_operator: bool = False
    is_prefix: bool = False
    # What `Self` is, where the declaration extends a protocol or a generic type under a condition.
    self_type: str = ""

    @property
    def base(self) -> str:
        name = self.path[-1]
        return name if self.is_operator and "(" not in name[1:] else name.split("(")[0] or name

    @property
    def owner(self) -> str:
        return ".".join(self.path[:-1])

    @property
    def title(self) -> str:
        """The name, and the types where one name has several declarations."""
        return ".".join(self.path)


def skip_nested(text: str, start: int) -> int:
    """The position after the bracket that closes the one at `start`."""
    closing = [OPENING[text[start]]]
    i = start + 1
    while closing:
        if text.startswith("->", i):
            i += 2
            continue
        c = text[i]
        if c == closing[-1]:
            closing.pop()
        elif c in "([{" or c == "<" and closing[-1] == ">":
            closing.append(OPENING[c])
        i += 1
    return i


def split_outside(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that stand outside all brackets."""
    parts, depth, last, i = [], 0, 0, 0
    while i < len(text):
        if text.startswith("->", i):
            i += 2
            continue
        c = text[i]
        if c in "([{<":
            depth += 1
        elif c in ")]}>":
            depth -= 1
        elif depth == 0 and text.startswith(separator, i):
            parts.append(text[last:i])
            i += len(separator)
            last = i
            continue
        i += 1
    parts.append(text[last:])
    return [part.strip() for part in parts]


def parse_parameters(text: str, labels: list[str] | None) -> list[Parameter]:
    parameters = []
    for number, part in enumerate(split_outside(text, ",")):
        if not part:
            continue
        head, _, rest = part.partition(":")
        words = head.replace("`", "").split()
        pieces = split_outside(rest.strip(), " = ")
        kind = pieces[0]
        default = pieces[1] if len(pieces) > 1 else None
        label = words[0] if words[0] != "_" else None
        if labels is not None:
            label = None if labels[number] == "_" else labels[number]
        is_inout = kind.startswith("inout ")
        kind = re.sub(r"^(inout|consuming|borrowing|__owned|sending) ", "", kind)
        is_variadic = kind.endswith("...")
        parameters.append(
            Parameter(label, words[-1], kind.removesuffix("..."), default, is_inout, is_variadic))
    return parameters


def parse(symbol: dict) -> Declaration:
    fragments = symbol["declarationFragments"]
    kind = symbol["kind"]["identifier"]
    text = "".join(fragment["spelling"] for fragment in fragments)
    declaration = Declaration(kind, symbol["pathComponents"], text)
    declaration.is_operator = kind == "swift.func.op"
    for constraint in symbol.get("swiftExtension", {}).get("constraints", []):
        if constraint["kind"] == "sameType":
            declaration.self_type = constraint["rhs"]
    where = "identifier"
    if kind in ("swift.init", "swift.subscript"):
        where = "keyword"
    position = 0
    for fragment in fragments:
        spelling = fragment["spelling"]
        if fragment["kind"] == where and (where != "keyword" or spelling.startswith(kind.removeprefix("swift."))):
            position += len(spelling)
            break
        position += len(spelling)
    head, tail = text[:position], text[position:].lstrip("?!")
    words = set(head.split())
    declaration.is_mutating = "mutating" in words
    declaration.is_prefix = "prefix" in words
    if kind.endswith("property"):
        accessors = re.search(r"\{(.*)\}\s*$", tail)
        declaration.result = re.sub(r"\s*\{.*\}\s*$", "", tail.split(":", 1)[1]).strip()
        settable = accessors and " set" in accessors.group(1) or not accessors and "let" not in words
        declaration.is_settable = bool(settable) and "nonmutating" not in tail
        if accessors and "nonmutating set" in accessors.group(1):
            declaration.is_settable = True
        return declaration
    tail = tail.lstrip()
    if tail.startswith("<"):
        end = skip_nested(tail, 0)
        declaration.generics = [part.split(":")[0].strip() for part in split_outside(tail[1:end - 1], ",")]
        tail = tail[end:].lstrip()
    end = skip_nested(tail, 0)
    labels = None
    if kind in ("swift.subscript", "swift.func.op"):
        name = declaration.path[-1]
        inside = name[name.rindex("(") + 1:-1]
        labels = inside.split(":")[:-1] if kind == "swift.subscript" else ["_"] * 9
    declaration.parameters = parse_parameters(tail[1:end - 1], labels)
    rest = tail[end:]
    accessors = re.search(r"\{([^{}]*)\}\s*$", rest) if kind == "swift.subscript" else None
    if accessors:
        declaration.is_settable = "set" in accessors.group(1).split()
        rest = rest[:accessors.start()]
    rest, *constraints = re.split(r"\bwhere\b", rest)
    declaration.constraints = constraints[0].strip() if constraints else ""
    effects, *result = split_outside(rest, "->")
    parts = re.split(r"->", rest, maxsplit=1)
    effects = parts[0]
    declaration.throws = "throws" in effects
    declaration.is_async = "async" in effects
    if len(parts) > 1:
        declaration.result = parts[1].strip()
    if kind == "swift.init":
        declaration.result = declaration.owner + ("?" if "init?" in head + text[position:position + 1] else "")
    return declaration


def is_unavailable(symbol: dict) -> bool:
    return any(a.get("isUnconditionallyUnavailable") for a in symbol.get("availability", []))


def is_device_layer(declaration: Declaration) -> bool:
    if declaration.owner and declaration.owner not in DEVICE_TYPES:
        return True
    if declaration.owner == "CachingAllocator" and declaration.base in ("allocate", "deallocate"):
        return True
    if declaration.owner == "ElementwiseKernel" and declaration.kind != "swift.init":
        return True
    if declaration.owner == "Device" and declaration.kind != "swift.type.property":
        return True
    if not declaration.owner and declaration.base in ("broadcastShapes", "wrapDimension"):
        return True
    return bool(DEVICE_LAYER.search(declaration.text))


def read(folder: Path) -> tuple[list[Declaration], dict, int]:
    """The callable declarations, the enumerations' cases by their type, and how many belong to the device layer."""
    declarations, cases, layer = [], {}, 0
    for file in sorted(folder.glob("*.symbols.json")):
        graph = json.loads(file.read_text())
        is_devices = file.name.startswith("Devices")
        required = {r["source"] for r in graph["relationships"] if "requirementof" in r["kind"].lower()}
        for symbol in graph["symbols"]:
            identifier = symbol["identifier"]["precise"]
            if "::SYNTHESIZED::" in identifier or is_unavailable(symbol):
                continue
            kind = symbol["kind"]["identifier"]
            if kind == "swift.enum.case":
                owner = ".".join(symbol["pathComponents"][:-1])
                text = "".join(f["spelling"] for f in symbol["declarationFragments"])
                cases.setdefault(owner, []).append(text.removeprefix("indirect ").removeprefix("case "))
                continue
            if kind not in CALLABLE or identifier in required:
                continue
            declaration = parse(symbol)
            if is_devices and is_device_layer(declaration):
                layer += 1
                continue
            declarations.append(declaration)
    return declarations, cases, layer


if __name__ == "__main__":
    import sys
    found, cases, layer = read(Path(sys.argv[1]))
    for d in found:
        print(d.kind, d.title, d.parameters, d.result, d.generics, d.throws, d.is_settable, d.is_mutating)
    print(len(found), "declarations,", layer, "of the device layer")
