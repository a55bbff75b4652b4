import Devices

// One boolean for two whole tensors, and what follows from it: sets of tensors, and dictionaries with them as keys.

extension Tensor: Hashable {
  /// Whether both have the same shape and equal elements, whatever their dtypes, devices and places in a graph: one boolean. `.==` compares
  /// element by element.
  ///
  /// Numbers of several dtypes are compared exactly, as Python compares its own: the int64 16777217 is no float32. So what equals the same
  /// equals each other, and equal tensors have equal hashes. A NaN equals nothing, as among Swift's numbers. Waits for the devices.
  public static func == (x: Tensor, y: Tensor) -> Bool {
    for tensor in [x, y] where !tensor.isValid {
      tensor.reportUse()
      return false
    }
    guard x.shape == y.shape else { return false }
    let isEqual = equality(of: x.detach(), y.detach().to(x.device))
    return isEqual.isValid && Bool(isEqual.all())
  }

  /// The hash of the value: of the shape and all elements as numbers, whatever the dtype. Waits for the device.
  ///
  /// PyTorch hashes which tensor it is. A variable's hash is that of the value that it has now, so a variable that is updated is no key:
  /// use its place in the list of parameters, or a snapshot, `detach()`.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    guard isValid else { return reportUse() }
    // Equal numbers are the same float64, whatever dtype they come from; adding zero makes one of its two zeros.
    _ = (detach().to(.float64) + 0).withElements { hasher.combine(bytes: $0) }
  }

  /// `.==`, exact where an integer meets a floating point number.
  private static func equality(of x: Tensor, _ y: Tensor) -> Tensor {
    if x.isFloatingPoint == y.isFloatingPoint { return x .== y }
    let (integer, number) = x.isFloatingPoint ? (y, x) : (x, y)
    let rounded = integer.to(.float64)
    // 2^63, to which the greatest integers are rounded, has no int64 to be compared with.
    return (rounded .== number.to(.float64)) .& (rounded .< 0x1p63) .& (rounded.to(.int64) .== integer)
  }
}
