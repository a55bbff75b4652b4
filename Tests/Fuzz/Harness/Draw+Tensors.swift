import Fluxion

extension Draw {
  /// What a parameter's name says of the tensor it takes.
  private enum Role { case numbers, positions, mask, probabilities }

  private func role(_ name: String) -> Role {
    let name = name.lowercased()
    if name.contains("mask") || name == "condition" { return .mask }
    if ["index", "indices", "offsets", "pivots", "lengths", "sorter", "repeats", "counts", "start"].contains(where: name.contains) {
      return .positions
    }
    if name == "target" || name == "targets" { return chance(2) ? .positions : .numbers }
    if name.contains("prob") || name == "q" || name == "p" { return .probabilities }
    return .numbers
  }

  func tensors(_ name: String) -> [Tensor] { (0..<pick([0, 1, 2, 2, 2, 3])).map { _ in tensor(name) } }

  func tensor(_ name: String, isTarget: Bool = false) -> Tensor {
    if !pool.isEmpty && chance(scene.isTame ? 8 : 4) {
      let old = pick(pool)
      if !old.isValid { hasFailedOperand = true }
      note("\(name): an earlier tensor, \(about(old))")
      return old
    }
    if isWild(80) {
      note("\(name): the result of a failed operation")
      return failedTensor
    }
    if scene.isHuge && !isTarget && chance(2) {
      note("\(name): one element expanded to 2^40")
      return (try? checked { Tensor.ones([1, 1], dtype: scene.dtype).expand([1 << 20, 1 << 20]) }) ?? failedTensor
    }
    let role = role(name)
    let dtype = dtype(for: role)
    let device = isWild(20) ? pick(scene.devices) : scene.device
    let plain = (try? checked { laidOut(filled(shape(for: role, name), dtype, role), device) }) ?? failedTensor
    let tensor = (try? checked { placed(plain, isTarget) }) ?? plain
    note("\(name): \(about(tensor))")
    if tensor.isValid && chance(3) { pool.append(tensor) }
    return tensor
  }

  /// What `checked` leaves of an operation that could not be done.
  static let failed: Tensor = {
    var tensor = Tensor.zeros([])
    _ = try? checked { tensor = Tensor.zeros([2]).reshape([3]) }
    return tensor
  }()

  // MARK: Shape and dtype

  private func dtype(for role: Role) -> DType {
    if isWild(8) { return pick(DType.allCases) }
    switch role {
    case .numbers, .probabilities: return scene.dtype
    case .positions: return chance(8) ? .int32 : .int64
    case .mask: return chance(12) ? .uint8 : .bool
    }
  }

  private func shape(for role: Role, _ name: String) -> [Int] {
    let base = scene.shape
    if ["weight", "bias", "running", "vec"].contains(where: name.lowercased().contains), chance(3) {
      return [base.count > 1 && chance(2) ? base[1] : base.last ?? 1]
    }
    if name == "index" && chance(3) { return [pick([1, 2, 3, 5])] }
    switch below(100) {
    case 15...85 where scene.isTame: return base
    case ..<55: return base
    case ..<62: return base.map { chance(2) ? 1 : $0 }
    case ..<68: return Array(base.dropFirst(below(base.count + 1)))
    case ..<74: return Array(base.prefix(below(base.count + 1)))
    case ..<78: return base.count < 6 ? [pick([1, 2, 3])] + base : base
    case ..<82: return base.isEmpty ? [1] : [base[below(base.count)]]
    case ..<85: return []
    case ..<88: return [0]
    default: return (0..<below(5)).map { _ in pick([0, 1, 2, 3, 4, 5]) }
    }
  }

  // MARK: Elements

  private static let extremes: [Double] = [
    .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 5e-324, 1e-308, 1e-45, 1e38, -1e38, 1e308, 1e20, -1e20, 88.7, 709.8, 0.5, 2, 127,
    128,
    255, 256, 65504, 2_147_483_647, -2_147_483_648, 9.2e18, -9.3e18,
  ]

  private func filled(_ shape: [Int], _ dtype: DType, _ role: Role) -> Tensor {
    let count = shape.reduce(1, *)
    if count > 20_000 {
      return dtype.isFloatingPoint
        ? Tensor.rand(shape, dtype: dtype) : Tensor.full(shape, pick([0, 1]), dtype: dtype)
    }
    if dtype == .bool && chance(6) {
      // Memory that held other things: no byte of it need be 0 or 1.
      _ = Tensor.full([Swift.max(count, 1)], 255, dtype: .uint8)
      return .empty(shape, dtype: .bool)
    }
    let extent = Swift.max(scene.extent, 1)
    let values: [Double]
    switch role {
    case .mask: values = (0..<count).map { _ in Double(below(2)) }
    case .positions:
      let isWild = isWild(4)
      values = (0..<count).map { _ in
        isWild ? pick([-1, Double(extent), -Double(extent) - 1, 1e9, -1e9, 9.2e18, 0]) : Double(below(extent))
      }
    case .probabilities: values = (0..<count).map { _ in isWild(10) ? pick(Draw.extremes) : stream.unit() }
    case .numbers:
      switch below(10) {
      case 0: values = (0..<count).map { _ in pick(Draw.extremes) }
      case 1: values = [Double](repeating: pick(Draw.extremes), count: count)
      case 2: values = (0..<count).map { _ in Double(below(7) - 3) }
      case 3: values = (0..<count).map { _ in stream.unit() }
      case 4: values = (0..<count).map { Double($0) }
      default: values = (0..<count).map { _ in 6 * stream.unit() - 3 }
      }
    }
    // Integers that fit no dtype are for the cast to deal with.
    return Tensor(values, shape: shape).to(dtype)
  }

  // MARK: Layout

  private func laidOut(_ tensor: Tensor, _ device: any Device) -> Tensor {
    let x = tensor.to(device)
    let rank = x.rank
    guard rank > 0, x.count < 20_000 else { return x }
    switch below(16) {
    case 0 where rank > 1: return x.transpose(0, 1).contiguous().transpose(0, 1)
    case 1 where rank > 1: return x.transpose(-1, -2).clone().contiguous().transpose(-1, -2)
    case 2: return concatenate([x, x], dim: rank - 1).slice(dim: rank - 1, from: 0, to: x.size(rank - 1))
    case 3: return concatenate([x, x], dim: 0).slice(dim: 0, from: x.size(0), to: 2 * x.size(0))
    case 4: return stack([x, x], dim: rank).select(dim: rank, index: 1)
    case 5: return x.select(dim: 0, index: 0).unsqueeze(0).expand(x.shape)
    case 6: return x.sum().expand(x.shape)
    case 7: return x.asStrided(x.shape, strides: x.shape.map { _ in below(2) })
    default: return x
    }
  }

  // MARK: Place in the graph

  private func placed(_ tensor: Tensor, _ isTarget: Bool) -> Tensor {
    if isWild(100) { return inferenceMode { tensor.clone() } }
    guard tensor.isFloatingPoint, scene.wantsGradients, chance(2) else { return tensor }
    let leaf = tensor.requiringGrad()
    leaves.append(leaf)
    return chance(3) ? leaf * 1 : leaf
  }

  func about(_ tensor: Tensor) -> String {
    guard tensor.isValid else { return "invalid" }
    var text = "\(tensor.dtype) \(tensor.shape) \(tensor.device.description)"
    if !tensor.isContiguous { text += " strided" }
    if tensor.requiresGrad { text += tensor.isLeaf ? " leaf" : " computed" }
    if tensor.isInference { text += " inference" }
    if tensor.count <= 16, let values = try? checked({ tensor.detach().cpu().scalars(as: Double.self) }) { text += " \(values)" }
    return text
  }
}
