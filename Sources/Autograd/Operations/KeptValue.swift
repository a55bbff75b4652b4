import Devices

extension Tensor {
  /// A result that takes the place of this tensor's value, such that this value comes back where the device finds out later that it could not
  /// compute the result: see `Device.keepValue`.
  ///
  /// - Parameter isShared: whether others may hold the result, who must not see another value in it.
  func keepingValue(in result: Tensor, isShared: Bool) throws(TensorError) -> Tensor {
    let (old, new) = (body.value, result.body)
    // Memory in reach has been written when a command returns.
    guard result.isValid, !new.storage.isDirect, old.storage.device === new.storage.device, old.storage !== new.storage,
      old.layout.shape == new.layout.shape
    else { return result }
    var body = new
    if isShared {
      let copy = try new.value.operand.copied()
      body = TensorBody(
        storage: copy.storage, layout: copy.layout, dtype: copy.dtype, node: new.node, outputIndex: Int(new.outputIndex),
        flags: new.flags)
    }
    try old.storage.device.keepValue(of: old.operand, in: body.operand)
    return Tensor(body)
  }
}
