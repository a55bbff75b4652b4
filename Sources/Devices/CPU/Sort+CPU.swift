import Synchronization

/// Stable sorts along one dimension of any layout, and selections of what would come first.
///
/// Elements are sorted by unsigned keys that order as the values do: long rows digit by digit, short ones by merging. The values themselves
/// are fetched at the end, so that the signs of zeros and the bits of NaNs survive.
enum CPUSort {
  static func run(
    _ input: Operand, dim: Int, descending: Bool, values: Operand, indices: Operand
  ) throws(TensorError) {
    guard input.count > 0 else { return }
    if input.layout.rank == 0 {
      try CPUDevice.shared.copy(input, to: values)
      return try CPUDevice.shared.fill(indices, with: .int(0))
    }
    try run(SortPlan(input, dim: dim, values, indices, part: nil), dtype: input.dtype, descending: descending)
  }

  /// As much of a part of the elements in order as there is room for in the outputs. Equal ones are picked and put in order as PyTorch does.
  static func select(
    _ part: OrderedPart, of input: Operand, dim: Int, values: Operand, indices: Operand?
  ) throws(TensorError) {
    guard values.count > 0 else { return }
    try run(
      SortPlan(input, dim: dim, values, indices, part: part), dtype: input.dtype, descending: part == .first(descending: true))
  }

  private static func run(_ plan: SortPlan, dtype: DType, descending: Bool) throws(TensorError) {
    switch dtype {
    case .bool: try plan.run(SortKeys<UInt8>(.truth, descending), NarrowEntry.self)
    case .uint8: try plan.run(SortKeys<UInt8>(.unsigned, descending), NarrowEntry.self)
    case .int8: try plan.run(SortKeys<UInt8>(.signed, descending), NarrowEntry.self)
    case .int16: try plan.run(SortKeys<UInt16>(.signed, descending), NarrowEntry.self)
    case .int32: try plan.run(SortKeys<UInt32>(.signed, descending), NarrowEntry.self)
    case .int64: try plan.run(SortKeys<UInt64>(.signed, descending), WideEntry.self)
    case .float16: try plan.run(SortKeys<UInt16>(.floating(infinity: 0x7C00), descending), NarrowEntry.self)
    case .bfloat16: try plan.run(SortKeys<UInt16>(.floating(infinity: 0x7F80), descending), NarrowEntry.self)
    case .float32:
      try plan.run(SortKeys<UInt32>(.floating(infinity: Float.infinity.bitPattern), descending), NarrowEntry.self)
    case .float64:
      try plan.run(SortKeys<UInt64>(.floating(infinity: Double.infinity.bitPattern), descending), WideEntry.self)
    }
  }
}

// MARK: - Keys

/// From an element's bits to an unsigned number that orders as the elements are to be ordered.
private struct SortKeys<Bits: FixedWidthInteger & UnsignedInteger> {
  enum Kind {
    /// Whatever is not zero is true.
    case truth
    case unsigned
    case signed
    case floating(infinity: Bits)
  }

  private let kind: Kind
  /// Inverting keys turns the order around and keeps equal elements as they stand.
  private let inversion: Bits

  /// The key of every NaN; nil where there is none.
  var ofNaN: Bits? { if case .floating = kind { .max ^ inversion } else { nil } }

  init(_ kind: Kind, _ descending: Bool) {
    self.kind = kind
    inversion = descending ? .max : 0
  }

  @inline(__always)
  func callAsFunction(_ bits: Bits) -> Bits {
    let sign: Bits = 1 << (Bits.bitWidth - 1)
    switch kind {
    case .truth: return (bits == 0 ? 0 : 1) ^ inversion
    case .unsigned: return bits ^ inversion
    case .signed: return bits ^ sign ^ inversion
    case .floating(let infinity):
      let magnitude = bits & ~sign
      // NaNs are all equal and the greatest; the zeros are equal.
      if magnitude > infinity { return Bits.max ^ inversion }
      if magnitude == 0 { return sign ^ inversion }
      return (bits & sign == 0 ? bits | sign : ~bits) ^ inversion
    }
  }
}

/// A key, and where its element stood.
protocol SortEntry {
  associatedtype Key: FixedWidthInteger & UnsignedInteger
  init(key: UInt64, index: Int)
  var key: Key { get }
  var index: Int { get }
  /// Whether it has to stand before another that stood before it.
  func overtakes(_ other: Self) -> Bool
}

/// Both in 64 bits: keys of up to 32 and as many positions.
private struct NarrowEntry: SortEntry {
  private let bits: UInt64
  @inline(__always) init(key: UInt64, index: Int) { bits = key << 32 | UInt64(truncatingIfNeeded: index) }
  var key: UInt32 { @inline(__always) get { UInt32(truncatingIfNeeded: bits >> 32) } }
  var index: Int { @inline(__always) get { Int(bits & 0xFFFF_FFFF) } }
  @inline(__always) func overtakes(_ other: Self) -> Bool { bits < other.bits }
}

private struct WideEntry: SortEntry {
  let key: UInt64
  let index: Int
  @inline(__always) init(key: UInt64, index: Int) { (self.key, self.index) = (key, index) }
  @inline(__always) func overtakes(_ other: Self) -> Bool { key < other.key }
}

// MARK: - Rows

private struct SortPlan {
  /// Elements that are worth another thread.
  private static let grain = 8192
  /// From here on a row is sorted by all threads.
  private static let longRow = 65_536

  private let input: Operand
  private let values: Operand
  private let indices: Operand?
  private let length: Int
  /// How many elements of each row come out.
  private let resultLength: Int
  /// What comes out; all elements if nil.
  private let part: OrderedPart?
  private let steps: [Int]
  private let rows: Axes

  init(_ input: Operand, dim: Int, _ values: Operand, _ indices: Operand?, part: OrderedPart?) {
    self.input = input
    self.values = values
    self.indices = indices
    self.part = part
    length = input.shape[dim]
    resultLength = values.shape[dim]
    let layouts = [input.layout, values.layout, (indices ?? values).layout]
    steps = layouts.map { $0.strides[dim] }
    var rows = Axes(input.shape.indices.filter { $0 != dim }, of: layouts)
    rows.coalesce()
    self.rows = rows
  }

  func run<Bits, Entry: SortEntry>(_ keys: SortKeys<Bits>, _: Entry.Type) throws(TensorError) {
    if indices == nil, length >= Self.longRow, let part, part.isOneElement { return pickByKeys(keys, part) }
    // Positions of such rows don't fit beside their keys.
    if Bits.bitWidth <= 32 && length > 1 << 32 { return try sort(keys, WideEntry.self) }
    try sort(keys, Entry.self)
  }

  private func sort<Bits, Entry: SortEntry>(_ keys: SortKeys<Bits>, _: Entry.Type) throws(TensorError) {
    // Only a sort moves entries to and fro.
    let byteCount = (part == nil ? 2 : 1) * length * MemoryLayout<Entry>.stride
    let failed = Atomic(false)
    let sortRows = { (range: Range<Int>) in
      do throws(TensorError) {
        let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
        defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
        let entries = memory.bindMemory(to: Entry.self, capacity: byteCount / MemoryLayout<Entry>.stride)
        for row in range { sortRow(row, keys, entries, entries + length) }
      } catch {
        failed.store(true, ordering: .relaxed)
      }
    }
    if length >= Self.longRow && rows.count < 2 * ThreadPool.shared.threadCount {
      sortRows(0..<rows.count)
    } else {
      ThreadPool.shared.parallel(count: rows.count, grain: max(1, Self.grain / length), sortRows)
    }
    if failed.load(ordering: .relaxed) { throw CachingAllocator.outOfMemory(byteCount: byteCount) }
  }

  private func sortRow<Bits, Entry: SortEntry>(
    _ row: Int, _ keys: SortKeys<Bits>, _ entries: UnsafeMutablePointer<Entry>, _ spare: UnsafeMutablePointer<Entry>
  ) {
    let source = input.address.assumingMemoryBound(to: Bits.self) + rows.offset(of: row, in: 0)
    let sorted = values.address.assumingMemoryBound(to: Bits.self) + rows.offset(of: row, in: 1)
    let places = indices.map { $0.address.assumingMemoryBound(to: Int64.self) + rows.offset(of: row, in: 2) }
    let (sourceStep, sortedStep, placeStep) = (steps[0], steps[1], steps[2])
    let pool = ThreadPool.shared
    pool.parallel(count: length, grain: Self.longRow / 2) { range in
      for i in range { entries[i] = Entry(key: UInt64(keys(source[i * sourceStep])), index: i) }
    }
    let result =
      switch part {
      case nil: sortedEntries(entries, spare, count: length, keyWidth: Bits.bitWidth)
      case .first: Selection(entries).first(resultLength, of: length)
      case .rank(let rank): Selection(entries).element(ofRank: rank, of: length)
      case .median(let ignoresNaN): median(entries, keys, ignoresNaN: ignoresNaN)
      case .all: Selection(entries).all(length)
      }
    pool.parallel(count: resultLength, grain: Self.longRow / 2) { range in
      for i in range {
        let index = result[i].index
        sorted[i * sortedStep] = source[index * sourceStep]
        places?[i * placeStep] = Int64(index)
      }
    }
  }

  /// The entry in the middle; see `OrderedPart`.
  private func median<Bits, Entry: SortEntry>(
    _ entries: UnsafeMutablePointer<Entry>, _ keys: SortKeys<Bits>, ignoresNaN: Bool
  ) -> UnsafeMutablePointer<Entry> {
    let isNaN = { (i: Int) in keys.ofNaN.map { UInt64($0) == UInt64(entries[i].key) } ?? false }
    let missing = keys.ofNaN == nil ? 0 : (0..<length).count(where: isNaN)
    if missing > 0 && !ignoresNaN { return entries + (0..<length).first(where: isNaN)! }
    return Selection(entries).nth(max(length - missing - 1, 0) / 2, of: length)
  }
}

// MARK: - One element by its key

extension OrderedPart {
  fileprivate var isOneElement: Bool {
    switch self {
    case .rank, .median: true
    case .first, .all: false
    }
  }
}

extension SortPlan {
  /// Finds an element of every long row when nobody asks where it stood: digit by digit of its key, in passes over the row that count how many
  /// elements have the digits found so far and each that can follow. That takes no memory of the row's size.
  fileprivate func pickByKeys<Bits>(_ keys: SortKeys<Bits>, _ part: OrderedPart) {
    for row in 0..<rows.count {
      let source = input.address.assumingMemoryBound(to: Bits.self) + rows.offset(of: row, in: 0)
      let target = values.address.assumingMemoryBound(to: Bits.self) + rows.offset(of: row, in: 1)
      let key = self.key(part, keys, source)
      target.pointee = source[(0..<length).first { keys(source[$0 * steps[0]]) == key }! * steps[0]]
    }
  }

  private func key<Bits>(_ part: OrderedPart, _ keys: SortKeys<Bits>, _ source: UnsafePointer<Bits>) -> Bits {
    let step = steps[0]
    var rank = 0
    switch part {
    case .rank(let given): rank = given
    case .median(let ignoresNaN):
      let missing = keys.ofNaN.map { key in counts(1) { i in keys(source[i * step]) == key ? 0 : nil }[0] } ?? 0
      if missing > 0 && !ignoresNaN { return keys.ofNaN! }
      rank = max(length - missing - 1, 0) / 2
    case .first, .all: preconditionFailure("no single element")
    }
    var (known, isKnown): (Bits, Bits) = (0, 0)
    var left = Bits.bitWidth
    while left > 0 {
      let width = min(left, 11)
      left -= width
      let (shift, mask) = (Bits(left), (1 << width) - 1)
      let (found, digits) = (known, isKnown)
      let counts = counts(1 << width) { i in
        let key = keys(source[i * step])
        return key & digits == found ? Int(truncatingIfNeeded: key >> shift) & mask : nil
      }
      let digit = counts.indices.first { index in
        if rank < counts[index] { return true }
        rank -= counts[index]
        return false
      }!
      known |= Bits(truncatingIfNeeded: digit) << shift
      isKnown |= Bits(truncatingIfNeeded: mask) << shift
    }
    return known
  }

  /// How many elements of a row belong to each of so many groups; those without one are not counted.
  private func counts(_ groups: Int, _ group: (Int) -> Int?) -> [Int] {
    let pool = ThreadPool.shared
    let parts = pool.isInsideJob ? 1 : max(1, min(pool.threadCount, length / 32_768))
    var counts = [Int](repeating: 0, count: parts * groups)
    counts.withUnsafeMutableBufferPointer { counts in
      let counts = counts.baseAddress!
      pool.parallel(count: parts, grain: 1) { range in
        for part in range {
          let own = counts + part * groups
          for i in (length * part / parts)..<(length * (part + 1) / parts) {
            if let group = group(i) { own[group] += 1 }
          }
        }
      }
    }
    return (0..<groups).map { group in (0..<parts).reduce(0) { $0 + counts[$1 * groups + group] } }
  }
}

// MARK: - Entries

/// Sorts by key, equal ones in the order they stand. The result is in one of the two buffers, whose contents are lost.
private func sortedEntries<Entry: SortEntry>(
  _ entries: UnsafeMutablePointer<Entry>, _ spare: UnsafeMutablePointer<Entry>, count: Int, keyWidth: Int
) -> UnsafeMutablePointer<Entry> {
  count < 128
    ? mergeSorted(entries, spare, count: count) : radixSorted(entries, spare, count: count, keyWidth: keyWidth)
}

private func mergeSorted<Entry: SortEntry>(
  _ entries: UnsafeMutablePointer<Entry>, _ spare: UnsafeMutablePointer<Entry>, count: Int
) -> UnsafeMutablePointer<Entry> {
  let run = 16
  for start in stride(from: 0, to: count, by: run) {
    for i in start..<min(start + run, count) {
      let entry = entries[i]
      var hole = i
      while hole > start && entry.overtakes(entries[hole - 1]) {
        entries[hole] = entries[hole - 1]
        hole -= 1
      }
      entries[hole] = entry
    }
  }
  var (from, to) = (entries, spare)
  var width = run
  while width < count {
    for start in stride(from: 0, to: count, by: 2 * width) {
      let middle = min(start + width, count)
      let end = min(middle + width, count)
      var (left, right) = (start, middle)
      for target in start..<end {
        if left < middle && (right == end || !from[right].overtakes(from[left])) {
          to[target] = from[left]
          left += 1
        } else {
          to[target] = from[right]
          right += 1
        }
      }
    }
    (from, to) = (to, from)
    width *= 2
  }
  return from
}

/// Sorts by one digit after another, the least significant first. Every pass is shared among the threads: each counts the digits of its part,
/// so that it knows where in the result its elements of every digit begin.
private func radixSorted<Entry: SortEntry>(
  _ entries: UnsafeMutablePointer<Entry>, _ spare: UnsafeMutablePointer<Entry>, count: Int, keyWidth: Int
) -> UnsafeMutablePointer<Entry> {
  let pool = ThreadPool.shared
  // Few passes for long rows, few counters for short ones.
  let digitWidth = keyWidth <= 16 || count < 16_384 ? 8 : 11
  let digits = 1 << digitWidth
  let mask = Entry.Key(truncatingIfNeeded: digits - 1)
  let parts = pool.isInsideJob ? 1 : max(1, min(pool.threadCount, count / 32_768))
  let part = { (index: Int) in count * index / parts..<count * (index + 1) / parts }
  var (from, to) = (entries, spare)
  withUnsafeTemporaryAllocation(of: Int.self, capacity: parts * digits) { positions in
    let positions = positions.baseAddress!
    for start in stride(from: 0, to: keyWidth, by: digitWidth) {
      let shift = Entry.Key(start)
      let (source, target) = (from, to)
      pool.parallel(count: parts, grain: 1) { range in
        for index in range {
          let counts = positions + index * digits
          counts.initialize(repeating: 0, count: digits)
          for i in part(index) { counts[Int(truncatingIfNeeded: source[i].key &>> shift & mask)] &+= 1 }
        }
      }
      var total = 0
      var largest = 0
      for digit in 0..<digits {
        let start = total
        for index in 0..<parts {
          let size = positions[index * digits + digit]
          positions[index * digits + digit] = total
          total += size
        }
        largest = max(largest, total - start)
      }
      // Where all have the same digit nothing moves.
      if largest == count { continue }
      pool.parallel(count: parts, grain: 1) { range in
        for index in range {
          let next = positions + index * digits
          for i in part(index) {
            let entry = source[i]
            let digit = Int(truncatingIfNeeded: entry.key &>> shift & mask)
            target[next[digit]] = entry
            next[digit] &+= 1
          }
        }
      }
      swap(&from, &to)
    }
  }
  return from
}
