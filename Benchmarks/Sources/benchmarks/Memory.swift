#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How much the greatest memory that the process had in use has grown by making a workload and calling it a few times, in bytes. Of several
/// workloads in one process only the first gives a true figure, as the greatest never shrinks.
func peakGrowth(_ recipe: WorkloadRecipe) -> Int {
  let before = peakResidentByteCount()
  let workload = recipe.make()
  for _ in 0..<10 { workload.library() }
  return peakResidentByteCount() - before
}

private func peakResidentByteCount() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    let unit = 1
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let unit = 1024
  #endif
  return usage.ru_maxrss * unit
}
