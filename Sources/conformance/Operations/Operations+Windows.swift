import Fluxion

extension Operations {
  static let windows: [String: Operation] = [
    "signal.windows.bartlett": window { SignalWindows.bartlett($0.m, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad) },
    "signal.windows.blackman": window { SignalWindows.blackman($0.m, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad) },
    "signal.windows.cosine": window { SignalWindows.cosine($0.m, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad) },
    "signal.windows.exponential": window {
      SignalWindows.exponential(
        $0.m, center: try $0.call.double(-1, "center"), tau: try $0.call.double(-1, "tau") ?? 1, sym: $0.sym, dtype: $0.dtype,
        requiresGrad: $0.requiresGrad)
    },
    "signal.windows.gaussian": window {
      SignalWindows.gaussian(
        $0.m, std: try $0.call.double(-1, "std") ?? 1, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad)
    },
    "signal.windows.general_cosine": window {
      SignalWindows.generalCosine(
        $0.m, a: try $0.call.required($0.call.doubles(-1, "a"), "a"), sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad)
    },
    "signal.windows.general_hamming": window {
      SignalWindows.generalHamming(
        $0.m, alpha: try $0.call.double(-1, "alpha") ?? 0.54, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad)
    },
    "signal.windows.hamming": window { SignalWindows.hamming($0.m, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad) },
    "signal.windows.hann": window { SignalWindows.hann($0.m, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad) },
    "signal.windows.kaiser": window {
      SignalWindows.kaiser(
        $0.m, beta: try $0.call.double(-1, "beta") ?? 12, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad)
    },
    "signal.windows.nuttall": window { SignalWindows.nuttall($0.m, sym: $0.sym, dtype: $0.dtype, requiresGrad: $0.requiresGrad) },
  ]

  /// The arguments of every window.
  private struct WindowArguments {
    let call: Call
    let m: Int
    let sym: Bool
    let dtype: DType?
    let requiresGrad: Bool

    init(_ call: Call) throws {
      self.call = call
      m = try call.required(call.int(0, "M"), "M")
      sym = try call.bool(-1, "sym") ?? true
      dtype = try call.dtype(-1)
      requiresGrad = try call.requiresGrad
    }
  }

  private static func window(_ operation: @escaping @Sendable (WindowArguments) throws -> Tensor) -> Operation {
    { .tensor(try operation(try WindowArguments($0))) }
  }
}

extension Call {
  func doubles(_ index: Int, _ name: String) throws -> [Double]? {
    guard let values = given(index, name)?.elements else { return nil }
    return try values.map { try required($0.scalar, name).doubleValue }
  }
}
