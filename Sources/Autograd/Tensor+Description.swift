import Devices

// Tensors as text: as PyTorch prints them.

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// PyTorch's `repr`, by the print options and the default dtype in force here: `tensor([1., 2.], requires_grad=True)`.
  ///
  /// Only the elements that appear are read. A value that is not there, of an operation that failed within `checked`, is
  /// `tensor(<invalid>)`.
  public var description: String { description(asParameter: false) }

  /// - Parameter isParameter: whether `Parameter containing:` goes before it, as for the parameters of a module.
  package func description(asParameter isParameter: Bool) -> String {
    let invalid = "tensor(<invalid>)"
    guard isValid else { return invalid }
    let value = frozen
    let text = TensorText(
      shape: shape, dtype: dtype, device: device === CPUDevice.shared ? nil : device.description, requiresGrad: requiresGrad,
      gradFn: gradFn?.name, isParameter: isParameter)
    let formatter = TensorFormatter(options: .current, defaultDType: DefaultDType.current)
    do throws(TensorError) {
      return try formatter.describe(text) { positions throws(TensorError) in try value.elements(at: positions) }
    } catch {
      _ = Tensor.failure(error)
      return invalid
    }
  }

  public var debugDescription: String { description }
}

extension DefaultStringInterpolation {
  /// As in Python's f-strings: a 0-d tensor is its bare number, `"loss \(loss)"` gives `loss 0.5`; one with dimensions is its `description`.
  public mutating func appendInterpolation(_ tensor: Tensor) {
    appendLiteral(tensor.rank == 0 && tensor.isValid ? NumberFormat.bareNumber(tensor.item()) : tensor.description)
  }

  /// For `"\(x.grad)"`: as the tensor, or `nil`.
  public mutating func appendInterpolation(_ tensor: Tensor?) {
    if let tensor { appendInterpolation(tensor) } else { appendLiteral("nil") }
  }
}

// MARK: - Reading a few elements

extension Tensor {
  /// The elements at row-major positions. Where the memory is out of reach the device gathers them: one command and one read.
  fileprivate func elements(at positions: [Int]) throws(TensorError) -> [Scalar] {
    let places = positions.map { layout.place(ofElement: $0) }
    if let address = body.storage.directAddress {
      let memory = UnsafeRawBufferPointer(start: address, count: body.storage.byteCount)
      return withExtendedLifetime(self) { places.map { load(memory, at: $0, as: dtype) } }
    }
    let extent = layout.extent
    let flat = operand.with(layout: Layout(shape: [extent.count], strides: [1], offset: extent.lowerBound))
    let indices = try Tensor.made(shape: [places.count], dtype: .int64, device: device, requiresGrad: false) {
      memory, dtype in
      for (index, place) in places.enumerated() {
        store(.int(Int64(place - extent.lowerBound)), to: memory, at: index, as: dtype)
      }
    }
    let found = try Tensor.uninitialized("print", [places.count], dtype, device)
    try device.gather(flat, indices: [indices.operand], dimensions: [0], to: found.operand)
    return found.withElements { bytes in places.indices.map { load(bytes, at: $0, as: dtype) } } ?? places.map { _ in .int(0) }
  }
}

extension Layout {
  /// Where an element lies in the storage, by its position in row-major order.
  func place(ofElement position: Int) -> Int {
    var rest = position
    var place = offset
    for dim in shape.indices.reversed() {
      place += rest % shape[dim] * strides[dim]
      rest /= shape[dim]
    }
    return place
  }
}
