import Devices

// Subscripts. What they take is described at `TensorIndex`.
//
// The overloads with `...` exist because a bare `...` has a type that can conform to nothing. Those that take a Swift number
// (`AssignableNumber`) can only be written.
//
// Values are consumed on their way, so that in `x[0] = x[1]` the view of `x` is gone when its memory is to be written.

extension Tensor {
  /// The part at a position of the first dimension.
  ///
  /// Errors: `index 5 is out of bounds for dimension 0 with size 2`; for a 0-d tensor ``invalid index of a 0-dim tensor. Use `tensor.item()`
  /// ...``. Assigning: as `subscript(_:)` of several.
  public subscript(_ index: Int) -> Tensor {
    get {
      attempt(self) { x throws(TensorError) in x.stepped(try x.step(to: index)) }
    }
    set(value) {
      do throws(TensorError) {
        try checkValid()
        write(.tensor(consume value), at: Selection(steps: [try step(to: index)]))
      } catch {
        _ = Tensor.failure(error)
      }
    }
  }

  private func step(to index: Int) throws(TensorError) -> ViewStep {
    guard rank > 0 else {
      if index == 0 {
        throw .index(
          "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
        )
      }
      throw .index("index \(index) is out of bounds for dimension 0 with size 0")
    }
    return try .position(index, of: layout, dim: 0, number: 0)
  }

  /// The part that the indices name. Integers, ranges, `...` and `.newAxis` give a view, arrays and tensors a copy.
  ///
  /// Assigning writes the value, broadcast to the part's shape, into the part. The tensor's memory is written in place where nobody else
  /// holds it, and gradients flow back both to the tensor as it was and to the value.
  ///
  /// Errors: `too many indices for tensor of dimension 1`; a position out of bounds; `tensors used as indices must be long, int, byte or bool
  /// tensors`; a mask of another shape; a value that cannot be broadcast; `a view of a leaf Variable that requires grad is being used in an
  /// in-place operation.` After an error nothing has changed.
  public subscript(_ indices: any TensorIndex...) -> Tensor {
    get { part(indices.map(\.indexTerm)) }
    set(value) { assign(.tensor(consume value), to: indices.map(\.indexTerm)) }
  }

  public subscript(_ ellipsis: UnboundedRange, _ indices: any TensorIndex...) -> Tensor {
    get { part([.ellipsis] + indices.map(\.indexTerm)) }
    set(value) { assign(.tensor(consume value), to: [.ellipsis] + indices.map(\.indexTerm)) }
  }

  public subscript(
    _ first: any TensorIndex, _ ellipsis: UnboundedRange, _ indices: any TensorIndex...
  ) -> Tensor {
    get { part([first.indexTerm, .ellipsis] + indices.map(\.indexTerm)) }
    set(value) { assign(.tensor(consume value), to: [first.indexTerm, .ellipsis] + indices.map(\.indexTerm)) }
  }

  public subscript(
    _ first: any TensorIndex, _ second: any TensorIndex, _ ellipsis: UnboundedRange, _ indices: any TensorIndex...
  ) -> Tensor {
    get { part([first.indexTerm, second.indexTerm, .ellipsis] + indices.map(\.indexTerm)) }
    set(value) { assign(.tensor(consume value), to: [first.indexTerm, second.indexTerm, .ellipsis] + indices.map(\.indexTerm)) }
  }

  /// As `x[...]` with the indices of a list.
  public subscript(indices indices: [any TensorIndex]) -> Tensor {
    get { part(indices.map(\.indexTerm)) }
    set(value) { assign(.tensor(consume value), to: indices.map(\.indexTerm)) }
  }
}

// MARK: - Reading

extension Tensor {
  func part(_ terms: [IndexTerm]) -> Tensor {
    if let invalid = terms.firstInvalid { return invalid.passedOn }
    return attempt(self) { x throws(TensorError) in
      if terms.count == 1, case .position(let position) = terms[0].kind { return x[position] }
      return try x.part(
        Selection(terms, of: x.layout, device: x.device, keepsWhole: terms.count == 1))
    }
  }

  func part(_ selection: Selection) throws(TensorError) -> Tensor {
    if selection.steps.isEmpty && selection.index == nil { return alias() }
    let part = stepped(selection.steps)
    guard let index = try selection.positions(in: part.shape, device: device) else { return part }
    return part.picked(by: index)
  }

  mutating func assign(_ value: consuming AssignedValue, to terms: [IndexTerm]) {
    do throws(TensorError) {
      try checkValid()
      try terms.firstInvalid?.checkValid()
      if terms.count == 1, case .position(let position) = terms[0].kind {
        write(value, at: Selection(steps: [try step(to: position)]))
        return
      }
      write(value, at: try Selection(terms, of: layout, device: device, keepsWhole: false))
    } catch {
      _ = Tensor.failure(error)
    }
  }
}

extension [IndexTerm] {
  /// What a failed operation gave, among the index tensors.
  fileprivate var firstInvalid: Tensor? {
    for case .tensor(let tensor) in lazy.map(\.kind) where !tensor.isValid { return tensor }
    return nil
  }
}
