import Fluxion

/// Printed tensors.
///
/// A row has `dtype`, `shape`, `data` (a row-major list or a formula), `options` and `text`; with an operation in `options.grad_fn`, the name
/// that it prints in `grad_fn`.
struct ReprSuite: Suite {
  let name = "repr"
  let summary = "the text of tensors"

  func check(_ row: JSON) throws -> Outcome {
    let dtype = try row.member("dtype").asDType()
    let options = row["options"] ?? .object([:])
    if options["meta"]?.flag == true { throw Skip("meta device") }
    let shape = try row.member("shape").asShape()
    let values = try elements(row.member("data"), count: shape.reduce(1, *))
    let defaultDType = try options["default_dtype"]?.asDType() ?? .float32
    return try withDefaultDType(defaultDType) {
      var tensor = Tensor(values, shape: shape, dtype: dtype)
      let isParameter = options["parameter"]?.flag == true
      if isParameter || options["requires_grad"]?.flag == true { tensor.requiresGrad = true }
      if let operation = try options["grad_fn"]?.asString() {
        tensor = try apply(operation, to: tensor.requiringGrad())
        let name = tensor.gradFn?.name ?? "none"
        if let expected = row["grad_fn"]?.text, name != expected { return .compare(name, to: expected, "grad_fn") }
      }
      if let view = try options["view"]?.asString() { tensor = try apply(view: view, to: tensor) }
      let text = try withPrintOptions(options["printoptions"]) { tensor.description(asParameter: isParameter) }
      return .compare(text, to: try row.member("text").asString())
    }
  }

  // MARK: Elements

  private func elements(_ data: JSON, count: Int) throws -> [Scalar] {
    if let list = data.list { return try list.map { try $0.asScalar() } }
    func number(_ key: String) throws -> Double { try data.member(key).asDouble() }
    var values: [Scalar]
    switch try data.member("formula").asString() {
    case "arange":
      let (start, step) = (try number("start"), try number("step"))
      values = (0..<count).map { .double(start + step * Double($0)) }
    case "arange_mod":
      let (start, step, mod, sub) = (try number("start"), try number("step"), try number("mod"), try number("sub"))
      values = (0..<count).map { index in
        // Python's remainder: it has the sign of the divisor.
        let rest = (start + step * Double(index)).truncatingRemainder(dividingBy: mod)
        return .double((rest != 0 && (rest < 0) != (mod < 0) ? rest + mod : rest) - sub)
      }
    case "const": values = [Scalar](repeating: try data.member("value").asScalar(), count: count)
    case let formula: throw FormatError("no formula \(formula)")
    }
    for pair in try data["set"]?.asArray() ?? [] {
      let pair = try pair.asArray()
      guard pair.count == 2, let index = pair[0].int, values.indices.contains(index) else {
        throw FormatError("'set' has no pairs of an index and a value")
      }
      values[index] = try pair[1].asScalar()
    }
    return values
  }

  // MARK: Operations

  private func apply(_ operation: String, to x: Tensor) throws -> Tensor {
    switch operation {
    case "MulBackward0": x * 1
    case "SumBackward0": x.sum()
    case "ViewBackward0": x.view(x.shape)
    case "AddmmBackward0": Tensor.zeros(x.shape, dtype: x.dtype).addmm(x, .eye(x.size(-1), dtype: x.dtype))
    case "CrossEntropy": F.crossEntropy(x, .zeros([x.size(0)], dtype: .int64))
    case "SelectBackward0": x[0]
    default: throw Skip("operation \(operation)")
    }
  }

  private func apply(view: String, to x: Tensor) throws -> Tensor {
    switch view {
    case "transpose": x.transpose(-2, -1)
    case "step2": x.slice(dim: -1, by: 2)
    case "flip": x.flip(-1)
    default: throw Skip("view \(view)")
    }
  }

  // MARK: Print options

  private func withPrintOptions<Result>(_ options: JSON?, _ body: () throws -> Result) throws -> Result {
    guard let options else { return try body() }
    func integer(_ key: String) throws -> Int? {
      guard let value = options[key] else { return nil }
      return value.double == .infinity ? .max : try value.asInt()
    }
    let profile: PrintOptions? =
      switch options["profile"]?.text {
      case "default": .default
      case "short": .short
      case "full": .full
      default: nil
      }
    return try Fluxion.withPrintOptions(
      profile: profile, precision: try integer("precision"), threshold: try integer("threshold"),
      edgeItems: try integer("edgeitems"), lineWidth: try integer("linewidth"), sciMode: options["sci_mode"]?.flag, body)
  }
}
