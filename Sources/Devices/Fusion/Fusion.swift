import Synchronization

/// When elementwise results wait to be computed with what follows.
package enum Fusion {
  private static let least = Atomic<Int>(32_768)

  /// Elements that are worth the delay: of fewer the operation costs less than keeping track of it. Tests of everything else set it to one.
  package static var leastCount: Int {
    get { least.load(ordering: .relaxed) }
    set { least.store(newValue, ordering: .relaxed) }
  }
}
