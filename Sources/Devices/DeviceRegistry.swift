extension Device {
  /// The name that tells devices of one type apart, as tensors print it: `mps:0`. The CPU has no index.
  public var description: String { type == "cpu" ? "cpu" : "\(type):0" }
}

extension Device where Self == CPUDevice {
  public static var cpu: CPUDevice { .shared }
}
