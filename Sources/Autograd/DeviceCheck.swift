import Devices

/// - Throws: unless all tensors are on one device: `Expected all tensors to be on the same device, but found at least two devices, cpu and
///   mps:0!` For operations made of others, which would find out on the way.
func checkOneDevice(_ tensors: [Tensor]) throws(TensorError) {
  guard let device = tensors.first?.device else { return }
  for tensor in tensors where tensor.device !== device { throw mixedDevices(device, tensor.device) }
}
