import Devices

/// What `TensorFormatter` has to know of a tensor besides its elements.
package struct TensorText: Sendable, Hashable {
  package var shape: [Int]
  package var dtype: DType
  /// As in `device='mps:0'`; nil on the device that is not mentioned.
  package var device: String?
  package var requiresGrad: Bool
  /// As in `grad_fn=<MulBackward0>`, which stands instead of `requires_grad=True`.
  package var gradFn: String?
  /// Whether `Parameter containing:` goes before it.
  package var isParameter: Bool

  package init(
    shape: [Int], dtype: DType, device: String? = nil, requiresGrad: Bool = false, gradFn: String? = nil,
    isParameter: Bool = false
  ) {
    self.shape = shape
    self.dtype = dtype
    self.device = device
    self.requiresGrad = requiresGrad
    self.gradFn = gradFn
    self.isParameter = isParameter
  }
}

/// Writes tensors exactly as PyTorch's `repr`.
package struct TensorFormatter: Sendable {
  private let options: PrintOptions
  private let defaultDType: DType

  package init(options: PrintOptions, defaultDType: DType) {
    self.options = options
    self.defaultDType = defaultDType
  }

  /// The whole text.
  ///
  /// `elements` is called once at most, with the row-major positions of the elements that appear, in ascending order,
  /// and returns their values in that order. So a summary of a large tensor reads a few elements, and a device can gather
  /// them in one go. The text of an empty tensor reads nothing.
  package func describe<Failure: Error>(
    _ tensor: TensorText, elements: (_ positions: [Int]) throws(Failure) -> [Scalar]
  ) throws(Failure) -> String {
    let opening = "tensor("
    let grid = SummaryGrid(shape: tensor.shape, options: options)
    let values = grid.positions.isEmpty ? [] : try elements(grid.positions)
    let cells = FormattedCells(values, dtype: tensor.dtype, options: options)
    var text = opening + grid.text(of: cells, indent: opening.utf8.count, lineWidth: options.lineWidth)
    append(suffixes(of: tensor), to: &text, indent: opening.utf8.count)
    return (tensor.isParameter ? "Parameter containing:\n" : "") + text + ")"
  }

  private func suffixes(of tensor: TensorText) -> [String] {
    let isEmpty = tensor.shape.contains(0)
    var suffixes: [String] = []
    if let device = tensor.device { suffixes.append("device='\(device)'") }
    // The brackets show any other shape.
    if isEmpty ? tensor.shape.count != 1 : options.edgeItems <= 0 {
      suffixes.append("size=\(tuple(tensor.shape))")
    }
    // Where there are elements they show what is int64 or bool.
    let isEvident = !isEmpty && (tensor.dtype == .int64 || tensor.dtype == .bool)
    if tensor.dtype != defaultDType && !isEvident { suffixes.append("dtype=\(tensor.dtype)") }
    if let gradFn = tensor.gradFn {
      suffixes.append("grad_fn=<\(gradFn)>")
    } else if tensor.requiresGrad {
      suffixes.append("requires_grad=True")
    }
    return suffixes
  }

  /// A Python tuple.
  private func tuple(_ items: [Int]) -> String {
    items.count == 1 ? "(\(items[0]),)" : "(" + items.map(String.init).joined(separator: ", ") + ")"
  }

  private func append(_ suffixes: [String], to text: inout String, indent: Int) {
    // PyTorch takes the last line for two characters longer than it is, and breaks accordingly early.
    var column = text.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 2
    for suffix in suffixes {
      let width = suffix.utf8.count
      if column + width + 2 > options.lineWidth {
        text += ",\n" + String(repeating: " ", count: indent) + suffix
        column = indent + width
      } else {
        text += ", " + suffix
        column += width + 2
      }
    }
  }
}
