import Devices

// New tensors of random numbers. They are drawn on the host, in the order of the new tensor's memory, and are the same on every device.
//
// Without `generator` the default one is drawn from. All functions have the errors of `empty` for the shape and of `requiresGrad`.

// MARK: - From a shape

extension Tensor {
  /// Uniform in [0, 1).
  ///
  /// Error: `"check_uniform_bounds" not implemented for 'Long'` for a dtype that is not floating.
  public static func rand(
    _ shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    drawn(.uniform(low: 0, high: 1), Layout(shape: shape), dtype ?? DefaultDType.current, device, requiresGrad, generator)
  }

  /// Standard normal.
  ///
  /// Error: `"normal_kernel_cpu" not implemented for 'Long'` for a dtype that is not floating.
  public static func randn(
    _ shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    normal(mean: 0, std: 1, shape, dtype: dtype, device: device, requiresGrad: requiresGrad, generator: generator)
  }

  /// Normal with one mean and standard deviation.
  ///
  /// Errors: `normal expects std >= 0.0, but found std -1`; dtypes as `randn`.
  public static func normal(
    mean: Double, std: Double, _ shape: [Int], dtype: DType? = nil, device: any Device = .cpu, requiresGrad: Bool = false,
    generator: Generator? = nil
  ) -> Tensor {
    drawn(.normal(mean: mean, std: std), Layout(shape: shape), dtype ?? DefaultDType.current, device, requiresGrad, generator)
  }

  /// Integers from 0 up to, not including, `high`.
  public static func randint(
    _ high: Int, _ shape: [Int], dtype: DType = .int64, device: any Device = .cpu, requiresGrad: Bool = false,
    generator: Generator? = nil
  ) -> Tensor {
    randint(0, high, shape, dtype: dtype, device: device, requiresGrad: requiresGrad, generator: generator)
  }

  /// Integers from `low` up to, not including, `high`.
  ///
  /// Errors: `random_ expects 'from' to be less than 'to', but got from=5 >= to=5`; `to - 1 is out of bounds for unsigned char`.
  public static func randint(
    _ low: Int, _ high: Int, _ shape: [Int], dtype: DType = .int64, device: any Device = .cpu, requiresGrad: Bool = false,
    generator: Generator? = nil
  ) -> Tensor {
    drawn(.integers(low: Int64(low), high: Int64(high)), Layout(shape: shape), dtype, device, requiresGrad, generator)
  }

  /// The integers from 0 up to, not including, `n`, in random order.
  ///
  /// Errors: `value cannot be converted to type uint8_t without overflow` where the dtype does not reach n - 1, or for a floating dtype
  /// `n cannot be greater than 2049 for Half type.`
  public static func randperm(
    _ n: Int, dtype: DType = .int64, device: any Device = .cpu, requiresGrad: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    attempt { () throws(TensorError) in
      try MersenneTwister.validatePermutation(count: n, dtype: dtype)
      try checkRequiresGrad(dtype, requiresGrad)
      _ = try uninitialized("randperm", [n], .int64, .cpu)  // refuses what the host could not hold
      let order = try (generator ?? .default).withEngine { $0.randomPermutation(n) }
      return try made(shape: [n], dtype: dtype, device: device, requiresGrad: requiresGrad) { memory, dtype in
        for (index, value) in order.enumerated() { store(.int(value), to: memory, at: index, as: dtype) }
      }
    }
  }

  /// - Parameter layout: contiguous, or dense in another order of dimensions: draws follow memory.
  fileprivate static func drawn(
    _ distribution: Distribution, _ layout: Layout, _ dtype: DType, _ device: any Device,
    _ requiresGrad: Bool, _ generator: Generator?
  ) -> Tensor {
    attempt { () throws(TensorError) in
      try checkRequiresGrad(dtype, requiresGrad)
      _ = try Layout.checkedCount(layout.shape)
      let storage = try device.allocate(byteCount: layout.count * dtype.byteCount)
      let operand = Operand(storage: storage, layout: layout, dtype: dtype)
      try draw(distribution.elementBy(element: !layout.isContiguous), into: operand, generator)
      return try Tensor(operand).asLeaf(requiresGrad)
    }
  }

  /// Fills dense memory in its own order.
  static func draw(_ distribution: Distribution, into target: Operand, _ generator: Generator?) throws(TensorError) {
    try distribution.validate(for: target.dtype)
    let device = target.device
    try (generator ?? .default).withEngine { (engine) throws(TensorError) in
      try device.random(distribution, engine: &engine, to: target.with(layout: target.layout.flat))
    }
  }
}

extension Distribution {
  /// PyTorch makes the normal values of a tensor that is not contiguous one by one, which gives others than its blocks do.
  func elementBy(element isSeparate: Bool) -> Distribution {
    if isSeparate, case .normal(let mean, let std) = self { return .separateNormal(mean: mean, std: std) }
    return self
  }
}

// MARK: - Like another

// Memory order is part of what a tensor hands on: `rand` of a transposed matrix draws along its columns.

extension Tensor {
  /// Uniform in [0, 1), of this tensor's shape, and its dtype and device unless others are given.
  public func randLike(
    dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    drawnLike(.uniform(low: 0, high: 1), dtype: dtype, device: device, requiresGrad: requiresGrad, generator: generator)
  }

  /// Standard normal.
  public func randnLike(
    dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false, generator: Generator? = nil
  ) -> Tensor {
    drawnLike(.normal(mean: 0, std: 1), dtype: dtype, device: device, requiresGrad: requiresGrad, generator: generator)
  }

  /// Integers from `low` up to, not including, `high`.
  public func randintLike(
    _ low: Int, _ high: Int, dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false,
    generator: Generator? = nil
  ) -> Tensor {
    drawnLike(
      .integers(low: Int64(low), high: Int64(high)), dtype: dtype, device: device, requiresGrad: requiresGrad, generator: generator)
  }

  func drawnLike(
    _ distribution: Distribution, dtype: DType? = nil, device: (any Device)? = nil, requiresGrad: Bool = false,
    generator: Generator?
  ) -> Tensor {
    guard isValid else { return passedOn }
    return .drawn(
      distribution, layout.dense, dtype ?? self.dtype, device ?? self.device, requiresGrad, generator)
  }
}
