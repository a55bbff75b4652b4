import CKernels

/// Dimensions that several operands have in common, each with its own stride.
struct Axes {
  private(set) var sizes: [Int]
  /// For every operand its stride in every dimension.
  private(set) var strides: [[Int]]

  /// Some dimensions of operands that agree on their sizes; those of size one are left out.
  init(_ dims: some Sequence<Int>, of layouts: [Layout]) {
    let dims = dims.filter { layouts[0].shape[$0] != 1 }
    sizes = dims.map { layouts[0].shape[$0] }
    strides = layouts.map { layout in dims.map { layout.strides[$0] } }
  }

  var rank: Int { sizes.count }
  var count: Int { sizes.reduce(1, *) }

  /// Orders the dimensions as the first operand lies in memory, the innermost last. One that repeats the same memory comes first.
  mutating func sort() {
    let steps = strides[0].map { $0 == 0 ? Int.max : abs($0) }
    let order = sizes.indices.sorted { (steps[$1], $0) < (steps[$0], $1) }
    sizes = order.map { sizes[$0] }
    strides = strides.map { strides in order.map { strides[$0] } }
  }

  /// Joins the dimensions that continue each other in every operand.
  mutating func coalesce() {
    for axis in sizes.indices.dropFirst().reversed()
    where strides.allSatisfy({ $0[axis - 1] == $0[axis] * sizes[axis] }) {
      sizes[axis] *= sizes[axis - 1]
      sizes.remove(at: axis - 1)
      for operand in strides.indices { strides[operand].remove(at: axis - 1) }
    }
  }

  /// Takes a dimension out: its size and the operands' strides.
  mutating func remove(_ axis: Int) -> (size: Int, strides: [Int]) {
    (sizes.remove(at: axis), strides.indices.map { strides[$0].remove(at: axis) })
  }

  /// Takes the innermost dimension off: its size and the operands' strides, or a single position.
  mutating func popInnermost() -> (size: Int, strides: [Int]) {
    guard let size = sizes.popLast() else { return (1, strides.map { _ in 0 }) }
    return (size, strides.indices.map { strides[$0].removeLast() })
  }

  /// Where an operand has the element at a position, counted in row-major order.
  func offset(of position: Int, in operand: Int) -> Int {
    var offset = 0
    var rest = position
    for axis in stride(from: sizes.count - 1, to: 0, by: -1) {
      let (quotient, index) = rest.quotientAndRemainder(dividingBy: sizes[axis])
      offset += index * strides[operand][axis]
      rest = quotient
    }
    return sizes.isEmpty ? 0 : offset + rest * strides[operand][0]
  }
}

/// Reads and writes runs of elements in memory, which may be strided and of another dtype than the values computed with.
struct Converter {
  let memory: DType
  let values: DType
  private let read: fx_loop?
  private let write: fx_loop?

  init(memory: DType, values: DType) {
    self.memory = memory
    self.values = values
    read = memory == values ? nil : castLoop(from: memory, to: values)
    write = memory == values ? nil : castLoop(from: values, to: memory)
  }

  var isNeeded: Bool { read != nil }

  /// Runs are converted in pieces that fit a buffer on the stack.
  private static let piece = 512

  func load(
    _ target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, stride: Int, count: Int
  ) {
    let size = memory.byteCount
    guard let read else { return fx_load_strided(target, source, stride, count, Int32(size)) }
    if stride == 1 { return read(target, source, nil, nil, count) }
    withUnsafeTemporaryAllocation(byteCount: Self.piece * size, alignment: 64) { buffer in
      for start in Swift.stride(from: 0, to: count, by: Self.piece) {
        let length = min(Self.piece, count - start)
        fx_load_strided(buffer.baseAddress!, source + start * stride * size, stride, length, Int32(size))
        read(target + start * values.byteCount, buffer.baseAddress!, nil, nil, length)
      }
    }
  }

  func store(_ target: UnsafeMutableRawPointer, stride: Int, from source: UnsafeRawPointer, count: Int) {
    let size = memory.byteCount
    guard let write else { return fx_store_strided(target, stride, source, count, Int32(size)) }
    if stride == 1 { return write(target, source, nil, nil, count) }
    withUnsafeTemporaryAllocation(byteCount: Self.piece * size, alignment: 64) { buffer in
      for start in Swift.stride(from: 0, to: count, by: Self.piece) {
        let length = min(Self.piece, count - start)
        write(buffer.baseAddress!, source + start * values.byteCount, nil, nil, length)
        fx_store_strided(target + start * stride * size, stride, buffer.baseAddress!, length, Int32(size))
      }
    }
  }
}

extension Operand {
  /// The host address of the first element.
  var address: UnsafeMutableRawPointer { storage.handle + layout.offset * dtype.byteCount }
}

extension CPUDevice {
  /// A contiguous operand of the same shape and dtype.
  func temporary(like operand: Operand) throws(TensorError) -> Operand {
    let layout = Layout(shape: operand.shape)
    let storage = try allocate(byteCount: layout.count * operand.dtype.byteCount)
    return Operand(storage: storage, layout: layout, dtype: operand.dtype)
  }
}
