import CKernels
import Synchronization

/// Reading, writing and finding elements by their positions.
enum CPUIndexing {
  /// Elements that are worth another thread.
  static let grain = 16_384

  static func gather(
    _ input: Operand, indices: [Operand], dimensions: [Int], to output: Operand
  ) throws(TensorError) {
    let plan = IndexPlan(table: input, indices: indices, dimensions: dimensions, list: output)
    guard plan.positionCount > 0 else { return }
    let failed = Atomic(false)
    let tile = 512
    ThreadPool.shared.parallel(count: plan.positionCount, grain: max(1, grain / max(plan.rest.count, 1))) { range in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: tile) { offsets in
        for start in stride(from: range.lowerBound, to: range.upperBound, by: tile) {
          let positions = start..<min(start + tile, range.upperBound)
          guard plan.findOffsets(of: positions, offsets.baseAddress!) else {
            failed.store(true, ordering: .relaxed)
            return
          }
          plan.read(positions, offsets.baseAddress!)
        }
      }
    }
    if failed.load(ordering: .relaxed) { throw plan.firstError }
  }

  static func scatter(
    _ mode: ScatterMode, _ source: Operand, indices: [Operand], dimensions: [Int], to output: Operand
  ) throws(TensorError) {
    let plan = IndexPlan(table: output, indices: indices, dimensions: dimensions, list: source)
    let count = plan.positionCount
    guard count > 0 else {
      if mode == .sum { try CPUDevice.shared.fill(output, with: .int(0)) }
      return
    }
    // All positions are checked before anything is written.
    let failed = Atomic(false)
    ThreadPool.shared.parallel(count: count, grain: grain) { range in
      let isInside = plan.forEachTile(of: range) { _, _ in }
      if !isInside { failed.store(true, ordering: .relaxed) }
    }
    if failed.load(ordering: .relaxed) { throw plan.firstError }
    if mode == .sum { return try plan.writeSums() }
    plan.write(mode)
  }
}

/// The places of a table that lists of positions name, and a list with a row of elements for each: what is read from the table, or written.
struct IndexPlan {
  let table: Operand
  let list: Operand
  /// Strides of the list and of every operand of positions.
  private let positions: Axes
  /// The dimensions that aren't indexed. Strides of the table and of the list.
  let rest: Axes
  private let indices: [Operand]
  /// The dimensions' numbers for errors.
  private let dimensions: [Int]

  init(table: Operand, indices: [Operand], dimensions: [Int], list: Operand) {
    self.table = table
    self.list = list
    self.indices = indices
    self.dimensions = dimensions
    let rank = indices.first?.layout.rank ?? 0
    var positions = Axes(0..<rank, of: [list.layout.part(0..<rank)] + indices.map(\.layout))
    positions.coalesce()
    self.positions = positions
    let tableRest = table.layout.part(indices.count..<table.layout.rank)
    let listRest = list.layout.part(rank..<list.layout.rank)
    var rest = Axes(0..<tableRest.rank, of: [tableRest, listRest])
    rest.coalesce()
    self.rest = rest
  }

  /// None where there is nothing to move for any of them and so nothing to check.
  var positionCount: Int { positions.count }

  /// Whether all positions are a single run.
  var isOneRun: Bool { positions.sizes.count <= 1 }

  /// Calls `body` with the runs of positions that lie in one row of the innermost dimension: where they begin, the place of each operand's
  /// first there, and their number.
  func forEachRun(_ range: Range<Int>, _ body: (_ start: Int, _ count: Int) -> Void) {
    let inner = positions.sizes.last ?? 1
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(inner - start % inner, range.upperBound - start)
      body(start, count)
      start += count
    }
  }

  /// The offset in the list of a position, and from each to the next in a run.
  func listRun(at start: Int) -> (offset: Int, stride: Int) {
    (positions.offset(of: start, in: 0), positions.strides[0].last ?? 0)
  }

  /// Calls `body` with tiles of positions and the offsets in the table that they name: no list of all of them is kept. Says whether all lie
  /// inside; with the first tile where one does not, it ends.
  @discardableResult
  func forEachTile(of range: Range<Int>, _ body: (_ positions: Range<Int>, _ offsets: UnsafePointer<Int>) -> Void) -> Bool {
    let tile = 1024
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: tile) { offsets in
      for start in stride(from: range.lowerBound, to: range.upperBound, by: tile) {
        let positions = start..<min(start + tile, range.upperBound)
        guard findOffsets(of: positions, offsets.baseAddress!) else { return false }
        body(positions, offsets.baseAddress!)
      }
      return true
    }
  }

  /// Writes the offsets in the table that positions name. Says whether all lie inside.
  func findOffsets(of range: Range<Int>, _ offsets: UnsafeMutablePointer<Int>) -> Bool {
    var isInside = true
    forEachRun(range) { start, count in
      let result = offsets + (start - range.lowerBound)
      result.update(repeating: 0, count: count)
      for (axis, operand) in indices.enumerated() {
        let size = table.shape[axis]
        let tableStride = table.layout.strides[axis]
        let places = operand.address.assumingMemoryBound(to: Int64.self) + positions.offset(of: start, in: axis + 1)
        let stride = positions.strides[axis + 1].last ?? 0
        // Free of branches, which would be taken as the positions happen to fall.
        var outside = 0
        for i in 0..<count {
          let place = Int(places[i &* stride])
          let wrapped = place &+ (place >> (Int.bitWidth - 1) & size)
          outside |= UInt(bitPattern: wrapped) >= UInt(bitPattern: size) ? 1 : 0
          result[i] = result[i] &+ wrapped &* tableStride
        }
        if outside != 0 { isInside = false }
      }
    }
    return isInside
  }

  /// The error of the first position that lies outside, once it's known that there is one.
  var firstError: TensorError {
    for position in 0..<positionCount {
      for (axis, operand) in indices.enumerated() {
        let size = table.shape[axis]
        let place = operand.address.assumingMemoryBound(to: Int64.self)[positions.offset(of: position, in: axis + 1)]
        if place < -size || place >= size {
          return .index("index \(place) is out of bounds for dimension \(dimensions[axis]) with size \(size)")
        }
      }
    }
    preconditionFailure("the positions changed while they were read")
  }
}

extension Layout {
  /// Some of the dimensions, from the first element.
  fileprivate func part(_ dims: Range<Int>) -> Layout {
    Layout(shape: Array(shape[dims]), strides: Array(strides[dims]), offset: 0)
  }
}
