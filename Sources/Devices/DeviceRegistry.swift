extension Device {
  /// The name that tells devices of one type apart, as tensors print it: `mps:0`. The CPU has no index.
  public var description: String { type == "cpu" ? "cpu" : "\(type):0" }
}

extension DeviceConvertible where Self == CPUDevice {
  public static var cpu: CPUDevice { .shared }
}

extension DeviceConvertible where Self == AcceleratorDevice {
  public static var accelerator: AcceleratorDevice { .shared }
}

extension DeviceConvertible where Self == ReferenceDevice {
  public static var reference: ReferenceDevice { .shared }
}

/// The device of a name as PyTorch writes them, `cpu`, `mps` or `mps:0`, or `reference`.
///
/// - Throws: `Expected one of cpu, cuda, ... device type at start of device string: nope`; `Invalid device string: 'cpu:x'`;
///   `Device string must not be empty`; and, where PyTorch knows the type, `Fluxion is not linked with support for cuda devices`.
public func device(named name: String) throws(TensorError) -> any Device {
  if name.isEmpty { throw .runtime("Device string must not be empty") }
  let parts = name.split(separator: ":", omittingEmptySubsequences: false)
  let type = String(parts[0])
  guard parts.count <= 2, type.allSatisfy({ $0 == "_" || $0.isASCII && $0.isLetter }) else {
    throw .runtime("Invalid device string: '\(name)'")
  }
  var index = 0
  if parts.count == 2 {
    let digits = parts[1]
    guard digits.allSatisfy({ ("0"..."9").contains($0) }), digits == "0" || !digits.hasPrefix("0"), let number = Int(digits) else {
      throw .runtime("Invalid device string: '\(name)'")
    }
    index = number
  }
  let found: any Device
  switch type {
  // Whatever its index: there is one, and PyTorch does not look.
  case "cpu": return .cpu
  case "mps": found = .accelerator
  case "reference": found = .reference
  default:
    guard pytorchDeviceTypes.contains(type) else {
      throw .runtime(
        "Expected one of \(pytorchDeviceTypes.joined(separator: ", ")) device type at start of device string: \(type)")
    }
    throw .runtime("Fluxion is not linked with support for \(type) devices")
  }
  guard index == 0 else { throw .runtime("There is no device \(name): the only \(type) device is \(found.description)") }
  return found
}

private let pytorchDeviceTypes = [
  "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy", "vulkan", "mps",
  "meta",
  "hpu", "mtia", "privateuseone",
]
