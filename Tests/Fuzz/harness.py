"""Turns declarations into Swift functions that draw their arguments, call them, and hand over what they give."""

import re

from declarations import Declaration, Parameter, split_outside

# One drawing function of `Draw` for each type; names of parameters say what the number or tensor is for.
SOURCES = {
    "Tensor": "d.tensor({name})",
    "Bool": "d.bool()",
    "Int": "d.int({name})",
    "Int64": "Int64(d.int({name}))",
    "Int8": "Int8(truncatingIfNeeded: d.int({name}))",
    "Int16": "Int16(truncatingIfNeeded: d.int({name}))",
    "Int32": "Int32(truncatingIfNeeded: d.int({name}))",
    "UInt8": "UInt8(truncatingIfNeeded: d.int({name}))",
    "UInt16": "UInt16(truncatingIfNeeded: d.int({name}))",
    "Double": "d.double({name})",
    "Float": "Float(d.double({name}))",
    "String": "d.string({name})",
    "Scalar": "d.scalar()",
    "[Int]": "d.ints({name})",
    "[Tensor]": "d.tensors({name})",
    "[UInt8]": "d.bytes()",
    "any Device": "d.device()",
    "Generator": "d.generator()",
    "Generator.State": "d.generator().state",
    "any ScalarConvertible": "d.number()",
    "any TensorConvertible": "d.tensorOrNumber({name})",
    "any AssignableNumber": "d.assignable({name})",
    "any NumberOperand": "Float(d.double({name}))",
    "any DeviceConvertible": "d.placement()",
    "any Dimensions": "d.dimensions({name})",
    "any Extents": "d.extents({name})",
    "any AdaptiveExtents": "d.adaptiveExtents()",
    "any ScaleFactors": "d.scaleFactors()",
    "any Tolerance": "d.tolerance({name})",
    "any ConvolutionPadding": "d.convolutionPadding()",
    "any TensorIndex": "d.index()",
    "any FixedWidthInteger": "d.int({name})",
    "IndexTerm": "d.index().indexTerm",
    "TensorLiteral": "d.literal()",
    "PrintOptions": "d.printOptions()",
    "NormOrder": "d.normOrder()",
    "(Double, Double)": "(d.double(\"low\"), d.double(\"high\"))",
    "ElementwiseKernel": "d.kernel()",
    "Expression": "d.expression()",
    "TensorError": "TensorError.value(\"drawn\")",
    "TensorError.Kind": "TensorError.Kind.value",
    "HookHandle": "d.hookHandle()",
    "Node": "d.node()",
    "FunctionContext": "d.functionContext()",
    "ResultGradients": "d.resultGradients()",
    "Linalg.LeastSquares": "Linalg.lstsq(d.tensor({name}), d.tensor({name}))",
    "(any Sendable)?": "d.maybe { d.int({name}) }",
    "Set<Int>": "Set(d.ints({name}))",
    "DefaultStringInterpolation": "DefaultStringInterpolation(literalCapacity: 1, interpolationCount: 1)",
    "CachingAllocator": "CachingAllocator.shared",
    "Half": "Half(Float(d.double({name})))",
    "BFloat16": "BFloat16(Float(d.double({name})))",
    "TestFunction": "TestFunction()",
    "Range<Int>": "d.range()",
    "ClosedRange<Int>": "d.closedRange()",
    "PartialRangeFrom<Int>": "(d.int(\"from\")...)",
    "PartialRangeUpTo<Int>": "(..<d.int(\"to\"))",
    "PartialRangeThrough<Int>": "(...d.int(\"through\"))",
    "() throws -> Result": "{ d.work() }",
    "() throws -> Tensor": "{ d.work() }",
    "(Tensor) throws -> Tensor": "d.function()",
    "(Tensor) -> Tensor": "d.steadyFunction()",
    "(Tensor, Tensor) -> Tensor": "d.distance()",
    "([Tensor]) throws -> [Tensor]": "d.listFunction()",
    "@escaping @Sendable (Tensor) -> Tensor?": "d.hook()",
    "@Sendable (Tensor) -> Tensor?": "d.hook()",
    "@escaping @Sendable (Tensor) -> Void": "{ _ in }",
    "@Sendable (Tensor) -> Void": "{ _ in }",
    "@escaping @Sendable ([Tensor?], [Tensor?]) -> [Tensor?]?": "d.nodeHook()",
    "@Sendable ([Tensor?], [Tensor?]) -> [Tensor?]?": "d.nodeHook()",
    "(Expression) -> Expression": "{ x in d.formula([x]) }",
    "(Expression, Expression) -> Expression": "{ x, y in d.formula([x, y]) }",
    "(Expression, Expression, Expression) -> Expression": "{ x, y, z in d.formula([x, y, z]) }",
    "([Expression]) -> [Expression]": "{ xs in d.formulas(xs) }",
}
ELEMENTS = ["Double", "Int", "Float", "Bool", "UInt8", "Int16", "Half"]
# Protocols stand for a type that conforms.
RECEIVERS = {
    "DifferentiableFunction": "TestFunction", "TensorConvertible": "Double", "TensorIndex": "IndexTerm",
    "Range": "Range<Int>", "ClosedRange": "ClosedRange<Int>", "PartialRangeFrom": "PartialRangeFrom<Int>",
    "PartialRangeUpTo": "PartialRangeUpTo<Int>", "PartialRangeThrough": "PartialRangeThrough<Int>", "Optional": "Int?",
    "ConvolutionPadding": "ConvolutionMargin", "Device": "CPUDevice",
}
class NoSource(Exception):
    """A type that nothing is drawn of."""


class Generator:
    def __init__(self, cases: dict):
        self.cases = cases
        self.enumerations: dict[str, str] = {}

    # What an argument is drawn from.

    def source(self, type: str, name: str) -> str:
        type = type.strip()
        quoted = '"' + name + '"'
        if type in SOURCES:
            return SOURCES[type].replace("{name}", quoted)
        if type.startswith("some "):
            return self.source("any " + type[5:], name)
        if type.startswith("(") and type.endswith(")") and len(split_outside(type[1:-1], ",")) == 1 and "->" not in type:
            return self.source(type[1:-1], name)
        if type.endswith("?"):
            return f"d.maybe {{ {self.source(type[:-1], name)} }}"
        if type.startswith("[") and type.endswith("]"):
            return f"d.list {{ {self.source(type[1:-1], name)} }}"
        if type in self.cases:
            return self.enumeration(type)
        raise NoSource(type)

    def enumeration(self, type: str) -> str:
        function = "draw" + type.replace(".", "")
        if type not in self.enumerations:
            self.enumerations[type] = ""
            lines = [f"func {function}(_ d: Draw) -> {type} {{", f"  switch d.below({len(self.cases[type])}) {{"]
            for number, case in enumerate(self.cases[type]):
                pattern = f"case {number}:" if number + 1 < len(self.cases[type]) else "default:"
                name, _, payload = case.partition("(")
                value = f"{type}.{name}"
                if payload:
                    values = []
                    for part in split_outside(payload[:-1], ","):
                        part = split_outside(part, " = ")[0]
                        label, colon, kind = part.rpartition(": ")
                        drawn = self.source(kind if colon else part, label or name)
                        values.append(f"{label}: {drawn}" if label and label != "_" else drawn)
                    value += "(" + ", ".join(values) + ")"
                lines.append(f"  {pattern} return {value}")
            lines += ["  }", "}"]
            self.enumerations[type] = "\n".join(lines)
        return f"{function}(d)"

    # One call.

    def receiver(self, declaration: Declaration) -> str:
        owner = declaration.owner
        if owner == "Array":
            return {"Double": "[Double]"}.get(declaration.self_type, "[Int]")
        if owner in ("TensorIndex", "ConvolutionPadding", "Device") and declaration.self_type:
            return declaration.self_type
        return RECEIVERS.get(owner, owner)

    def function(self, number: int, declaration: Declaration) -> list[str]:
        """The Swift function that draws the arguments of a declaration and calls it."""
        owner = self.receiver(declaration)
        if declaration.is_async:
            raise NoSource("async")
        bodies = []
        elements = ELEMENTS if any(g in ("T", "Number") for g in declaration.generics) else [None]
        for element in elements:
            variadic = [p for p in declaration.parameters if p.is_variadic]
            for count in range(4) if variadic else [0]:
                bodies += self.bodies(declaration, owner, element, count)
        lines = [f"func call{number}(_ d: Draw) throws {{"]
        if len(bodies) == 1:
            lines += ["  " + line for line in bodies[0]]
        else:
            lines.append(f"  switch d.below({len(bodies)}) {{")
            for index, body in enumerate(bodies):
                lines.append(f"  case {index}:" if index + 1 < len(bodies) else "  default:")
                lines += ["    " + line for line in body]
            lines.append("  }")
        lines.append("}")
        return lines

    def bodies(self, declaration: Declaration, owner: str, element: str | None, count: int) -> list[list[str]]:
        def concrete(type: str) -> str:
            type = re.sub(r"\bSelf\b", owner, type)
            type = re.sub(r"\bResult\b", "Tensor", type)
            if element:
                type = re.sub(r"\b(T|Number)\b", element, type)
            return type

        lines, arguments = [], []
        for index, parameter in enumerate(declaration.parameters):
            type, name = concrete(parameter.type), f"a{index}"
            if parameter.is_variadic:
                values = []
                for k in range(count):
                    lines.append(f"let {name}{k}: {self.declared(type)} = {self.source(type, parameter.name)}")
                    values.append(f"{name}{k}")
                if values:
                    values[0] = (f"{parameter.label}: " if parameter.label else "") + values[0]
                    arguments += values
                continue
            prefix = f"{parameter.label}: " if parameter.label else ""
            if type == "(UnboundedRange_) -> ()":
                arguments.append(prefix + "...")
                continue
            if type.endswith(".Type"):
                arguments.append(prefix + type.removesuffix(".Type") + ".self")
                continue
            if parameter.is_inout:
                lines.append(f"var {name}: {type} = d.target(\"{parameter.name}\")")
                lines.append(f'defer {{ d.after("{parameter.name}", {name}) }}')
                arguments.append(prefix + "&" + name)
                continue
            value = self.source(type, parameter.name)
            if "->" in type:
                arguments.append(prefix + value)
                continue
            if parameter.default is not None and not value.startswith("d.maybe"):
                value = f"d.chance(4) ? {parameter.default} : {value}"
            lines.append(f"let {name}: {self.declared(type)} = {value}")
            arguments.append(prefix + name)
        call, setter = self.call(declaration, owner, arguments, lines, element)
        lines.append("d.begin()")
        head = list(lines)
        result = concrete(declaration.result)
        if result == "Void":
            lines.append(call)
        else:
            lines.append(f"let r: {result} = {call}")
            if declaration.owner == "Expression":
                lines.append("return r")
            else:
                lines.append("d.keep(r)")
        if declaration.owner == "Expression":
            lines = ["try d.apply { () -> " + result + " in"] + ["  " + line for line in lines] + ["}"]
        found = [lines]
        if setter:
            value = self.source(result, "value")
            found.append(head[:-1] + [f"let v: {self.declared(result)} = {value}", "d.begin()", f"{setter} = v"])
        return found

    def declared(self, type: str) -> str:
        return "any " + type[5:] if type.startswith("some ") else type

    def call(self, declaration, owner, arguments, lines, element) -> tuple[str, str | None]:
        kind, base = declaration.kind, declaration.base
        attempt = "try " if declaration.throws or "rethrows" in declaration.text else ""
        name = f"`{base}`" if base in ("where", "repeat", "var", "default", "init", "self", "in", "is") else base
        if kind == "swift.func":
            return f"{attempt}{name}({', '.join(arguments)})", None
        if kind == "swift.func.op":
            operator = declaration.path[-1].split("(_")[0]
            if len(arguments) == 1:
                return f"{operator}{arguments[0]}", None
            return f"{arguments[0].removeprefix('&')} {operator} {arguments[1]}", None
        if kind == "swift.init":
            return f"{attempt}{owner}({', '.join(arguments)})", None
        if kind == "swift.type.method":
            return f"{attempt}{owner}.{name}({', '.join(arguments)})", None
        if kind == "swift.type.property":
            return f"{owner}.{name}", None
        changes = declaration.is_mutating or declaration.is_settable
        if owner == "Tensor" and changes:
            lines.insert(0, 'var x: Tensor = d.target("self")')
            lines.insert(1, 'defer { d.after("self", x) }')
        elif owner == "Tensor":
            lines.insert(0, 'let x: Tensor = d.tensor("self")')
        else:
            lines.insert(0, f"{'var' if changes else 'let'} x: {owner} = {self.source(owner, 'self')}")
        if kind == "swift.property":
            return f"x.{name}", f"x.{name}" if declaration.is_settable else None
        if kind == "swift.subscript":
            place = f"x[{', '.join(arguments)}]"
            return place, place if declaration.is_settable else None
        return f"{attempt}x.{name}({', '.join(arguments)})", None


def emit(declarations: list[Declaration], cases: dict, dropped: set[int]) -> tuple[list[list[str]], list[str], list[tuple]]:
    """The functions by number, the source of the table and of enumerations, and what is not reached."""
    generator = Generator(cases)
    functions, unreached = [], []
    table = []
    for number, declaration in enumerate(declarations):
        if number in dropped:
            unreached.append((declaration, "does not compile"))
            continue
        try:
            functions.append((number, generator.function(number, declaration)))
            signature = ", ".join(p.type for p in declaration.parameters)
            table.append((number, f"{declaration.title} [{signature}]" if signature else declaration.title))
        except NoSource as error:
            unreached.append((declaration, str(error)))
    return functions, table, list(generator.enumerations.values()), unreached
