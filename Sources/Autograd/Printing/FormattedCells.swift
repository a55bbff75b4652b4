import Devices

/// The elements that appear, each as text, and the width of their column.
struct FormattedCells {
  private(set) var texts: [String]
  private(set) var width: Int

  init(_ values: [Scalar], dtype: DType, options: PrintOptions) {
    switch dtype.category {
    case .boolean: texts = values.map { $0.boolValue ? "True" : "False" }
    case .integer: texts = values.map { String($0.intValue) }
    case .floating:
      let numbers = values.map(\.doubleValue)
      let format = FloatFormat(numbers, options: options)
      texts = numbers.map(format.text)
      // Zeros, infinities and NaNs do not widen the column in PyTorch, even where they are the longest.
      width = zip(numbers, texts).reduce(1) { $1.0.isFinite && $1.0 != 0 ? max($0, $1.1.utf8.count) : $0 }
      return
    }
    width = texts.reduce(1) { max($0, $1.utf8.count) }
  }

  func padded(_ index: Int) -> String {
    let text = texts[index]
    return text.utf8.count < width ? String(repeating: " ", count: width - text.utf8.count) + text : text
  }
}

/// One notation for all elements of a floating-point tensor.
///
/// The choice is made in double on every device. (PyTorch makes it in float32 on mps, where 1e-4 is not below 1e-4.)
private enum FloatFormat {
  case whole
  case fixed(precision: Int)
  case scientific(precision: Int)

  init(_ numbers: [Double], options: PrintOptions) {
    let significant = numbers.filter { $0.isFinite && $0 != 0 }
    guard let largest = significant.lazy.map(\.magnitude).max(),
      let smallest = significant.lazy.map(\.magnitude).min()
    else {
      self = .whole  // whatever `sciMode` says
      return
    }
    let precision = min(max(0, options.precision), PrintOptions.greatestPrecision)
    if options.sciMode ?? (largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4) {
      self = .scientific(precision: precision)
    } else if significant.allSatisfy({ $0 == $0.rounded() }) {
      self = .whole
    } else {
      self = .fixed(precision: precision)
    }
  }

  func text(_ number: Double) -> String {
    switch self {
    // The point shows that it is a floating-point number.
    case .whole: NumberFormat.fixed(number, precision: 0) + (number.isFinite ? "." : "")
    case .fixed(let precision): NumberFormat.fixed(number, precision: precision)
    case .scientific(let precision): NumberFormat.scientific(number, precision: precision)
    }
  }
}
