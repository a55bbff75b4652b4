import CKernels

// Sums into memory of which nothing is known.

extension IndexPlan {
  /// Bytes of the table that a thread fills with zeros and adds to while they are in the first-level cache.
  private static let bucketByteCount = 16_384

  /// Writes the sums of the rows of the list that go to one place, in the order of the positions, and zeros elsewhere.
  ///
  /// The positions are sorted by where in the table they lead, so that every part of the table is written once, by one thread.
  func writeSums() throws(TensorError) {
    var rest = rest
    let row = rest.popInnermost()
    guard table.layout.isContiguous, isOneRun, rest.count == 1, row.size > 1, row.strides == [1, 1] else {
      try CPUDevice.shared.fill(table, with: .int(0))
      return write(.add)
    }
    let size = table.dtype.byteCount
    let bucket = max(1, Self.bucketByteCount / (row.size * size)) * row.size
    let bucketCount = (table.count + bucket - 1) / bucket
    let (count, run) = (positionCount, listRun(at: 0))
    let byteCount = (bucketCount + 1 + 2 * count) * MemoryLayout<Int>.size + count * MemoryLayout<UInt32>.size
    let memory = try CachingAllocator.shared.allocate(byteCount: byteCount)
    defer { CachingAllocator.shared.deallocate(memory, byteCount: byteCount) }
    let starts = memory.bindMemory(to: Int.self, capacity: bucketCount + 1 + 2 * count)
    let offsets = starts + bucketCount + 1
    let order = offsets + count
    ThreadPool.shared.parallel(count: count, grain: CPUIndexing.grain) { range in
      _ = findOffsets(of: range, offsets + range.lowerBound)
    }
    sort(offsets, count, by: bucket, bucketCount, starts: starts, order: order)

    let move = RowMove(.add, table.dtype)
    let (table, list, end) = (table.address, list.address, table.count)
    let work = row.size * max(1, count / bucketCount) + bucket
    ThreadPool.shared.parallel(count: bucketCount, grain: max(1, CPUIndexing.grain / work)) { buckets in
      for index in buckets {
        let first = index * bucket
        let length = min(bucket, end - first)
        (table + first * size).initializeMemory(as: UInt8.self, repeating: 0, count: length * size)
        for place in starts[index]..<starts[index + 1] {
          let position = order[place]
          move.row(
            table + offsets[position] * size, 1, list + (run.offset + position * run.stride) * size, 1, row.size)
        }
      }
    }
  }

  /// Sorts the positions by bucket and leaves those of one bucket in their order. Those of bucket i are order[starts[i]..<starts[i + 1]].
  private func sort(
    _ offsets: UnsafePointer<Int>, _ count: Int, by bucket: Int, _ bucketCount: Int, starts: UnsafeMutablePointer<Int>,
    order: UnsafeMutablePointer<Int>
  ) {
    // Divided once: a division takes longer than all the rest.
    let buckets = UnsafeMutableRawPointer(order + count).bindMemory(to: UInt32.self, capacity: count)
    starts.update(repeating: 0, count: bucketCount + 1)
    for i in 0..<count {
      let index = offsets[i] / bucket
      buckets[i] = UInt32(truncatingIfNeeded: index)
      starts[index] += 1
    }
    var sum = 0
    for i in 0...bucketCount {
      sum += starts[i]
      starts[i] = sum
    }
    // From the back: every start is first where its bucket ends.
    for i in stride(from: count - 1, through: 0, by: -1) {
      let index = Int(buckets[i])
      starts[index] -= 1
      order[starts[index]] = i
    }
  }
}
