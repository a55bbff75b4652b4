import Synchronization
import Testing

@testable import Devices

// The thread count is the process's, so these tests run one after another.
@Suite(.serialized) struct ThreadPoolTests {
  let pool = ThreadPool.shared

  /// Runs a job and says how often each index was visited.
  private func visits(count: Int, grain: Int) -> [Int] {
    var visits = [Int](repeating: 0, count: count)
    visits.withUnsafeMutableBufferPointer { visits in
      // Indices are visited by one range each, or the test fails.
      nonisolated(unsafe) let visits = visits
      pool.parallel(count: count, grain: grain) { range in
        for i in range { visits[i] += 1 }
      }
    }
    return visits
  }

  @Test(arguments: [1, 2, 3, 8], [(1, 1), (2, 1), (3, 2), (7, 1), (1000, 1), (1000, 400), (12_345, 7), (100_000, 1000)])
  func everyIndexOnce(threads: Int, job: (count: Int, grain: Int)) throws {
    let before = getNumThreads()
    try setNumThreads(threads)
    for _ in 0..<50 {
      #expect(visits(count: job.count, grain: job.grain) == [Int](repeating: 1, count: job.count))
    }
    try setNumThreads(before)
  }

  @Test func emptyJobsCallNothing() {
    pool.parallel(count: 0, grain: 1) { _ in Issue.record("called") }
    pool.parallel(count: -1, grain: 1) { _ in Issue.record("called") }
  }

  @Test func rangesAreNoSmallerThanTheGrain() {
    let ranges = Lock<[Range<Int>]>([])
    pool.parallel(count: 1000, grain: 100) { range in ranges.withLock { $0.append(range) } }
    let sorted = ranges.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
    #expect(sorted.allSatisfy { $0.count >= 100 })
    #expect(sorted.first?.lowerBound == 0 && sorted.last?.upperBound == 1000)
    for (a, b) in zip(sorted, sorted.dropFirst()) { #expect(a.upperBound == b.lowerBound) }
  }

  @Test func nestedJobsRunInline() {
    let total = Atomic(0)
    pool.parallel(count: 64, grain: 1) { outer in
      // A thread that found the pool taken is not inside a job, and may start one.
      let inside = pool.isInsideJob
      for _ in outer {
        let calls = Atomic(0)
        pool.parallel(count: 1000, grain: 1) { inner in
          calls.add(1, ordering: .relaxed)
          total.add(inner.count, ordering: .relaxed)
        }
        if inside { #expect(calls.load(ordering: .relaxed) == 1) }
      }
    }
    #expect(total.load(ordering: .relaxed) == 64_000)
  }

  @Test func manyCallersAtOnce() async {
    await withTaskGroup(of: Int.self) { group in
      for task in 0..<16 {
        group.addTask {
          var right = 0
          for job in 0..<200 {
            let sum = Atomic(0)
            ThreadPool.shared.parallel(count: 100 + job, grain: 1 + task) { range in
              sum.add(range.reduce(0, +), ordering: .relaxed)
            }
            if sum.load(ordering: .relaxed) == (100 + job) * (99 + job) / 2 { right += 1 }
          }
          return right
        }
      }
      for await right in group { #expect(right == 200) }
    }
  }

  @Test func jobsAfterASleep() throws {
    let before = getNumThreads()
    try setNumThreads(4)
    for _ in 0..<20 {
      // Long enough for the workers to have gone to sleep.
      let start = ContinuousClock.now
      while ContinuousClock.now - start < .microseconds(200) {}
      #expect(visits(count: 64, grain: 1) == [Int](repeating: 1, count: 64))
    }
    try setNumThreads(before)
  }

  @Test func threadCount() throws {
    let before = getNumThreads()
    #expect(before >= 1)
    try setNumThreads(3)
    #expect(getNumThreads() == 3)
    try setNumThreads(Int.max)
    #expect(getNumThreads() == 256)
    try setNumThreads(before)
    #expect(throws: TensorError.runtime("set_num_threads expects a positive integer")) { try setNumThreads(0) }
    #expect(getNumThreads() == before)
  }
}
