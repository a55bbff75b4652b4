import CKernels

/// Elementwise kernels on the host's memory, tile by tile: a tile of every register fits the first-level cache, and every
/// instruction is one vectorised loop over it.
enum CPUElementwise {
  /// Elements per tile, at most: of a kernel with many tiles they are fewer, so that all stay in the first-level cache.
  static let tile = 1024
  private static let leastTile = 256
  private static let tilesByteCount = 24 << 10
  /// Elements that are worth another thread.
  static let grain = 32_768
  /// A result of so many bytes goes past the caches, which could not keep it: its lines need not be read before they are written. Measured
  /// at ten million float32: an addition takes two thirds of the time.
  static let streamedByteCount = 16 << 20

  /// - Throws: where the dtype lacks an opcode of the kernel: `"sub_cpu" not implemented for 'Bool'`.
  static func check(_ kernel: ElementwiseKernel, dtype: DType, device: String) throws(TensorError) {
    if let missing = kernel.compiled[dtype].missing {
      throw kernel.failure ?? .notImplemented("\"\(missing)_\(device)\" not implemented for '\(dtype.scalarTypeName)'")
    }
  }

  /// The kernel must have passed `check`.
  static func run(_ kernel: ElementwiseKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]) {
    let compiled = kernel.compiled[dtype]
    guard let count = outputs.first?.count, count > 0 else { return }
    let plan = Plan(kernel, compiled, dtype: dtype, inputs: inputs, outputs: outputs)
    if let loop = compiled.singleLoop, plan.isDirect, !plan.isStreamed {
      // One pass over memory: no tile, no copy.
      ThreadPool.shared.parallel(count: count, grain: grain) { range in
        let n = range.count
        let address = { (side: Plan.Side) in side.base + range.lowerBound * side.memorySize }
        loop(
          address(plan.outputs[0]), address(plan.inputs[0]), plan.inputs.count > 1 ? address(plan.inputs[1]) : nil,
          plan.inputs.count > 2 ? address(plan.inputs[2]) : nil, n)
      }
      return
    }
    let weight = max(1, compiled.steps.count)
    ThreadPool.shared.parallel(count: count, grain: max(tile, grain / weight)) { range in
      plan.run(range)
    }
  }

  private static func tile(of kernel: CompiledKernel) -> Int {
    var tile = tile
    while tile > leastTile && tile * kernel.tileCount * kernel.elementSizes.max()! > tilesByteCount { tile /= 2 }
    return tile
  }

  /// Where every operand's elements are found, for one launch.
  fileprivate struct Plan {
    /// One operand: the host address of its first element, and how its elements follow in the outputs' row-major order.
    struct Side {
      let base: UnsafeMutableRawPointer
      let dtype: DType
      let memorySize: Int
      /// Sizes and strides without the dimensions that continue each other; the last is the innermost.
      let shape: [Int]
      let strides: [Int]
      let register: Int
      let registerDType: DType
      let isDense: Bool
      let isConstant: Bool
      let needsCast: Bool
      /// Whether the loops can work on the elements as they lie, wherever in the operand.
      var isRun: Bool { isDense && !needsCast }

      init(_ operand: Operand, at address: UnsafeMutableRawPointer, register: Int, registerDType: DType) {
        base = address + operand.layout.offset * operand.dtype.byteCount
        dtype = operand.dtype
        memorySize = operand.dtype.byteCount
        (shape, strides) = operand.layout.coalesced
        self.register = register
        self.registerDType = registerDType
        isDense = shape.count == 0 || (shape.count == 1 && strides[0] == 1)
        isConstant = strides.allSatisfy { $0 == 0 }
        needsCast = dtype != registerDType
      }
    }

    /// An operand whose elements the loops can work on as they lie: all that a tile needs to know of it.
    struct Run {
      let base: UnsafeMutableRawPointer
      let memorySize: Int
      let register: Int

      init(_ side: Side) {
        base = side.base
        memorySize = side.memorySize
        register = side.register
      }

      func address(at start: Int) -> UnsafeMutableRawPointer { base + start * memorySize }
    }

    let inputs: [Side]
    let outputs: [Side]
    let compiled: CompiledKernel
    let scalars: [(register: Int, bits: UInt64)]
    /// Whether every operand lies in memory as the loops want it, so that one call covers everything.
    let isDirect: Bool
    /// Whether results go to memory past the caches.
    let isStreamed: Bool

    /// Inputs that are read where they are, and those that are first brought into a tile.
    private let read: [Run]
    private let loaded: [(side: Side, isKept: Bool)]
    /// Outputs that are computed where they belong, and those that are copied there.
    private let written: [Run]
    private let stored: [Side]

    init(
      _ kernel: ElementwiseKernel, _ compiled: CompiledKernel, dtype: DType, inputs: [KernelArgument], outputs: [Operand]
    ) {
      let valueDType = dtype.computeDType
      var sides: [Side] = []
      var scalars: [(Int, UInt64)] = []
      for (index, argument) in inputs.enumerated() {
        let registerDType: DType = kernel.inputs[index] == .boolean ? .bool : valueDType
        switch argument {
        case .operand(let operand):
          sides.append(Side(operand, at: operand.storage.handle, register: index, registerDType: registerDType))
        case .scalar(let value): scalars.append((index, bitPattern(of: value, as: registerDType)))
        }
      }
      for (index, bits) in compiled.constants.enumerated() { scalars.append((kernel.inputs.count + index, bits)) }
      self.inputs = sides
      self.outputs = outputs.enumerated().map { index, operand in
        let register = kernel.outputs[index]
        return Side(
          operand, at: operand.storage.destination, register: register,
          registerDType: kernel.kinds[register] == .boolean ? .bool : valueDType)
      }
      self.compiled = compiled
      self.scalars = scalars
      // The inputs that lie in the memory of each output.
      let shared = outputs.map { output in
        inputs.indices.filter { index in
          guard case .operand(let operand) = inputs[index] else { return false }
          return operand.storage === output.storage
        }
      }
      isDirect = scalars.isEmpty && self.inputs.allSatisfy(\.isRun) && self.outputs.allSatisfy(\.isRun)
      isStreamed =
        shared.allSatisfy(\.isEmpty) && self.outputs.allSatisfy(\.isRun)
        && outputs.contains { $0.count * $0.dtype.byteCount >= CPUElementwise.streamedByteCount }

      // An input that is also an output, in memory that is written, is kept from what is stored before it.
      let isKept = { (side: Side) in
        compiled.lastUse[side.register] == compiled.steps.count && shared.contains { $0.contains(side.register) }
      }
      let isRead = { (side: Side) in side.isRun && !isKept(side) }
      let varying = self.inputs.filter { !$0.isConstant }
      read = varying.filter(isRead).map(Run.init)
      loaded = varying.filter { !isRead($0) }.map { ($0, isKept($0)) }
      // What is an input, a constant, or given twice is not computed in its place, nor where a later step reads an input.
      let firstResult = kernel.inputs.count + compiled.constants.count
      var written: [Run] = []
      var stored: [Side] = []
      for (side, shared) in zip(self.outputs, shared) {
        let step = side.register - firstResult
        if side.isRun && !isStreamed && step >= 0 && !written.contains(where: { $0.register == side.register })
          && shared.allSatisfy({ compiled.lastUse[$0] <= step })
        {
          written.append(Run(side))
        } else {
          stored.append(side)
        }
      }
      self.written = written
      self.stored = stored
    }

    /// Computes the elements of `range`, counted in row-major order.
    func run(_ range: Range<Int>) {
      let n = min(CPUElementwise.tile(of: compiled), range.count)
      let registerCount = compiled.elementSizes.count
      // Every tile begins at a cache line; after them comes one to convert in.
      let tileSize = (max(n, 1) * compiled.elementSizes.max()! + 63) & ~63
      withUnsafeTemporaryAllocation(byteCount: compiled.tileCount * tileSize + max(n, 1) * 8, alignment: 64) { scratch in
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: registerCount) { pointers in
          let own = { (register: Int) in scratch.baseAddress! + compiled.tiles[register] * tileSize }
          let conversion = scratch.baseAddress! + compiled.tileCount * tileSize
          for register in 0..<registerCount { pointers.initializeElement(at: register, to: own(register)) }
          for (register, bits) in scalars {
            withUnsafePointer(to: bits) { fx_fill(own(register), $0, n, Int32(compiled.elementSizes[register])) }
          }
          for side in inputs where side.isConstant {
            load(side, start: range.lowerBound, count: 1, to: own(side.register), via: conversion)
            let bits = own(side.register).load(as: UInt64.self)
            withUnsafePointer(to: bits) { fx_fill(own(side.register), $0, n, Int32(compiled.elementSizes[side.register])) }
          }
          var start = range.lowerBound
          while start < range.upperBound {
            let count = min(n, range.upperBound - start)
            for run in read { pointers[run.register] = run.address(at: start) }
            for run in written { pointers[run.register] = run.address(at: start) }
            for (side, isKept) in loaded {
              let address = isKept ? nil : side.run(at: start, count: count)
              if address == nil { load(side, start: start, count: count, to: own(side.register), via: conversion) }
              pointers[side.register] = address ?? own(side.register)
            }
            for step in compiled.steps {
              step.loop(pointers[step.target], pointers[step.a], pointers[step.b], pointers[step.c], count)
            }
            for side in stored {
              if isStreamed {
                fx_stream(side.base + start * side.memorySize, pointers[side.register], count * side.memorySize)
              } else {
                store(side, start: start, count: count, from: pointers[side.register], via: conversion)
              }
            }
            start += count
          }
          if isStreamed { fx_finish_streams() }
        }
      }
    }

    private func load(
      _ side: Side, start: Int, count: Int, to target: UnsafeMutableRawPointer, via conversion: UnsafeMutableRawPointer
    ) {
      let raw = side.needsCast ? conversion : target
      side.forEachRow(start: start, count: count) { address, stride, done, length in
        fx_load_strided(raw + done * side.memorySize, address, stride, length, Int32(side.memorySize))
      }
      if side.needsCast { castLoop(from: side.dtype, to: side.registerDType)(target, raw, nil, nil, count) }
    }

    private func store(
      _ side: Side, start: Int, count: Int, from source: UnsafeMutableRawPointer, via conversion: UnsafeMutableRawPointer
    ) {
      var raw = source
      if side.needsCast {
        castLoop(from: side.registerDType, to: side.dtype)(conversion, source, nil, nil, count)
        raw = conversion
      }
      side.forEachRow(start: start, count: count) { address, stride, done, length in
        fx_store_strided(address, stride, raw + done * side.memorySize, length, Int32(side.memorySize))
      }
    }
  }
}

fileprivate extension CPUElementwise.Plan.Side {
  /// The address of a run of elements that lies in memory as the kernel wants it, or nil.
  func run(at start: Int, count: Int) -> UnsafeMutableRawPointer? {
    if needsCast { return nil }
    if isDense { return base + start * memorySize }
    guard strides[strides.count - 1] == 1 else { return nil }
    let inner = shape[shape.count - 1]
    let column = start % inner
    if column + count > inner { return nil }
    return base + (rowOffset(start / inner) + column) * memorySize
  }

  /// The position of the first element of a row, counted over all but the innermost dimension.
  private func rowOffset(_ row: Int) -> Int {
    var offset = 0
    var rest = row
    for dim in stride(from: shape.count - 2, through: 0, by: -1) {
      offset += rest % shape[dim] * strides[dim]
      rest /= shape[dim]
    }
    return offset
  }

  /// Cuts a run of elements at the ends of rows: calls `body` with the address, the stride, how many came before and how many
  /// follow.
  func forEachRow(start: Int, count: Int, _ body: (UnsafeMutableRawPointer, Int, Int, Int) -> Void) {
    if shape.isEmpty {
      body(base, 0, 0, count)
      return
    }
    let inner = shape[shape.count - 1]
    let step = strides[shape.count - 1]
    var done = 0
    while done < count {
      let position = start + done
      let column = position % inner
      let length = min(inner - column, count - done)
      body(base + (rowOffset(position / inner) + column * step) * memorySize, step, done, length)
      done += length
    }
  }
}

extension Layout {
  /// Shape and strides in as few dimensions as describe the same row-major order of the same elements.
  var coalesced: (shape: [Int], strides: [Int]) {
    if isContiguous { return ([count], [1]) }
    var shape: [Int] = []
    var strides: [Int] = []
    for (size, step) in zip(self.shape, self.strides) where size != 1 {
      if let last = strides.last, last == step * size {
        shape[shape.count - 1] *= size
        strides[strides.count - 1] = step
      } else {
        shape.append(size)
        strides.append(step)
      }
    }
    return (shape, strides)
  }
}

/// The loop that converts contiguous elements.
func castLoop(from source: DType, to target: DType) -> fx_loop {
  let casts =
    switch source {
    case .bool: fx_cast_boolean()
    case .uint8: fx_cast_uint8()
    case .int8: fx_cast_int8()
    case .int16: fx_cast_int16()
    case .int32: fx_cast_int32()
    case .int64: fx_cast_int64()
    case .float16: fx_cast_float16()
    case .bfloat16: fx_cast_bfloat16()
    case .float32: fx_cast_float32()
    case .float64: fx_cast_float64()
    }
  switch target {
  case .bool: return casts.boolean
  case .uint8: return casts.uint8
  case .int8: return casts.int8
  case .int16: return casts.int16
  case .int32: return casts.int32
  case .int64: return casts.int64
  case .float16: return casts.float16
  case .bfloat16: return casts.bfloat16
  case .float32: return casts.float32
  case .float64: return casts.float64
  }
}
