import CBLAS
import CKernels

/// The threads that all computation of the process shares.
///
/// One pool rather than one for every library beneath: two pools on the same cores wait for each other. OpenBLAS is
/// therefore put to one thread before it is first called, and large products are cut into pieces here.
///
/// No result depends on the number of threads, to the last bit: an operation cuts what it adds up, and what it hands to a library whose results
/// depend on the sizes, by its sizes alone. Only what each element is computed by itself may be cut anywhere, as `parallel` does.
public final class ThreadPool: Sendable {
  public static let shared = ThreadPool()

  private init() {}

  /// Leaves the threads to this pool. Every device that calls OpenBLAS does so before it has any memory.
  static func takeOver() { openblas_set_num_threads(1) }

  /// How many threads share a job, the caller included: the number of cores this process may use, unless set.
  public var threadCount: Int { Int(fx_thread_count()) }

  /// Whether this thread is running a part of a job, so that a job started here stays on it.
  var isInsideJob: Bool { fx_inside_parallel() != 0 }

  /// Runs `body` over contiguous ranges that together are `0..<count`, on several threads where that pays, and returns
  /// when all are done.
  ///
  /// The ranges depend on the count, the grain and the number of threads alone; which thread runs which does not repeat.
  /// A job runs in the calling thread alone, as one range, where it is small, where it is started from inside another
  /// job, and where another thread's job has the pool.
  ///
  /// - Parameters:
  ///   - count: The size of the job; an empty one calls nothing.
  ///   - grain: The smallest range worth a thread of its own, about ten microseconds of work.
  ///   - body: Called from several threads at once. It must write nothing that another range reads or writes.
  @inline(__always)
  public func parallel(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    if count <= grain && !fx_cuts_finely() {
      if count > 0 { body(0..<count) }
      return
    }
    share(count: count, grain: grain, body)
  }

  @inline(never)
  @usableFromInline
  func share(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    withoutActuallyEscaping(body) { body in
      // In a struct a closure has the same representation here and where it is called.
      withUnsafePointer(to: Job(body: body)) { job in
        fx_parallel(
          count, grain, { job, begin, end in job!.assumingMemoryBound(to: Job.self).pointee.body(begin..<end) },
          UnsafeMutableRawPointer(mutating: job))
      }
    }
  }

  /// Whether jobs of any size are cut, whatever their grain: for tests that no result depends on it.
  package static var cutsFinely: Bool {
    get { fx_cuts_finely() }
    set { fx_cut_finely(newValue) }
  }

  private struct Job {
    let body: (Range<Int>) -> Void
  }
}

/// How many threads an operation may use, the caller's included, as `torch.get_num_threads`.
public func getNumThreads() -> Int { ThreadPool.shared.threadCount }

/// Sets how many threads an operation may use, as `torch.set_num_threads`. At most 256 are used.
///
/// - Throws: where the number is not positive.
public func setNumThreads(_ count: Int) throws(TensorError) {
  guard count > 0 else { throw .runtime("set_num_threads expects a positive integer") }
  fx_set_thread_count(Int32(min(count, 256)))
}
