import Devices

// A tensor in pieces. All pieces are views, and results of one operation: backward puts their gradients together at once.

extension Tensor {
  /// Pieces of `size` positions along a dimension; the last may be smaller.
  ///
  /// Errors: `split_size can only be 0 if dimension size is 0, but got dimension size of 2`; `split expects at least a 1-dimensional tensor`.
  public func split(_ size: Int, dim: Int = 0) -> [Tensor] {
    attempt([self], results: FailedBody.extent) { list throws(TensorError) in
      let x = list[0]
      guard x.rank > 0 else { throw .runtime("split expects at least a 1-dimensional tensor") }
      guard size >= 0 else {
        throw .runtime("split expects split_size be non-negative, but got split_size=\(size)")
      }
      let dim = try wrapDimension(dim, rank: x.rank)
      let length = x.shape[dim]
      guard size > 0 || length == 0 else {
        throw .runtime("split_size can only be 0 if dimension size is 0, but got dimension size of \(length)")
      }
      return try x.pieces(of: length, size: size, dim: dim)
    }
  }

  /// Pieces of the given sizes along a dimension.
  ///
  /// Error: `split_with_sizes expects split_sizes to sum exactly to 3 (input tensor's size at dimension 1), but got split_sizes=[1, 1]`.
  public func split(_ sizes: [Int], dim: Int = 0) -> [Tensor] {
    attempt([self], results: sizes.count) { list throws(TensorError) in
      let x = list[0]
      guard x.rank > 0 else { throw .runtime("split expects at least a 1-dimensional tensor") }
      let dim = try wrapDimension(dim, rank: x.rank)
      guard sizes.allSatisfy({ $0 >= 0 }) else {
        throw .runtime(
          "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=\(sizes)")
      }
      guard sizes.reduce(0, &+) == x.shape[dim] else {
        throw .runtime(
          "split_with_sizes expects split_sizes to sum exactly to \(x.shape[dim]) (input tensor's size at dimension \(dim)), but got "
            + "split_sizes=\(sizes)")
      }
      return try x.pieces(sizes, dim: dim, "SplitWithSizesBackward0")
    }
  }

  /// At most `chunks` pieces of equal size along a dimension; the last may be smaller.
  ///
  /// Error: ``chunk expects `chunks` to be greater than 0, got: 0``.
  public func chunk(_ chunks: Int, dim: Int = 0) -> [Tensor] {
    attempt([self], results: expectedPieces(chunks)) { list throws(TensorError) in
      let x = list[0]
      guard x.rank > 0 else { throw .runtime("chunk expects at least a 1-dimensional tensor") }
      guard chunks > 0 else { throw .runtime("chunk expects `chunks` to be greater than 0, got: \(chunks)") }
      let dim = try wrapDimension(dim, rank: x.rank)
      let length = x.shape[dim]
      if length == 0 {
        try checkPieces(chunks)
        return try x.pieces([Int](repeating: 0, count: chunks), dim: dim, "SplitWithSizesBackward0")
      }
      return try x.pieces(of: length, size: (length - 1) / chunks + 1, dim: dim)
    }
  }

  /// How many results a failed operation gives, so that code that expects its pieces meets invalid tensors and no missing ones.
  private func expectedPieces(_ count: Int) -> Int { count > 0 ? Swift.min(count, 1 << 16) : FailedBody.extent }

  /// Pieces without elements cost memory as well.
  private func checkPieces(_ count: Int) throws(TensorError) {
    guard count <= 1 << 24 else { throw TensorError(.outOfMemory, "\(count) pieces are too many") }
    try checkRoom(forPieces: count)
  }

  /// A piece is a tensor with a layout and its two lists, and a tensor once more where it is recorded.
  private func checkRoom(forPieces count: Int) throws(TensorError) {
    try HostMemory.check(count: count, stride: 6 * HostMemory.objectByteCount)
  }

  private func pieces(of length: Int, size: Int, dim: Int) throws(TensorError) -> [Tensor] {
    if length == 0 { return try pieces([0], dim: dim, "SplitBackward0") }
    try checkRoom(forPieces: (length - 1) / size + 1)
    let sizes = stride(from: 0, to: length, by: size).map { Swift.min(size, length - $0) }
    return try pieces(sizes, dim: dim, "SplitBackward0")
  }

  private func pieces(_ sizes: [Int], dim: Int, _ name: String) throws(TensorError) -> [Tensor] {
    if sizes.isEmpty { return [] }
    try checkRoom(forPieces: sizes.count)
    var start = 0
    let results = sizes.map { size -> Tensor in
      defer { start += size }
      return bareView(layout.slicing(dim, from: start, count: size))
    }
    let shapes = results.map(\.shape)
    return Tensor.differentiable(name, results: results, inputs: [self], saves: false) { gradients in
      [concatenate(zeroFilled(gradients, shapes), dim: dim)]
    }
  }

  /// The parts at all positions of a dimension, without that dimension.
  ///
  /// Error: `Dimension specified as 0 but tensor has no dimensions`.
  public func unbind(dim: Int = 0) -> [Tensor] {
    attempt([self], results: FailedBody.extent) { list throws(TensorError) in
      let x = list[0]
      guard x.rank > 0 else { throw .index("Dimension specified as \(dim) but tensor has no dimensions") }
      let dim = try wrapDimension(dim, rank: x.rank)
      try checkRoom(forPieces: x.shape[dim])
      let results = (0..<x.shape[dim]).map { x.bareView(x.layout.selecting($0, of: dim)) }
      guard let shape = results.first?.shape else { return [] }
      return Tensor.differentiable("UnbindBackward0", results: results, inputs: [x], saves: false) { gradients in
        [stack(zeroFilled(gradients, [[Int]](repeating: shape, count: gradients.count)), dim: dim, isContiguous: false)]
      }
    }
  }

  // MARK: Pieces that are slices of their own

  /// `sections` pieces along a dimension, the first ones larger by one where it does not divide evenly.
  ///
  /// Error: `number of sections must be larger than 0, got 0`.
  public func tensorSplit(_ sections: Int, dim: Int = 0) -> [Tensor] {
    attempt([self], results: expectedPieces(sections)) { list throws(TensorError) in
      let x = list[0]
      let dim = try x.dimensionToSplit(dim)
      guard sections > 0 else { throw .runtime("number of sections must be larger than 0, got \(sections)") }
      try checkPieces(sections)
      let (size, extra) = x.shape[dim].quotientAndRemainder(dividingBy: sections)
      return (0..<sections).map { section in
        let start = section * size + Swift.min(section, extra)
        return x.stepped(.slice(dim: dim, start: start, count: size + (section < extra ? 1 : 0), step: 1))
      }
    }
  }

  /// The pieces of a dimension between the given positions, by the rules of slices.
  public func tensorSplit(at indices: [Int], dim: Int = 0) -> [Tensor] {
    attempt([self], results: indices.count + 1) { list throws(TensorError) in
      let x = list[0]
      let dim = try x.dimensionToSplit(dim)
      try checkRoom(forPieces: indices.count + 1)
      let bounds = [0] + indices + [x.shape[dim]]
      return zip(bounds, bounds.dropFirst()).map { start, end in
        x.stepped(.slice(dim, of: x.shape[dim], from: start, to: end, by: 1))
      }
    }
  }

  /// As `tensorSplit` with the number of sections that a 0-d tensor holds, or at the positions of a 1-d one. Waits for them.
  ///
  /// Errors: `tensor_split expected tensor_indices_or_sections to have dtype of long, but got Int`; more dimensions than one.
  public func tensorSplit(_ indicesOrSections: Tensor, dim: Int = 0) -> [Tensor] {
    attempt([self, indicesOrSections], results: expectedPieces(indicesOrSections.count)) { list throws(TensorError) in
      let places = list[1]
      guard places.dtype == .int64 else {
        throw .runtime(
          "tensor_split expected tensor_indices_or_sections to have dtype of long, but got \(places.dtype.scalarTypeName)")
      }
      guard places.rank <= 1 else {
        throw .runtime(
          "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got a tensor with "
            + "\(places.rank) dims")
      }
      let numbers = try places.elements(as: Int.self)
      // What kept them from being read has been told.
      guard numbers.count == places.count else { return [] }
      return places.rank == 0 ? list[0].tensorSplit(numbers[0], dim: dim) : list[0].tensorSplit(at: numbers, dim: dim)
    }
  }

  /// `sections` pieces of equal size side by side: along the second dimension, or the first of a 1-d tensor.
  ///
  /// Errors: `torch.hsplit requires a tensor with at least 1 dimension, but got a tensor with 0 dimensions!`; `torch.hsplit attempted to split
  /// along dimension 1, but the size of the dimension 5 is not divisible by the split_size 3!`
  public func hsplit(_ sections: Int) -> [Tensor] { evenly("hsplit", sections, rank: 1, dim: rank == 1 ? 0 : 1) }

  /// The pieces side by side between the given positions, by the rules of slices.
  public func hsplit(at indices: [Int]) -> [Tensor] { cut("hsplit", indices, rank: 1, dim: rank == 1 ? 0 : 1) }

  /// `sections` pieces of equal size one upon the other: along the first dimension, of at least two. Errors as for `hsplit`.
  public func vsplit(_ sections: Int) -> [Tensor] { evenly("vsplit", sections, rank: 2, dim: 0) }

  /// The pieces of the first dimension, of at least two, between the given positions.
  public func vsplit(at indices: [Int]) -> [Tensor] { cut("vsplit", indices, rank: 2, dim: 0) }

  /// `sections` pieces of equal size one behind the other: along the third dimension. Errors as for `hsplit`.
  public func dsplit(_ sections: Int) -> [Tensor] { evenly("dsplit", sections, rank: 3, dim: 2) }

  /// The pieces of the third dimension between the given positions.
  public func dsplit(at indices: [Int]) -> [Tensor] { cut("dsplit", indices, rank: 3, dim: 2) }

  private func evenly(_ name: String, _ sections: Int, rank least: Int, dim: Int) -> [Tensor] {
    attempt([self], results: expectedPieces(sections)) { list throws(TensorError) in
      let x = list[0]
      try x.checkSplit(name, rank: least)
      guard sections != 0, x.shape[dim] % sections == 0 else {
        throw .runtime(
          "torch.\(name) attempted to split along dimension \(dim), but the size of the dimension \(x.shape[dim]) is not divisible by the "
            + "split_size \(sections)!")
      }
      return x.tensorSplit(sections, dim: dim)
    }
  }

  private func cut(_ name: String, _ indices: [Int], rank least: Int, dim: Int) -> [Tensor] {
    attempt([self], results: indices.count + 1) { list throws(TensorError) in
      try list[0].checkSplit(name, rank: least)
      return list[0].tensorSplit(at: indices, dim: dim)
    }
  }

  private func checkSplit(_ name: String, rank least: Int) throws(TensorError) {
    guard rank >= least else {
      throw .runtime(
        "torch.\(name) requires a tensor with at least \(least) dimension, but got a tensor with \(rank) dimensions!")
    }
  }

  private func dimensionToSplit(_ dim: Int) throws(TensorError) -> Int {
    guard rank > 0 else {
      throw .runtime("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    }
    return try wrapDimension(dim, rank: rank)
  }
}

/// The gradients of pieces, with zeros for those that nothing used.
private func zeroFilled(_ gradients: [Tensor?], _ shapes: [[Int]]) -> [Tensor] {
  guard let some = gradients.lazy.compactMap({ $0 }).first else { return [] }
  return zip(gradients, shapes).map { g, shape in g ?? .zeros(shape, dtype: some.dtype, device: some.device) }
}
