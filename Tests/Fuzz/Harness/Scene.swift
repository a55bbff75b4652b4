import Fluxion

/// What the tensors of one call have in common, so that many calls get past their checks of shapes and dtypes.
struct Scene {
  var shape: [Int]
  var dtype: DType
  var device: any Device
  /// Positions are drawn below it.
  var extent: Int
  var wantsGradients: Bool
  /// Whether arguments keep to what is usual, so that the call gets to its work. Else anything may come.
  let isTame: Bool
  /// Accelerator commands that fail.
  var hasFaults = false
  /// Whether a tensor of 2^40 elements may be among the operands: work of that size is then what was asked for.
  var isHuge = false

  init(_ stream: inout Stream) {
    isTame = stream.chance(2)
    let kind = stream.below(100)
    switch kind {
    case ..<40:
      let n = stream.pick([1, 2, 2, 3, 3, 4])
      shape = [Int](repeating: n, count: stream.pick([1, 2, 2, 2, 3, 3, 4]))
    case ..<55:
      let n = stream.pick([2, 3, 4])
      shape = [stream.pick([1, 2, 3]), n, n]
    case ..<70:
      // Images: batch, channels, one to three extents.
      shape = [stream.pick([1, 2, 3]), stream.pick([1, 2, 4])] + (0...stream.below(3)).map { _ in 0 }
      for i in 2..<shape.count { shape[i] = stream.pick([4, 5, 6, 8]) }
    case ..<72: shape = stream.pick([[40_000], [200, 200], [3, 20_000], [70_000, 1], [1, 1 << 18]])
    case ..<78: shape = []
    default: shape = (0..<stream.below(5)).map { _ in 0 }.map { _ in stream.pick([0, 1, 1, 2, 3, 4, 5, 7]) }
    }
    dtype = stream.pick(
      [.float32, .float32, .float32, .float32, .float32, .float64, .float64, .float64, .int64, .int64] + DType.allCases)
    device = stream.pick([.cpu, .cpu, .cpu, .cpu, .cpu, .cpu, .accelerator, .accelerator, .reference] as [any Device])
    extent = shape.filter { $0 > 0 }.min() ?? 1
    wantsGradients = stream.chance(2)
    if isTame && stream.chance(2) { dtype = stream.chance(2) ? .float32 : .float64 }
    if device === AcceleratorDevice.shared { hasFaults = stream.chance(12) }
    isHuge = stream.chance(2000)
    if isLarge && device === ReferenceDevice.shared { device = .cpu }
  }

  var count: Int { shape.reduce(1, *) }

  var isLarge: Bool { count > 4096 }
  /// The reference device defines what is right; it is not for large tensors.
  var devices: [any Device] { isLarge ? [.cpu, .accelerator] : [.cpu, .accelerator, .reference] }
}
