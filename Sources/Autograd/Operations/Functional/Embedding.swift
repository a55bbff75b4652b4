import Devices

// Rows of a table by their numbers.

extension F {
  /// The rows of a table at the positions that the input holds: of shape [..., width] for an input of shape [...].
  ///
  /// - Parameters:
  ///   - input: positions, int64 or int32.
  ///   - weight: the table, of shape [rows, width].
  ///   - paddingIdx: a row to which no gradient goes; negative ones count from the back.
  ///   - scaleGradByFreq: divides the gradient of every row by how often it was picked.
  ///
  /// Errors: `index out of range in self`; `'weight' must be 2-D`; `Padding_idx must be within num_embeddings`; `Expected tensor for argument
  /// #1 'indices' to have one of the following scalar types: Long, Int; ...`. Waits for the positions.
  public static func embedding(
    _ input: Tensor, _ weight: Tensor, paddingIdx: Int? = nil, scaleGradByFreq: Bool = false
  ) -> Tensor {
    attempt(input, weight) { positions, table throws(TensorError) in
      try checkTable(positions, table, "embedding")
      let padding = try paddingIdx.map { (index) throws(TensorError) -> Int in
        let rows = table.shape[0]
        guard index >= -rows, index < rows else {
          throw TensorError(.value, "Padding_idx must be within num_embeddings")
        }
        return index < 0 ? index + rows : index
      }
      if try positions.firstOutside(of: table.shape[0]) != nil { throw .index("index out of range in self") }
      let places = positions.to(.int64)
      let index = AdvancedIndex(dims: [0], indices: [places], shape: places.shape)
      let result = try Tensor.uninitialized("embedding", index.resultShape(of: table.shape), table.dtype, table.device)
      try index.gather(table.operand, to: result.operand)
      let shape = table.shape
      return result.differentiable("EmbeddingBackward0", table, saves: false) { g in
        var g = g
        if let padding { g = g.maskedFill((places .== padding).unsqueeze(-1), 0) }
        if scaleGradByFreq {
          let all = places.flatten()
          let counts = Tensor.zeros([shape[0]], dtype: .int64, device: g.device)
            .scatterAdd(dim: 0, index: all, source: all.onesLike())
          g = g / counts.take(places).unsqueeze(-1)
        }
        return g.summed(at: index, in: shape)
      }
    }
  }

  /// As above, where every row that is picked is first scaled down to a `normType`-norm of at most `maxNorm`. This changes the table.
  public static func embedding(
    _ input: Tensor, _ weight: inout Tensor, maxNorm: Double, normType: Double = 2, paddingIdx: Int? = nil,
    scaleGradByFreq: Bool = false
  ) -> Tensor {
    let error = limitNorms(of: &weight, at: input, maxNorm, normType, "embedding")
    return error ?? embedding(input, weight, paddingIdx: paddingIdx, scaleGradByFreq: scaleGradByFreq)
  }

  /// Scales down the rows of a table that are picked. An invalid tensor where that failed, else nil.
  static func limitNorms(
    of table: inout Tensor, at input: Tensor, _ maxNorm: Double, _ normType: Double, _ name: String
  ) -> Tensor? {
    let rows = attempt(input, table) { positions, table throws(TensorError) in
      try checkTable(positions, table, name)
      if let position = try positions.firstOutside(of: table.shape[0]) {
        throw .index("select(): index \(position) out of range for tensor of size \(table.shape) at dimension 0")
      }
      return table.detach().indexSelect(dim: 0, index: positions.flatten()).renorm(p: normType, dim: 0, maxNorm: maxNorm)
    }
    guard rows.isValid else { return rows }
    noGrad { table.update { $0.indexCopy(dim: 0, index: input.flatten().to(.int64), source: rows) } }
    return nil
  }

  static func checkTable(_ positions: Tensor, _ table: Tensor, _ name: String) throws(TensorError) {
    guard table.rank == 2 else { throw .runtime("'weight' must be 2-D") }
    guard positions.dtype == .int64 || positions.dtype == .int32 else {
      let given = positions.dtype == .bool ? "CPUBoolType" : "torch.\(positions.dtype.scalarTypeName)Tensor"
      throw .runtime(
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got \(given) instead (while "
          + "checking arguments for \(name))")
    }
  }

  /// A new last dimension for classes, with a one where the input's class is and zeros elsewhere.
  ///
  /// - Parameter numClasses: -1 for one more than the greatest class.
  ///
  /// Errors: `one_hot is only applicable to index tensor of type LongTensor.`; `Class values must be non-negative.`; `Class values must be
  /// smaller than num_classes.`; `Can not infer total number of classes from empty tensor.` Waits for the classes.
  public static func oneHot(_ input: Tensor, numClasses: Int = -1) -> Tensor {
    attempt(input) { x throws(TensorError) in
      guard x.dtype == .int64 else { throw .runtime("one_hot is only applicable to index tensor of type LongTensor.") }
      var classes = numClasses
      if x.count == 0 {
        guard classes > 0 else { throw .runtime("Can not infer total number of classes from empty tensor.") }
      } else {
        let (least, greatest) = x.aminmax()
        let (first, last) = (Int(try least.element().intValue), Int(try greatest.element().intValue))
        guard first >= 0 else { throw .runtime("Class values must be non-negative.") }
        if classes == -1 { classes = last &+ 1 }
        guard last < classes else { throw .runtime("Class values must be smaller than num_classes.") }
      }
      _ = try Layout.checkedCount(x.shape + [classes])
      return (x.unsqueeze(-1) .== Tensor.positions(classes, on: x.device)).to(.int64)
    }
  }
}
